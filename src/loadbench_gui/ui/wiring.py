"""Connects the window's ports to the services. What is heavy is imported when first needed, after first paint."""

from __future__ import annotations

import asyncio
import secrets
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from loadbench_gui.core.plan import Plan
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Comparison
from loadbench_gui.errors import UserError
from loadbench_gui.services.events import Emit
from loadbench_gui.ui.ports import RecentComparison, Services, Template

if TYPE_CHECKING:
    from loadbench_gui.store.store import Store

FIRST_LOOK = "first-look"
RECENT_LIMIT = 1_000


class _Wired:
    """The history is opened once, by whoever needs it first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opening: asyncio.Task[Store] | None = None

    async def store(self) -> Store:
        if self._opening is None or (self._opening.done() and self._opening.exception() is not None):
            self._opening = asyncio.ensure_future(self._open())
        return await asyncio.shield(self._opening)

    async def _open(self) -> Store:
        from loadbench_gui.store.store import Store

        return await Store.open(self._folder)

    async def load_plan(self, path: Path) -> Plan:
        return await asyncio.to_thread(_load, path)

    async def estimate_s(self, plan: Plan) -> float:
        return await asyncio.to_thread(_estimate, plan)

    async def start_comparison(self, plan: Plan, emit: Emit, stop: asyncio.Event) -> None:
        from loadbench_gui.services.compare import compare_plan
        from loadbench_gui.services.stopping import StopRequested

        seed = secrets.randbits(32)
        try:
            done = await compare_plan(
                plan,
                store=await self.store(),
                emit=emit,
                stop=stop,
                seed=seed,
                command=command_for(plan, seed),
                beside_window=True,
            )
        except StopRequested:
            return
        if done.fault is not None:
            raise done.fault

    async def recent(self) -> Sequence[RecentComparison]:
        from loadbench_gui.services.library import Library

        summaries = await Library(await self.store()).comparisons(RECENT_LIMIT)
        return [
            RecentComparison(s.comparison_id, s.profile, s.started_at, s.runs, s.headline, s.complete, s.deployments)
            for s in summaries
        ]

    async def open_comparison(self, comparison_id: str) -> tuple[Comparison, tuple[Run, ...]]:
        from loadbench_gui.services.library import Library

        entry = await Library(await self.store()).load(comparison_id)
        if entry.comparison is None:
            raise UserError(
                "this comparison was cut short before it had a verdict",
                f"Its runs are kept: loadbench history show {comparison_id} lists them.",
            )
        return entry.comparison, entry.runs

    async def plan_of(self, comparison_id: str) -> Plan:
        from loadbench_gui.services.library import Library

        start = await Library(await self.store()).start_of(comparison_id)
        return await asyncio.to_thread(_reload, start.profile_text, start.command)

    async def export_report(self, comparison: Comparison, runs: tuple[Run, ...]) -> Path:
        return await asyncio.to_thread(_write_report, self._folder / "reports", comparison, runs)

    async def templates(self) -> Sequence[Template]:
        return await asyncio.to_thread(_templates)

    async def close(self) -> None:
        if self._opening is not None and self._opening.done() and self._opening.exception() is None:
            await self._opening.result().aclose()


def wire(folder: Path) -> Services:
    """Return the services over the history in `folder`; nothing is opened yet."""
    wired = _Wired(folder)
    return Services(
        load_plan=wired.load_plan,
        estimate_s=wired.estimate_s,
        start_comparison=wired.start_comparison,
        recent=wired.recent,
        open_comparison=wired.open_comparison,
        plan_of=wired.plan_of,
        export_report=wired.export_report,
        templates=wired.templates,
        close=wired.close,
    )


def command_for(plan: Plan, seed: int) -> str:
    """Return the command line that repeats a comparison of `plan` exactly."""
    from loadbench_gui.profile.bundled import name_of

    return f"loadbench compare {shlex.quote(name_of(plan.path))} --seed {seed}"


def _load(path: Path) -> Plan:
    from loadbench_gui.profile.bundled import find
    from loadbench_gui.profile.loader import load

    return load(find(str(path)))


def _estimate(plan: Plan) -> float:
    from loadbench_gui.services.compare import require_two
    from loadbench_gui.stats.schedule import make_schedule

    require_two(plan)
    return make_schedule(plan, 0).estimate_s


def _reload(text: str, command: str) -> Plan:
    """Read a stored profile; relative paths in it are taken from where the command found the file then."""
    from loadbench_gui.profile.bundled import find
    from loadbench_gui.profile.loader import load, load_text

    words = shlex.split(command)
    name = words[2] if len(words) > 2 else ""
    if not text:
        return load(find(name))
    try:
        path = find(name)
    except UserError:
        path = Path(name)
    return load_text(text, path)


def _write_report(folder: Path, comparison: Comparison, runs: tuple[Run, ...]) -> Path:
    from loadbench_gui.report.html import render
    from loadbench_gui.store.data_dir import prepare

    stamp = "".join(c for c in comparison.started_at[:19] if c.isalnum())
    name = "-".join("".join(c if c.isalnum() else " " for c in comparison.profile.lower()).split())[:60]
    path = prepare(folder) / f"{name or 'report'}-{stamp}.html"
    path.write_text(render(runs, comparison), "utf-8")
    return path


def _templates() -> Sequence[Template]:
    from loadbench_gui.profile.bundled import bundled

    made = []
    for one in bundled():
        name, _, description = one.summary.partition(": ")
        description = description or one.summary
        description = description[:1].upper() + description[1:]
        made.append(Template(name or one.name, description, one.path, first=one.name == FIRST_LOOK))
    return made
