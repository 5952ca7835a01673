"""The whole path with nothing left out: real servers, real workers, the window's own loop, a real history."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path

import numpy as np
import psutil
import pytest
from PySide6.QtWidgets import QApplication

from desk import wait_until
from loadbench_gui.ui.app import Desk
from loadbench_gui.ui.loop import make_loop
from loadbench_gui.ui.pages.diagnostics import Diagnostics
from loadbench_gui.ui.settings import Settings
from loadbench_gui.ui.theme import Theme
from loadbench_gui.ui.wiring import wire

PROFILE = """
schema = 1
name = "Two of a kind"

[defaults]
cwd = "{resources}/deployments/starlette"
command = ["{python}", "-m", "uvicorn", "app:app", "--host", "{host}", "--port", "{port}", "--no-access-log"]
ready = { path = "/health", timeout = "20s" }

[[deployment]]
name = "one"

[[deployment]]
name = "two"

[[workload]]
WORKLOAD
warmup = "250ms"
duration = "DURATION"

[comparison]
baseline = "one"
primary = "p50"
rounds = ROUNDS
"""

pytestmark = pytest.mark.real_servers


JSON = """name = "json"
request = { path = "/json" }
load = { model = "open", rate = 200, connections = 4 }"""
EVENTS = """name = "events"
kind = "stream"
request = { path = "/sse?count=10&interval_ms=5&size=32" }
stream = { kind = "sse", events = 10 }
load = { model = "closed", connections = 4 }"""
ECHO = """name = "echo"
kind = "ws"
request = { path = "/ws/echo" }
websocket = { mode = "echo" }
load = { model = "closed", connections = 4 }"""


def profile(folder: Path, duration: str, workload: str = JSON, rounds: int = 1) -> Path:
    path = folder / "two.toml"
    text = PROFILE.replace("WORKLOAD", workload).replace("DURATION", duration).replace("ROUNDS", str(rounds))
    path.write_text(text, "utf-8")
    return path


def opened(qapp: QApplication, theme: Theme, folder: Path, path: Path) -> tuple[Desk, Diagnostics]:
    diagnostics = Diagnostics()
    desk = Desk(wire(folder), Settings(folder), diagnostics, theme)
    desk.window.resize(1440, 900)
    desk.open(path)
    return desk, diagnostics


def children() -> set[int]:
    """Processes below this one, the helper of multiprocessing left out: it lives as long as the interpreter."""
    found = psutil.Process().children(recursive=True)
    return {p.pid for p in found if p.is_running() and "resource_tracker" not in " ".join(p.cmdline())}


def test_two_real_servers_are_compared_in_the_window(qapp: QApplication, theme: Theme, tmp_path: Path) -> None:
    before = children()

    async def main() -> None:
        desk, diagnostics = opened(qapp, theme, tmp_path, profile(tmp_path, "1s", rounds=2))
        await wait_until(lambda: desk.live.has_board and desk.home.start_button.text() == "Compare these")
        desk.home.start_button.click()
        await wait_until(lambda: desk.window.page == "live")
        await wait_until(lambda: desk.bridge.model.run is not None and desk.bridge.model.run.counts.succeeded > 0)
        await wait_until(lambda: desk.window.page == "compare")
        shown = desk.compare.comparison
        assert shown is not None
        assert (shown.complete, len(shown.run_ids)) == (True, 4)
        assert desk.compare.sentence == shown.summary != ""
        model = desk.bridge.model
        assert set(model.targets) == {"one", "two"}
        assert all((watched.peak_bytes or 0) > 2**20 for watched in model.targets.values())
        await wait_until(lambda: desk.history.table.model().rowCount() == 1)
        desk.window.close()
        assert await desk.shell.quit == 0
        assert "Nothing has gone wrong" in diagnostics.report()
        desk.window.hide()

    run(qapp, main())
    assert children() <= before


@pytest.mark.parametrize(
    ("workload", "title", "counted"),
    [(EVENTS, "Streams", "truncated 0"), (ECHO, "WebSocket", "lost 0")],
    ids=["streams", "websockets"],
)
def test_the_panel_shows_what_real_servers_send(
    qapp: QApplication, theme: Theme, tmp_path: Path, workload: str, title: str, counted: str
) -> None:
    async def main() -> None:
        desk, diagnostics = opened(qapp, theme, tmp_path, profile(tmp_path, "1s", workload))
        await wait_until(lambda: desk.live.has_board and desk.home.start_button.text() == "Compare these")
        desk.home.start_button.click()
        board, model = desk.live.board, desk.bridge.model
        assert board is not None
        await wait_until(lambda: model.run is not None and model.run.panel is not None and model.run.end_s > 1.0)
        desk.bridge.flush()
        assert (board.panel.isVisible(), board.panel.title.text()) == (True, title)
        assert counted in board.panel.facts.text
        assert all(
            "now: p50" in times.chart.accessibleDescription() for times in board.panel.times if times.isVisible()
        )
        assert model.run is not None
        assert model.run.panel is not None
        assert np.nanmax(model.run.view(whole=True).panel_numbers(0)) > 0
        await wait_until(lambda: desk.window.page == "compare")
        desk.window.close()
        assert await desk.shell.quit == 0
        assert "Nothing has gone wrong" in diagnostics.report()
        desk.window.hide()

    run(qapp, main())


def test_closing_in_mid_run_leaves_no_process_and_keeps_what_was_measured(
    qapp: QApplication, theme: Theme, tmp_path: Path
) -> None:
    before = children()

    async def main() -> None:
        desk, _ = opened(qapp, theme, tmp_path, profile(tmp_path, "60s"))
        await wait_until(lambda: desk.live.has_board and desk.home.start_button.text() == "Compare these")
        desk.home.start_button.click()
        await wait_until(lambda: desk.bridge.model.run is not None and desk.bridge.model.run.end_s >= 1.5)
        assert children() - before
        await desk.shell.shut_down(0)
        assert await desk.shell.quit == 0
        desk.window.hide()

    run(qapp, main())
    assert children() <= before

    async def what_is_kept() -> tuple[int, bool]:
        services = wire(tmp_path)
        (row,) = await services.recent()
        await services.close()
        return row.runs, row.complete

    assert asyncio.run(what_is_kept()) == (1, False)


def run(qapp: QApplication, main: Coroutine[None, None, None]) -> None:
    failures: list[str] = []
    with make_loop(qapp, lambda error, where: failures.append(f"{where}: {error!r}")) as loop:
        loop.run_until_complete(asyncio.wait_for(main, 90))
    assert failures == []
