"""The Live page while a run is on, with nothing behind it: what does drawing cost, and how long is its longest turn?

    live_page.py [--kind http|stream|echo|fanout|hold] [--size 1440x900] [--hz 2] [--seconds 20]

The run is made up and always the same: 150 seconds long, of which 110 are over when the watch begins, so that the
charts are full. Its events come at the pace of a real one. It prints JSON: the CPU time of the process a second, the
longest time that the event loop was busy, by the CPU time of its thread and by the clock, and how often that was long.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time, thread_time

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from builders import ARMS, make_comparison, make_socket_workload, make_stream_workload, make_workload
from desk import FakeServices
from loadbench_gui.core.plan import Workload
from loadbench_gui.services.events import Event, IntervalClosed, ScheduleMade
from loadbench_gui.ui import loop
from loadbench_gui.ui.app import Desk, make_application
from loadbench_gui.ui.pages.diagnostics import Diagnostics
from loadbench_gui.ui.settings import Settings
from replay import LIVE_S, make_plan, run_events

WARMUP_S, DURATION_S, OVER_S = 2.0, 148.0, 110.0
SETTLE_S = 3.0
BEAT_MS = 5
ROUNDS = 4
RATES_RPS = {"http": 50_000.0, "stream": 400.0, "echo": 2_000.0, "fanout": 20.0, "hold": 200.0}


class Turns(QObject):
    """How long the loop was busy between two beats of a timer, in milliseconds: CPU time of its thread, by the clock.

    Qt's own signals about its turns say something else on each kind of dispatcher.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cpu_ms: list[float] = []
        self.clock_ms: list[float] = []
        self._last = thread_time(), perf_counter()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)

    def begin(self) -> None:
        """Let it beat."""
        self._last = thread_time(), perf_counter()
        self._timer.start()

    def end(self) -> None:
        """Stop it."""
        self._timer.stop()

    def _beat(self) -> None:
        now = thread_time(), perf_counter()
        self.cpu_ms.append((now[0] - self._last[0]) * 1e3)
        self.clock_ms.append((now[1] - self._last[1]) * 1e3 - BEAT_MS)
        self._last = now


class Paints(QObject):
    """Counts what is painted, widget by widget. It costs so much itself that the times beside it mean nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[str] = Counter()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - the name of Qt
        """Look, and let pass."""
        if event.type() in (QEvent.Type.Paint, QEvent.Type.LayoutRequest) and isinstance(watched, QWidget):
            size = f"{watched.width()}x{watched.height()}"
            self.seen[f"{event.type().name} {type(watched).__name__} {watched.accessibleName()} {size}"] += 1
        return False


def workload_of(kind: str) -> Workload:
    """Return the load whose run is shown."""
    match kind:
        case "http":
            made = make_workload()
        case "stream":
            made = make_stream_workload()
        case "echo" | "fanout" | "hold":
            made = make_socket_workload(kind)  # type: ignore[arg-type,unused-ignore]
        case _:
            sys.exit(f"there is no kind {kind}: {', '.join(RATES_RPS)}")
    return replace(made, warmup_s=WARMUP_S, duration_s=DURATION_S)


def events_of(kind: str) -> Iterator[Event]:
    """Yield what happens in one long run."""
    workload = workload_of(kind)
    comparison, runs = make_comparison(ARMS, rounds=ROUNDS, workloads=(replace(workload, duration_s=2.0),))
    yield ScheduleMade(make_plan(ARMS, (workload,), ROUNDS), comparison.schedule)
    first = runs[0]
    arm = next(arm for arm in ARMS if arm.name == first.label.deployment)
    yield from run_events(first, workload, arm, RATES_RPS[kind])


async def watch(desk: Desk, asked: argparse.Namespace) -> dict[str, object]:
    """Show the run and return what that cost: half of the time for the CPU, half for the turns of the loop."""
    events = list(events_of(asked.kind))
    desk.bridge.set_hz(asked.hz)
    desk.bridge.start()
    desk.live.begin()
    desk.window.show_page("live")
    over = next(i for i, e in enumerate(events) if isinstance(e, IntervalClosed) and e.interval.t_s >= OVER_S)
    for event in events[:over]:
        desk.bridge.receive(event)
    coming = iter(events[over:])
    await feed(desk, coming, SETTLE_S)
    turns, paints = Turns(), Paints()
    if asked.paints:
        application().installEventFilter(paints)
    profile = cProfile.Profile()
    if asked.profile:
        profile.enable()
    cpu_s, start_s = process_time(), perf_counter()
    await feed(desk, coming, asked.seconds / 2)
    cpu_s, took_s = process_time() - cpu_s, perf_counter() - start_s
    if asked.profile:
        profile.disable()
        profile.dump_stats(asked.profile)
    application().removeEventFilter(paints)
    turns.begin()  # not before: its beats are work too
    await feed(desk, coming, asked.seconds / 2)
    turns.end()
    for seen, count in paints.seen.most_common():
        print(f"{count / took_s:7.2f}/s  {seen}", file=sys.stderr)
    return {
        "kind": asked.kind,
        "cpu_ms_per_s": round(cpu_s / took_s * 1e3, 1),
        "longest_cpu_ms": round(max(turns.cpu_ms), 1),
        "longest_ms": round(max(turns.clock_ms), 1),
        "over_50_ms": sum(each > 50 for each in turns.clock_ms),
        "over_16_ms": sum(each > 16 for each in turns.clock_ms),
    }


async def feed(desk: Desk, coming: Iterator[Event], seconds: float) -> None:
    """Hand on events at the pace at which a real run emits them."""
    due_s = perf_counter()
    end_s = due_s + seconds
    for event in coming:
        if isinstance(event, IntervalClosed):
            due_s += LIVE_S
            if due_s > end_s:
                return
            await asyncio.sleep(max(0.0, due_s - perf_counter()))
        desk.bridge.receive(event)


def application() -> QApplication:
    """Return the application object."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app


def main() -> int:
    """Open the window, watch, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", choices=tuple(RATES_RPS), default="http")
    parser.add_argument("--size", default="1440x900")
    parser.add_argument("--hz", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--paints", action="store_true", help="count what is painted and laid out, on standard error")
    parser.add_argument("--profile", help="write cProfile's statistics to this file")
    parser.add_argument("--picture", help="save what the window shows at the end")
    asked = parser.parse_args()
    width, height = map(int, asked.size.split("x"))
    _, theme = make_application("light")
    diagnostics = Diagnostics()

    async def run() -> int:
        with tempfile.TemporaryDirectory() as folder:
            desk = Desk(FakeServices(Path(folder)).services(), Settings(Path(folder)), diagnostics, theme)
            desk.window.resize(width, height)
            desk.open(None)
            while not desk.live.has_board:  # noqa: ASYNC110 - what is waited for is on the screen
                await asyncio.sleep(0.05)
            print(json.dumps(await watch(desk, asked)))
            if asked.picture:
                desk.window.grab().save(asked.picture)
            await desk.shell.shut_down(0)
            desk.window.hide()
            return 0

    return loop.run(application(), run, diagnostics.record)


if __name__ == "__main__":
    sys.exit(main())
