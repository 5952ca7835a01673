"""The report in a real browser: its scripts run, nothing sticks out, no label is cut off."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from builders import (
    ARMS,
    FAILED_GATE,
    GATES,
    Arm,
    make_comparison,
    make_socket_run,
    make_socket_workload,
    make_stream_run,
)
from loadbench_gui.core.plan import ClosedLoad
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.report.html import render

LIGHT, DARK = "rgb(246, 247, 249)", "rgb(19, 22, 26)"
DARK_SYSTEM = "--blink-settings=preferredColorScheme=0"

PROBE = """<script>
const clipped = [];
for (const text of document.querySelectorAll(".chart svg text")) {
  const inner = text.getBoundingClientRect(), outer = text.ownerSVGElement.getBoundingClientRect();
  if (inner.left < outer.left - 1 || inner.right > outer.right + 1 || inner.bottom > outer.bottom + 1) {
    clipped.push(text.textContent);
  }
}
document.getElementById("download").addEventListener("click", (event) => event.preventDefault());
document.getElementById("download").click();
document.title = JSON.stringify({
  clipped: clipped,
  wider: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  tables: [...document.querySelectorAll(".scroll")].filter((e) => e.scrollWidth > e.clientWidth + 1)
    .map((e) => `${e.querySelector("caption").textContent}: ${e.scrollWidth - e.clientWidth} px`),
  schema: JSON.parse(document.getElementById("raw").textContent).schema,
  download: document.getElementById("download").href.slice(0, 5),
  injected: document.querySelectorAll("[onload]").length,
  background: getComputedStyle(document.body).backgroundColor,
});
</script></body>"""


def browser() -> str:
    found = next((p for name in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(name))), None)
    if found is None:
        pytest.fail("Chromium is needed to look at the report: packaging/system-packages.sh test")
    return found


def look(html: str, folder: Path, *flags: str) -> dict[str, Any]:
    page = folder / "report.html"
    page.write_text(html.replace("</body>", PROBE), encoding="utf-8")
    quiet = ("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")
    command = [
        browser(),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        *quiet,
        f"--user-data-dir={folder / 'profile'}",
    ]
    done = subprocess.run(
        [*command, "--window-size=1280,900", *flags, "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=90, check=True,
    )  # fmt: skip
    title = re.search(r"<title>(.*?)</title>", done.stdout, re.DOTALL)
    assert title is not None
    seen: dict[str, Any] = json.loads(unescape(title.group(1)))
    return seen


@pytest.mark.browser
def test_the_report_opens_whole_and_nothing_sticks_out(tmp_path: Path) -> None:
    arms = (*ARMS, Arm("</script><b onload=alert(1)>", "x", 2_400.0))
    comparison, runs = make_comparison(arms, rounds=3, gates=(*GATES, FAILED_GATE))
    seen = look(render(runs, comparison), tmp_path)
    assert seen == {
        "clipped": [], "wider": 0, "tables": [], "schema": "loadbench.result/1", "download": "blob:", "injected": 0,
        "background": LIGHT,
    }  # fmt: skip


def of_every_kind() -> list[Run]:
    """Three deployments in each kind of load, with something wrong in every table."""
    held = make_socket_workload("hold", ClosedLoad(10_000))
    runs = [
        run
        for i, arm in enumerate(ARMS)
        for run in (
            make_stream_run(arm, order=i, errors={ErrorKind.CLOSED_EARLY: 1_234}),
            make_socket_run("echo", arm, order=i, planted=PLANTED, close_codes=dict.fromkeys(range(1006, 1014), 9)),
            make_socket_run("push", arm, order=i),
            make_socket_run("fanout", arm, order=i),
            make_socket_run("hold", arm, workload=held, order=i),
        )
    ]
    return [replace(run, fitness=replace(run.fitness, bytes_per_connection=3_994.0)) for run in runs]


PLANTED = {"lost": 123_456, "duplicated": 123_456, "reordered": 123_456, "stray": 123_456}


@pytest.mark.browser
@pytest.mark.parametrize(("flags", "background"), [((), LIGHT), ((DARK_SYSTEM,), DARK)], ids=["light", "dark"])
def test_streams_and_websockets_open_whole_in_either_scheme(
    tmp_path: Path, flags: tuple[str, ...], background: str
) -> None:
    seen = look(render(of_every_kind()), tmp_path, *flags)
    assert (seen["clipped"], seen["wider"], seen["tables"]) == ([], 0, [])
    assert seen["background"] == background


@pytest.mark.browser
def test_a_dark_system_gets_a_dark_report(tmp_path: Path) -> None:
    comparison, runs = make_comparison(rounds=2)
    seen = look(render(runs, comparison), tmp_path, DARK_SYSTEM)
    assert seen["background"] == DARK
    assert seen["clipped"] == []
