"""The checks that need Qt pass here, and fail when what they are for is broken."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from loadbench_gui.errors import Bug, EnvironmentFault
from loadbench_gui.report.figures.svg import svg
from loadbench_gui.report.palette import LIGHT
from loadbench_gui.services.selftest.scratch import Scratch
from loadbench_gui.ui.options import asks_for_self_test
from loadbench_gui.ui.pages.diagnostics import Diagnostics
from loadbench_gui.ui.selftest import command, pictures, session
from loadbench_gui.ui.selftest.command import see_display
from loadbench_gui.ui.theme import Theme

WINDOW = "import sys; from loadbench_gui.__main__ import gui; sys.exit(gui())"


@pytest.fixture
def place(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path, tmp_path / "data", tmp_path / "run")


def run(probe: Awaitable[str]) -> str:
    async def main() -> str:
        return await probe

    return asyncio.run(main())


def test_the_fonts_are_ours(qapp: QApplication, place: Scratch) -> None:
    assert "Inter" in run(session.fonts(place))


def test_a_font_that_is_missing_is_named(qapp: QApplication, place: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "FAMILIES", ("Inter", "No Such Mono"))
    with pytest.raises(EnvironmentFault, match="does not find No Such Mono and takes"):
        run(session.fonts(place))


def test_charts_have_their_colours(theme: Theme, place: Scratch) -> None:
    choice = theme.choice
    assert "3 servers" in run(pictures.live_charts(theme, place))
    assert theme.choice == choice
    assert "3 colours with data" in run(pictures.report_charts(place))
    assert len(list(place.folder.rglob("*.png"))) == 12 + 4 * 2 * 4


def test_a_live_chart_that_draws_nothing(theme: Theme, place: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "shot", lambda widget: _empty(widget))
    with pytest.raises(Bug, match=r"live memory chart .light. lacks the colour of a series: " + LIGHT.series[0]):
        run(pictures.live_charts(theme, place))


def test_a_report_chart_with_a_colour_of_nobody(
    qapp: QApplication, place: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = svg
    monkeypatch.setattr(pictures, "svg", lambda *given: original(*given).replace(LIGHT.series[0], LIGHT.series[1]))
    with pytest.raises(Bug, match="lacks the colour of a series"):
        run(pictures.report_charts(place))


def _empty(widget: QWidget) -> QImage:
    image = QImage(widget.size(), QImage.Format.Format_RGB32)
    image.fill(widget.palette().base().color())
    return image


def test_without_a_display_the_window_is_drawn_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "require_display", lambda *_: None)
    environ: dict[str, str] = {}
    assert "offscreen" in see_display(environ, "linux").detail
    assert environ == {"QT_QPA_PLATFORM": "offscreen"}
    environ = {"DISPLAY": ":7"}
    assert see_display(environ, "linux").detail == ":7"
    assert environ == {"DISPLAY": ":7"}


def test_a_display_that_does_not_answer_is_a_failed_check() -> None:
    outcome = see_display({"DISPLAY": ":4711"}, "linux")
    assert (outcome.status, outcome.culprit) == ("failed", "environment")


def test_the_flag_is_seen_in_all_its_forms() -> None:
    assert asks_for_self_test(["--self-test"])
    assert asks_for_self_test(["--json", "-", "--self-test=window"])
    assert not asks_for_self_test(["--data-dir", "self-test"])


def windowed(tmp_path: Path, *arguments: str, platform: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "QT_QPA_PLATFORM": platform, "LOADBENCH_RUNTIME_DIR": str(tmp_path / "run")}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", WINDOW, *arguments],
        env=environment, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip


def test_the_window_opens_checks_itself_and_ends(tmp_path: Path) -> None:
    done = windowed(tmp_path, "--self-test=window", "--json", "-", platform="offscreen")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["passed"] is True
    assert [check["name"] for check in found["checks"]] == [
        "display",
        "platform",
        "paint",
        "fonts",
        "live-charts",
        "png",
    ]
    assert "Everything works" in done.stderr
    assert "Traceback" not in done.stderr


def test_when_qt_aborts_the_document_tells_how_far_it_came(tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    done = windowed(tmp_path, "--self-test", "--json", str(file), platform="nonsense")
    assert done.returncode == -6
    found = json.loads(file.read_text("utf-8"))
    assert (found["passed"], found["complete"]) == (False, False)
    assert [check["status"] for check in found["checks"]][:2] == ["passed", "failed"]
    assert {check["status"] for check in found["checks"][1:]} == {"failed"}


def test_what_breaks_in_a_slot_fails_the_check_that_was_going_on(qapp: QApplication, place: Scratch) -> None:
    diagnostics = Diagnostics()

    async def breaks(_: Scratch) -> str:
        diagnostics.record(RuntimeError("object already deleted"), "in the window")
        return "fine"

    async def sound(_: Scratch) -> str:
        return "fine"

    with pytest.raises(Bug, match="something broke meanwhile: RuntimeError: object already deleted"):
        run(session.without_incidents(diagnostics, breaks)(place))
    assert run(session.without_incidents(diagnostics, sound)(place)) == "fine"
