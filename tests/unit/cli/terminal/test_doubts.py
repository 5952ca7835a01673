"""Doubts and gates in the terminal: each is said once, and of what."""

from __future__ import annotations

import io

from rich.console import Console

from builders import make_run
from loadbench_gui.cli.terminal.generator import print_fitness
from loadbench_gui.cli.terminal.verdict import print_gates
from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.verdict import Gate


def console() -> tuple[Console, io.StringIO]:
    written = io.StringIO()
    return Console(file=written, width=100), written


def test_one_reason_to_doubt_both_clocks_is_printed_once() -> None:
    out, written = console()
    late = [
        Caveat("receive_lag", "Read late at p99.", "Use more workers.", "suspect", m) for m in ("p99", "service_p99")
    ]
    print_fitness(out, make_run(caveats=tuple(late)))
    assert written.getvalue().count("Read late at p99.") == 1
    assert "doubts about p99, service p99" in written.getvalue()


def test_gates_that_hold_name_their_workload_where_there_are_several() -> None:
    out, written = console()
    print_gates(
        out,
        [
            Gate("generator CPU", True, "31 %", "", "json"), Gate("generator CPU", True, "12 %", "", "echo"),
            Gate("steady", True, "", "", "json"), Gate("steady", True, "", "", "echo"),
        ],
    )  # fmt: skip
    assert written.getvalue().strip() == "✓ generator CPU 31 % (json)   ✓ generator CPU 12 % (echo)   ✓ steady"
