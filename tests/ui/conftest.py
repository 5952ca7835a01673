"""A window without a display, on a Qt loop, driven by the events of a comparison."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desk import FakeServices, RunInWindow, wait_until
from loadbench_gui.ui.app import Desk, make_application
from loadbench_gui.ui.loop import make_loop
from loadbench_gui.ui.pages.diagnostics import Diagnostics
from loadbench_gui.ui.settings import Settings
from loadbench_gui.ui.theme import Theme


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    """The one application object, with our fonts, palette and style."""
    app, _ = make_application("light")
    return app


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    """The light scheme."""
    return Theme("light")


@pytest.fixture
def fake(tmp_path: Path) -> FakeServices:
    """Services that answer from memory."""
    return FakeServices(tmp_path)


@pytest.fixture
def in_window(qapp: QApplication, qtbot: QtBot, fake: FakeServices, theme: Theme, tmp_path: Path) -> RunInWindow:
    """Open the window on a loop of its own, run a coroutine against it, close it; no failure may pass in silence."""

    def run(scenario: Callable[[Desk], Coroutine[Any, Any, None]]) -> Diagnostics:
        diagnostics = Diagnostics()

        async def main() -> None:
            desk = Desk(fake.services(), Settings(tmp_path), diagnostics, theme)
            desk.window.resize(1440, 900)
            try:
                desk.open(None)
                await wait_until(lambda: desk.live.has_board and bool(desk.home.template_cards))
                await scenario(desk)
            finally:
                await desk.shell.shut_down(0)
                desk.window.hide()
                desk.window.deleteLater()

        with make_loop(qapp, diagnostics.record) as loop:
            loop.run_until_complete(asyncio.wait_for(main(), 60))
        return diagnostics

    return run
