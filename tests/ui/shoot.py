"""Pictures of the window, to look at: `python tests/ui/shoot.py FOLDER [--scheme dark] [--real [--profile NAME]]`.

Without `--real` simulated comparisons are shown, in all states of the pages and with the panels of streams and
WebSockets; with it the bundled three are really compared, and the pictures of both schemes are those for the
documentation. With `--profile fan-out` that profile is, until its first round is over, for the picture of its panel.
Needs a display; Xvfb with a small window manager will do.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from builders import make_socket_workload, make_stream_workload, make_workload
from loadbench_gui.core.plan import ClosedLoad, Plan, SocketMode, StreamSettings
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Comparison
from loadbench_gui.profile.problems import Problem, ProfileError
from loadbench_gui.services.events import ComparisonEnded, Emit, RunEnded
from loadbench_gui.ui import loop, text
from loadbench_gui.ui.app import Desk, make_application
from loadbench_gui.ui.pages.diagnostics import Diagnostics
from loadbench_gui.ui.ports import RecentComparison, Services, Template
from loadbench_gui.ui.settings import Settings
from loadbench_gui.ui.wiring import wire
from replay import comparison_events, make_plan

MODES: tuple[SocketMode, ...] = ("echo", "push", "fanout", "hold")
NOW = datetime.now(UTC)
RECENT = (
    (
        "JSON API: FastAPI, Starlette, Sanic",
        30,
        "Starlette is faster than FastAPI: p99 23 % lower (95 % CI 19–27 %)",
        0,
        True,
    ),
    ("Checkout service vs last release", 24, "Equivalent within 5 %.", 1, True),
    ("Downloads: FastAPI, Starlette, Sanic", 7, "", 4, False),
)


def simulated(folder: Path) -> Services:
    """Services that answer from memory; templates are the real ones."""

    async def recent() -> Sequence[RecentComparison]:
        return [
            RecentComparison(str(i), name, (NOW - timedelta(days=days)).isoformat(), runs, words, complete)
            for i, (name, runs, words, days, complete) in enumerate(RECENT)
        ]

    async def nothing(_plan: Plan, _emit: Emit, _stop: asyncio.Event) -> None:
        return None

    async def opened(_id: str) -> tuple[Comparison, tuple[Run, ...]]:
        _, comparison, runs = comparison_events(rounds=10)
        return comparison, runs

    async def plan(_path: Path) -> Plan:
        return make_plan()

    async def estimate(_plan: Plan) -> float:
        return 390.0

    async def plan_of(_id: str) -> Plan:
        return make_plan()

    async def export(_comparison: Comparison, _runs: tuple[Run, ...]) -> Path:
        return folder / "report.html"

    async def templates() -> Sequence[Template]:
        return await wire(folder).templates()

    async def close() -> None:
        return None

    return Services(plan, estimate, nothing, recent, opened, plan_of, export, templates, close)


class Photographer:
    """Moves the window through its states and saves what it shows."""

    def __init__(self, desk: Desk, folder: Path, scheme: str) -> None:
        self._desk, self._folder, self._scheme = desk, folder, scheme

    async def settle(self, seconds: float = 0.6) -> None:
        await asyncio.sleep(seconds)

    async def shoot(self, name: str, size: tuple[int, int]) -> None:
        self._desk.window.resize(*size)
        await self.settle()
        suffix = "" if size[0] > 1100 else "-small"
        self._desk.window.grab().save(str(self._folder / f"{name}{suffix}-{self._scheme}.png"))

    async def tour(self) -> None:
        desk, sizes = self._desk, ((1440, 900), (1024, 700))
        await self.settle(3)
        for size in sizes:
            await self.shoot("home", size)
        desk.window.show_page("live")
        await self.shoot("live-empty", sizes[0])
        events, comparison, runs = comparison_events(
            rounds=6, workload=make_workload(warmup_s=2.0, duration_s=10.0), doubt_in=9
        )
        desk.bridge.start()
        desk.live.begin()
        stop_at = [i for i, e in enumerate(events) if isinstance(e, RunEnded)][6] + 62
        for event in events[:stop_at]:
            desk.bridge.receive(event)
        board = desk.live.board
        assert board is not None
        for size in sizes:
            desk.window.resize(*size)
            await self.settle()
            board.cursor_line.move_to(None)
            await self.shoot("live", size)
        board.cursor_line.move_to(6.8)
        await self.shoot("live-cursor", sizes[0])
        doubted = [i for i, e in enumerate(events) if isinstance(e, RunEnded)][8] + 40
        for event in events[stop_at:doubted]:
            desk.bridge.receive(event)
        await self.shoot("live-doubt", sizes[1])
        board.cursor_line.move_to(None)
        desk.bridge.receive(ComparisonEnded(comparison, runs))
        desk.bridge.stop()
        desk.window.show_page("compare")
        for size in sizes:
            await self.shoot("compare", size)
        desk.window.show_page("history")
        await self.shoot("history", sizes[0])
        desk.window.show_page("diagnostics")
        await self.shoot("diagnostics", sizes[0])
        desk.window.show_page("home")
        problems = (
            Problem(
                'workload "json".load.rate', 17, "'fast' is not a number", "Write requests per second: rate = 2000"
            ),
            Problem("comparison.baselin", 31, "unknown key", "Did you mean baseline?"),
        )
        desk.shell.show_fault(ProfileError("json-api.toml", problems))
        await self.shoot("trouble", sizes[0])
        desk.window.settle()
        desk.home.offer(make_plan(), 390.0)
        desk.actions["palette"].trigger()
        await self.settle()
        screen = desk.window.screen()
        screen.grabWindow(0).save(str(self._folder / f"palette-{self._scheme}.png"))
        desk.palette.hide()
        await self.panels()

    async def real(self) -> None:
        """Compare the bundled three and take pictures on the way, each in both schemes."""
        desk = self._desk
        await self.settle(3)
        await self.both("home")
        desk.shell.start_first()
        model = desk.bridge.model
        while not (len(model.ended) >= 4 and model.run is not None and model.run.end_s >= 3.5):
            await self.settle(0.05)
        desk.live.toggle_pause()
        await self.both("live")
        desk.live.toggle_pause()
        while desk.window.page != "compare":
            await self.settle(0.2)
        await self.both("compare")

    async def panels(self) -> None:
        """Show the panels of streams and WebSockets, made up, in both sizes and with the cursor."""
        desk = self._desk
        desk.window.show_page("live")
        for workload in (
            make_stream_workload(),
            make_stream_workload("endless", ClosedLoad(64), settings=StreamSettings(endless=True)),
            *(make_socket_workload(mode) for mode in MODES),
        ):
            events, _, _ = comparison_events(rounds=2, workload=workload, rate_rps=400.0)
            desk.bridge.start()
            desk.live.begin()
            for event in events[:150]:
                desk.bridge.receive(event)
            board = desk.live.board
            assert board is not None
            for size in ((1440, 900), (1024, 700)):
                await self.shoot(f"live-{workload.name}", size)
            board.cursor_line.move_to(3.0)
            await self.shoot(f"live-{workload.name}-cursor", (1440, 900))
            board.cursor_line.move_to(None)
            desk.bridge.stop()

    async def real_panel(self, profile: str) -> None:
        """Compare a bundled profile until three servers have run, with a picture of the fourth; then stop."""
        desk = self._desk
        await self.settle(3)
        desk.shell.open_profile(Path(profile))
        while desk.home.start_button.text() != text.COMPARE_THESE:
            await self.settle(0.05)
        desk.shell.start_chosen()
        model = desk.bridge.model
        while not (len(model.ended) >= 3 and model.run is not None and model.run.end_s >= 0.7 * model.run.planned_s):
            await self.settle(0.05)
        desk.live.toggle_pause()
        await self.both(f"live-{profile}")
        desk.live.stop()
        while desk.shell.runner.running:
            await self.settle(0.2)

    async def both(self, name: str) -> None:
        for scheme in ("light", "dark"):
            self._desk.theme.choose(scheme)
            self._scheme = scheme
            await self.shoot(name, (1440, 900))


def main() -> int:
    """Take the pictures that were asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scheme", choices=("light", "dark"), default="light")
    parser.add_argument("--real", action="store_true", help="really compare the bundled three")
    parser.add_argument("--profile", help="with --real: another bundled profile, for its Live page alone")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    _, theme = make_application(options.scheme)
    diagnostics = Diagnostics()
    sys.excepthook = diagnostics.excepthook
    data = Path(tempfile.mkdtemp())

    async def run() -> int:
        services = wire(data) if options.real else simulated(data)
        desk = Desk(services, Settings(data), diagnostics, theme)
        desk.open(None)
        photographer = Photographer(desk, options.folder, options.scheme)
        if options.real and options.profile:
            await photographer.real_panel(options.profile)
        else:
            await (photographer.real() if options.real else photographer.tour())
        desk.window.close()
        return await desk.shell.quit

    from PySide6.QtWidgets import QApplication

    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return loop.run(app, run, diagnostics.record)


if __name__ == "__main__":
    sys.exit(main())
