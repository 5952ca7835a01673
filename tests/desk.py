"""Stand-ins for the window's services, and how tests wait: on conditions, never on the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loadbench_gui.core.plan import Plan
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Comparison
from loadbench_gui.errors import UserError
from loadbench_gui.services.events import Emit, Event
from loadbench_gui.ui.app import Desk
from loadbench_gui.ui.pages.diagnostics import Diagnostics
from loadbench_gui.ui.ports import RecentComparison, Services, Template
from replay import make_plan

Play = Callable[[Emit, asyncio.Event], Coroutine[Any, Any, None]]


@dataclass
class FakeServices:
    """The services as callables that answer from memory; `play` is what a comparison does."""

    folder: Path
    play: Play | None = None
    plan: Plan = field(default_factory=make_plan)
    fault: UserError | None = None
    rows: list[RecentComparison] = field(default_factory=list)
    stored: tuple[Comparison, tuple[Run, ...]] | None = None
    started: list[Plan] = field(default_factory=list)
    closed: bool = False

    async def load_plan(self, path: Path) -> Plan:
        if self.fault is not None:
            raise self.fault
        return self.plan

    async def estimate_s(self, plan: Plan) -> float:
        return 84.0

    async def start(self, plan: Plan, emit: Emit, stop: asyncio.Event) -> None:
        self.started.append(plan)
        if self.play is not None:
            await self.play(emit, stop)

    async def recent(self) -> Sequence[RecentComparison]:
        return self.rows

    async def open_comparison(self, comparison_id: str) -> tuple[Comparison, tuple[Run, ...]]:
        assert self.stored is not None
        return self.stored

    async def plan_of(self, comparison_id: str) -> Plan:
        return self.plan

    async def export(self, comparison: Comparison, runs: tuple[Run, ...]) -> Path:
        path = self.folder / "report.html"
        path.write_text(comparison.summary, "utf-8")
        return path

    async def templates(self) -> Sequence[Template]:
        return [
            Template("First look", "Three servers", Path("first-look.toml"), first=True),
            Template("Delay", "Requests that wait", Path("delay.toml")),
        ]

    async def close(self) -> None:
        self.closed = True

    def services(self) -> Services:
        return Services(
            self.load_plan, self.estimate_s, self.start, self.recent, self.open_comparison,
            self.plan_of, self.export, self.templates, self.close,
        )  # fmt: skip


def playing(events: Sequence[Event]) -> Play:
    """A comparison that emits `events` and ends."""

    async def play(emit: Emit, stop: asyncio.Event) -> None:
        for event in events:
            emit(event)

    return play


async def until_stopped(emit: Emit, stop: asyncio.Event) -> None:
    """A comparison that goes on until it is stopped."""
    await stop.wait()


RunInWindow = Callable[[Callable[[Desk], Coroutine[Any, Any, None]]], Diagnostics]


async def wait_until(condition: Callable[[], bool]) -> None:
    """Let the loop turn until `condition` holds; the caller's time limit ends a wait in vain."""
    while not condition():  # noqa: ASYNC110 - what is waited for is drawn, and has no event of its own
        await asyncio.sleep(0.005)
