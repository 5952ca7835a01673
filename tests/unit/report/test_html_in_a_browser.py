"""The report in a real browser: its scripts run, nothing sticks out, no label is cut off."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from builders import ARMS, FAILED_GATE, GATES, Arm, make_comparison
from loadbench_gui.report.html import render

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
        pytest.fail("Chromium is needed to look at the report: apt-get install chromium")
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
        "background": "rgb(246, 247, 249)",
    }  # fmt: skip


@pytest.mark.browser
def test_a_dark_system_gets_a_dark_report(tmp_path: Path) -> None:
    comparison, runs = make_comparison(rounds=2)
    seen = look(render(runs, comparison), tmp_path, "--blink-settings=preferredColorScheme=0")
    assert seen["background"] == "rgb(19, 22, 26)"
    assert seen["clipped"] == []
