"""Everything a service tells whoever watches: the terminal and the window listen to the same events.

Events are frozen, carry values only, and are emitted on the service's own loop through one callable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.lifecycle import RunState
from loadbench_gui.core.plan import Plan
from loadbench_gui.core.run import Interval, Run, RunLabel, TargetSample
from loadbench_gui.core.verdict import Comparison, Schedule

Level: TypeAlias = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class ScheduleMade:
    """The whole plan is known; nothing has been started yet."""

    plan: Plan
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class StateChanged:
    """A run moved on. `detail` is a short sentence for people ("ready in 0.62 s, answers verified")."""

    label: RunLabel
    state: RunState
    detail: str = ""


@dataclass(frozen=True, slots=True)
class IntervalClosed:
    """A live interval (a quarter of a second) is complete."""

    label: RunLabel
    interval: Interval


@dataclass(frozen=True, slots=True)
class TargetSampled:
    """The server's process tree was looked at."""

    label: RunLabel
    sample: TargetSample


@dataclass(frozen=True, slots=True)
class GeneratorSampled:
    """The generator's own processes were looked at, on the same time axis."""

    label: RunLabel
    sample: TargetSample


@dataclass(frozen=True, slots=True)
class GeneratorDoubted:
    """The generator has become the limit, or something else casts doubt on the figures of this run."""

    label: RunLabel
    caveat: Caveat


@dataclass(frozen=True, slots=True)
class RunEnded:
    """A run is over and stored; unsealed when it was stopped or cut short."""

    run: Run


@dataclass(frozen=True, slots=True)
class ComparisonEnded:
    """All rounds are over (or it was stopped: `comparison.complete` is False) and the verdict is stored."""

    comparison: Comparison
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person should read in the event log."""

    level: Level
    text: str


Event: TypeAlias = (
    ScheduleMade
    | StateChanged
    | IntervalClosed
    | TargetSampled
    | GeneratorSampled
    | GeneratorDoubted
    | RunEnded
    | ComparisonEnded
    | Note
)
Emit: TypeAlias = Callable[[Event], None]
