"""What the window needs from the services, as callables: `ui.app` hands them to the pages that use them.

The window never imports the engine, the store or a report directly; tests hand in what they like.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from loadbench_gui.core.plan import Plan
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Comparison
from loadbench_gui.services.events import Emit


@dataclass(frozen=True, slots=True)
class RecentComparison:
    """A line of Home's and History's tables. started_at: ISO 8601. summary: the verdict's sentence."""

    comparison_id: str
    profile: str
    started_at: str
    runs: int
    summary: str
    complete: bool = True
    deployments: tuple[str, ...] = ()
    path: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A bundled profile that a user can start from."""

    name: str
    description: str
    path: Path
    first: bool = False
    """The one that Home's big button starts."""


class StartComparison(Protocol):
    """Compare the deployments of a plan; progress and the result arrive as events until `stop` is set."""

    def __call__(self, plan: Plan, emit: Emit, stop: asyncio.Event, /) -> Awaitable[None]:
        """Run it. Raises `LoadbenchError`."""


LoadPlan: TypeAlias = Callable[[Path], Awaitable[Plan]]
"""Read a profile. Raises `UserError`; one with `.problems` lists all of them."""
EstimateS: TypeAlias = Callable[[Plan], Awaitable[float]]
"""How many seconds a comparison of the plan will take."""
Recent: TypeAlias = Callable[[], Awaitable[Sequence[RecentComparison]]]
OpenComparison: TypeAlias = Callable[[str], Awaitable[tuple[Comparison, tuple[Run, ...]]]]
PlanOf: TypeAlias = Callable[[str], Awaitable[Plan]]
"""What a stored comparison was made from, to run it again."""
ExportReport: TypeAlias = Callable[[Comparison, tuple[Run, ...]], Awaitable[Path]]
"""Write the report; returns where."""
Templates: TypeAlias = Callable[[], Awaitable[Sequence[Template]]]
Close: TypeAlias = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the window asks of the rest of the program; `ui.app` takes it apart for those who need a part."""

    load_plan: LoadPlan
    estimate_s: EstimateS
    start_comparison: StartComparison
    recent: Recent
    open_comparison: OpenComparison
    plan_of: PlanOf
    export_report: ExportReport
    templates: Templates
    close: Close
