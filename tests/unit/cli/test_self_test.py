"""How `loadbench self-test` reads its options and shows its rows."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from loadbench_gui.cli.commands.self_test import row, with_json_value
from loadbench_gui.services.selftest.outcome import Check, Outcome

LONG = "of 400 requests 400 were issued and 399 succeeded (1 × reset); the server counted 400 of them"


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (["--json"], ["--json", "-"]),
        (["--json", "--quiet"], ["--json", "-", "--quiet"]),
        (["--json", "-", "--quiet"], ["--json", "-", "--quiet"]),
        (["--json", "found.json"], ["--json", "found.json"]),
        (["--json=found.json"], ["--json=found.json"]),
        (["--quiet"], ["--quiet"]),
    ],
)
def test_json_may_stand_alone(given: list[str], read: list[str]) -> None:
    assert with_json_value(given) == read


def test_a_row_fits_into_eighty_columns_and_keeps_its_words() -> None:
    out = StringIO()
    check = Check("http-workers", "Certificate authorities", "")
    Console(file=out, width=80).print(row(Outcome(check, "failed", LONG, "", 12.34, "loadbench")))
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("✗  Certificate authorities  of 400")
    assert lines[0].endswith("12.3 s")
    words = out.getvalue().replace("12.3 s", "").split()
    assert words[3:] == LONG.split()
