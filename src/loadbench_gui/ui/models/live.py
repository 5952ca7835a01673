"""Everything the Live page shows, gathered from events alone: the page never asks the engine anything.

Memory is bounded: the charts' rings, the samples of each deployment's latest run, the last lines of the log.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, assert_never

from loadbench_gui.core.caveats import SEVERITY, Caveat, GeneratorVerdict, doubted, worst
from loadbench_gui.core.lifecycle import FINAL, RunState
from loadbench_gui.core.plan import Plan, Workload
from loadbench_gui.core.run import MemoryKind, Run, RunLabel, TargetSample
from loadbench_gui.core.verdict import Comparison, Schedule
from loadbench_gui.report.endings import is_cut_short
from loadbench_gui.services.events import (
    ComparisonEnded,
    Event,
    GeneratorDoubted,
    GeneratorSampled,
    IntervalClosed,
    Level,
    Note,
    RunEnded,
    ScheduleMade,
    StateChanged,
    TargetSampled,
)
from loadbench_gui.stats.wording import spoken
from loadbench_gui.ui.models.kinds import kind_of
from loadbench_gui.ui.models.panel import panel_of
from loadbench_gui.ui.models.ring import Floats, Ring
from loadbench_gui.ui.models.series import RunSeries

LOG_LINES: Final = 500
WATCH_CAPACITY: Final = 600
"""Looks that are kept: ten minutes of them, and ten hours of every sixtieth."""
COARSE_WATCH_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the event log; `at` is wall-clock seconds since the epoch."""

    at: float
    level: Level
    text: str


class Watched:
    """What a process tree used during one run: time in s, memory in bytes, CPU in cores."""

    def __init__(self, step_s: float = 1.0) -> None:
        self._ring = Ring(WATCH_CAPACITY, 3)
        self._coarse = Ring(WATCH_CAPACITY, 3)
        self._coarse_at = -1
        self._step_s = step_s
        self._last: TargetSample | None = None
        self.kind: MemoryKind = "pss"
        self.idle_bytes: int | None = None
        self.peak_bytes: int | None = None
        self.now_bytes: int | None = None

    def add(self, sample: TargetSample) -> None:
        """Take a look; CPU is the share of one core used since the look before."""
        cores = float("nan")
        if self._last is not None and sample.t_s > self._last.t_s:
            cores = max(0.0, (sample.cpu_s - self._last.cpu_s) / (sample.t_s - self._last.t_s))
        if self._last is None or sample.t_s - self._last.t_s >= self._step_s * 0.5:
            row = (sample.t_s, float(sample.memory_bytes), cores)
            self._ring.append(row)
            if int(sample.t_s // COARSE_WATCH_S) != self._coarse_at:
                self._coarse_at = int(sample.t_s // COARSE_WATCH_S)
                self._coarse.append(row)
            self._last = sample
        self.kind = sample.kind
        self.now_bytes = sample.memory_bytes
        # Connections are opened before the time axis begins: only the first look is sure to find the server idle.
        if self.idle_bytes is None:
            self.idle_bytes = sample.memory_bytes
        self.peak_bytes = max(self.peak_bytes or 0, sample.memory_bytes)

    def column(self, which: int, *, coarse: bool = False) -> Floats:
        """Column 0 time, 1 memory, 2 CPU; oldest first. Coarse: a look a minute, for runs of hours."""
        return (self._coarse if coarse else self._ring).rows()[:, which]


class LiveModel:
    """The state of what is going on, brought up to date by `receive`. `version` moves with every event."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self.version = 0
        self.reset()

    def reset(self, plan: Plan | None = None) -> None:
        """Forget everything: another comparison, of `plan` where that is known, is about to start."""
        self.plan = plan
        self.over = ""
        self.schedule: Schedule | None = None
        self.started_at = self._clock()
        self.label: RunLabel | None = None
        self.state = RunState.PLANNED
        self.run: RunSeries | None = None
        self.targets: dict[str, Watched] = {}
        self.generator = Watched()
        self.caveats: tuple[Caveat, ...] = ()
        self.ended: dict[int, bool] = {}
        self.log: deque[LogLine] = deque(maxlen=LOG_LINES)
        self.comparison: Comparison | None = None
        self.runs: tuple[Run, ...] = ()
        self._entry_started = self.started_at
        self._entry_seconds: list[float] = []
        self.version += 1

    def close(self, why: str) -> None:
        """Take note that nothing follows, and why; a comparison that has its verdict says so itself."""
        if self.comparison is None:
            self.over = why
        self.version += 1

    def receive(self, event: Event) -> None:
        """Take one event."""
        self.version += 1
        match event:
            case ScheduleMade():
                self.plan, self.schedule = event.plan, event.schedule
                self.started_at = self._entry_started = self._clock()
            case StateChanged():
                self._move(event)
            case IntervalClosed():
                self._on_run(event.label)
                if self.run is None:
                    self.run = self._series(event)
                self.run.add(event.interval)
            case TargetSampled():
                self._on_run(event.label)
                self.targets.setdefault(event.label.deployment, Watched()).add(event.sample)
            case GeneratorSampled():
                self._on_run(event.label)
                self.generator.add(event.sample)
            case GeneratorDoubted():
                self._doubt(event.caveat)
            case RunEnded():
                self._end_run(event.run)
            case ComparisonEnded():
                self.comparison, self.runs = event.comparison, event.runs
                self._note("info", event.comparison.summary)
            case Note():
                self._note(event.level, event.text)
            case _:
                assert_never(event)

    def _on_run(self, label: RunLabel) -> None:
        if self.label is not None and self.label.run_id == label.run_id:
            return
        self.label = label
        self.run = None
        self.caveats = ()
        self.targets[label.deployment] = Watched()
        self.generator = Watched()
        self._entry_started = self._clock()

    def _move(self, event: StateChanged) -> None:
        self._on_run(event.label)
        self.state = event.state
        if event.detail:
            self._note("error" if event.state is RunState.FAILED else "info", event.detail)

    def _doubt(self, caveat: Caveat) -> None:
        known = {(c.code, c.metric) for c in self.caveats}
        # Both clocks may be doubted in the same words: they are said once.
        if (caveat.code, caveat.metric) not in known and caveat.message not in {c.message for c in self.caveats}:
            self._note("warning", caveat.message)
        others = (c for c in self.caveats if (c.code, c.metric) != (caveat.code, caveat.metric))
        self.caveats = (*others, caveat)

    def _end_run(self, run: Run) -> None:
        for caveat in run.fitness.caveats:  # what only the whole run shows: stolen time, a throttled quota
            self._doubt(caveat)
        self.ended[run.label.order] = not is_cut_short(run.stop_reason, sealed=run.sealed)
        self._entry_seconds.append(self._clock() - self._entry_started)
        self._entry_started = self._clock()

    def _note(self, level: Level, text: str) -> None:
        self.log.append(LogLine(self._clock(), level, text))

    def _series(self, event: IntervalClosed) -> RunSeries:
        workload = self.workload_of(event.label)
        planned_s = workload.warmup_s + workload.duration_s if workload else 10.0
        return RunSeries(event.interval.length_s, planned_s, kind_of(workload), panel_of(workload))

    def workload_of(self, label: RunLabel | None) -> Workload | None:
        """Return the workload of a run, None when the plan does not have it (yet)."""
        if self.plan is None or label is None:
            return None
        return next((w for w in self.plan.workloads if w.name == label.workload), None)

    @property
    def deployments(self) -> tuple[str, ...]:
        """Names in profile order, which is the order of colours and dashes."""
        return tuple(d.name for d in self.plan.deployments) if self.plan else tuple(self.targets)

    @property
    def active(self) -> bool:
        """Whether a run is between its start and its end."""
        between = self.state is not RunState.PLANNED and self.state not in FINAL
        return self.label is not None and between and not self.over

    @property
    def verdict(self) -> GeneratorVerdict:
        """What the doubts of the current run amount to."""
        return worst(self.caveats)

    @property
    def limit(self) -> Caveat | None:
        """The gravest doubt about the generator as a whole, for the banner; None while it is fit.

        A doubt about one metric is one of `doubts`: that metric has no verdict, the others stand.
        """
        doubts = [c for c in self.caveats if c.severity != "valid" and c.metric is None]
        return max(doubts, key=lambda c: c.severity == "invalid", default=None)

    @property
    def doubts(self) -> str:
        """Say in one sentence which metrics are doubted and the gravest reason; "" while none is."""
        reasons = doubted(self.caveats)
        if not reasons:
            return ""
        gravest = max(reasons.values(), key=lambda caveat: SEVERITY[caveat.severity])
        return f"Doubts about {', '.join(map(spoken, sorted(reasons)))}: {gravest.message}"

    def seconds_left(self) -> float | None:
        """Return an estimate of the time to the end, from the runs that are over, else from the plan."""
        if self.schedule is None or self.comparison is not None or self.over or not self.schedule.entries:
            return None
        total = len(self.schedule.entries)
        each = self.schedule.estimate_s / total
        if self._entry_seconds:
            each = sum(self._entry_seconds) / len(self._entry_seconds)
        remaining = total - len(self.ended)
        in_current = min(each, self._clock() - self._entry_started)
        return max(0.0, remaining * each - in_current)

    def progress_of_current(self) -> float:
        """Return how much of the current run's load has been fired, 0 to 1."""
        return min(1.0, self.run.end_s / self.run.planned_s) if self.run and self.run.planned_s else 0.0
