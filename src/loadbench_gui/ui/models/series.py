"""One run as the live charts see it: the same figures at four resolutions, in memory that never grows.

A quarter of a second, 1 s, 10 s and 60 s a point, 600 points each: eight hours fit, and no chart draws more than 600
points. Coarser points come from merged histograms, never from averaged or thinned-out percentiles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from loadbench_gui.core.histogram import BUCKET_COUNT, bucket_width, lowest_value
from loadbench_gui.core.plan import LoadShape, OpenLoad
from loadbench_gui.core.run import Interval
from loadbench_gui.core.trailing import Reading, Trailing
from loadbench_gui.ui.models.kinds import HTTP, Kind
from loadbench_gui.ui.models.panel import Panel, PanelLevel, PanelSeries
from loadbench_gui.ui.models.ring import Floats, Ring

QUANTILES: Final = (0.5, 0.9, 0.99, 0.999)
QUANTILE_NAMES: Final = ("p50", "p90", "p99", "p99.9")
CAPACITY: Final = 600
COARSE_STEPS_S: Final = (1.0, 10.0, 60.0)

HEAT_LOW_DECADE: Final = 1
"""The heat map starts at 10 us ..."""
HEAT_DECADES: Final = 6
"""... and ends at 10 s; what lies beyond is counted in the outermost rows."""
ROWS_PER_DECADE: Final = 12
HEAT_ROWS: Final = HEAT_DECADES * ROWS_PER_DECADE

OVERTIME_S: Final = 2.0
RECENT_S: Final = 150.0
"""Of a longer run the newest part is shown, at a quarter of a second a point ..."""
STEP_S: Final = 30.0
"""... and moves on in steps, since an axis that slides all the time costs more than everything else."""

T, P50, P90, P99, P99_9, THROUGHPUT, ERRORS = range(7)


def _rows_of_buckets() -> NDArray[np.int64]:
    buckets = np.arange(BUCKET_COUNT)
    middle = np.maximum(lowest_value(buckets) + bucket_width(buckets) / 2, 1.0)
    rows = np.floor((np.log10(middle) - HEAT_LOW_DECADE) * ROWS_PER_DECADE)
    return np.asarray(np.clip(rows, 0, HEAT_ROWS - 1), np.int64)


_ROW_OF: Final = _rows_of_buckets()


def offered_at(shape: LoadShape, t_s: float) -> float | None:
    """Return the planned arrival rate at `t_s` seconds of a run in requests/s; None in a closed loop."""
    if not isinstance(shape, OpenLoad):
        return None
    rate, start = shape.rate_rps, 0.0
    for stage in shape.stages:
        if stage.duration_s > 0 and t_s < start + stage.duration_s:
            return rate + (stage.rate_rps - rate) * (t_s - start) / stage.duration_s
        rate, start = stage.rate_rps, start + stage.duration_s
    return rate


class Level:
    """The run at one resolution: a ring of figures and a ring of heat map columns of the same length."""

    def __init__(self, step_s: float) -> None:
        self.step_s = step_s
        self._figures = Ring(CAPACITY, 7)
        self._heat = Ring(CAPACITY, HEAT_ROWS)
        self._counted = 0
        self._errors = 0
        self._length_s = 0.0
        self._counts = np.zeros(HEAT_ROWS)

    def add(self, interval: Interval, heat: Floats, counted: int, errors: int, trailing: Trailing) -> bool:
        """Gather an interval; at the end of this level's step, write a point. Returns whether one was written.

        heat: its column of the heat map.
        """
        self._counted += counted
        self._errors += errors
        self._length_s += interval.length_s
        self._counts += heat
        end_s = interval.t_s + interval.length_s
        over = math.floor(end_s / self.step_s + 1e-6) > math.floor(interval.t_s / self.step_s + 1e-6)
        if over:
            self._write(end_s, trailing)
        return over

    def _write(self, end_s: float, trailing: Trailing) -> None:
        values = [
            math.nan if r.value_us is None else r.value_us for r in trailing.read(QUANTILES, at_least_s=self.step_s)
        ]
        self._figures.append((end_s, *values, self._counted / self._length_s, self._errors / self._length_s))
        self._heat.append(self._counts)
        self._counted, self._errors, self._length_s = 0, 0, 0.0
        self._counts[:] = 0

    def column(self, which: int) -> Floats:
        """One figure over time, oldest first; times in s, latencies in us, rates a second; NaN is a gap."""
        return self._figures.rows()[:, which]

    def heat(self) -> Floats:
        """Request counts, shape (points, HEAT_ROWS): columns of the heat map, oldest first."""
        return self._heat.rows()

    @property
    def bytes_held(self) -> int:
        """Memory of this level; it never changes."""
        return self._figures.bytes_held + self._heat.bytes_held


@dataclass(frozen=True, slots=True)
class View:
    """A stretch of a run in seconds, and the points of the level that shows it."""

    level: Level
    low_s: float
    high_s: float
    points: slice
    panel: PanelLevel | None = None

    def column(self, which: int) -> Floats:
        """One figure over the stretch; see `Level.column`."""
        return self.level.column(which)[self.points]

    def heat(self) -> Floats:
        """The heat map's columns of the stretch."""
        return self.level.heat()[self.points]

    def panel_times(self, row: int) -> tuple[Floats, ...]:
        """A row of the panel's times over the stretch; see `PanelLevel.times`."""
        return tuple(column[self.points] for column in self.panel.times(row)) if self.panel else ()

    def panel_numbers(self, row: int) -> Floats:
        """A row of the panel's numbers over the stretch."""
        return self.panel.numbers(row)[self.points] if self.panel else np.empty(0)

    @property
    def key(self) -> tuple[int, float, float, float]:
        """What must have changed before anything is drawn again."""
        x = self.column(T)
        return (id(self.level), self.low_s, self.high_s, float(x[-1]) if len(x) else 0.0)


@dataclass(frozen=True, slots=True)
class Counts:
    """What a run has counted so far, warm-up included."""

    succeeded: int = 0
    failed: int = 0
    timed_out: int = 0
    dropped: int = 0

    @property
    def errors(self) -> int:
        """Requests that did not succeed."""
        return self.failed + self.timed_out + self.dropped


class RunSeries:
    """Everything live of one run: levels for the charts, and the newest readings for the strip of figures."""

    def __init__(self, step_s: float, planned_s: float, kind: Kind = HTTP, panel: Panel | None = None) -> None:
        self.planned_s = planned_s
        self.kind = kind
        self.levels = (Level(step_s), *(Level(step) for step in COARSE_STEPS_S if step > step_s))
        steps = [level.step_s for level in self.levels]
        self.panel = PanelSeries(panel, step_s, steps, CAPACITY) if panel else None
        self.counts = Counts()
        self.end_s = 0.0
        self.rate_rps = 0.0
        self.work_cpu_fraction = 0.0
        self.workers = 1
        self._times = Trailing(step_s)
        self._latency: list[Reading] | None = None
        self._service = Trailing(step_s)
        self._lag = Trailing(step_s)
        self._last_second: list[tuple[int, float]] = []

    @property
    def shown_s(self) -> float:
        """How many seconds the charts show: what was planned.

        The last answers that trickle in afterwards are left out, unless they take more than a moment.
        """
        return self.planned_s if self.end_s <= self.planned_s + OVERTIME_S else float(math.ceil(self.end_s))

    def view(self, *, whole: bool) -> View:
        """Return what the charts show: the whole run, or of a long one the newest part, moving on in steps."""
        low, high = 0.0, self.shown_s
        if not whole and high > RECENT_S:
            high = max(RECENT_S, math.ceil(self.end_s / STEP_S) * STEP_S)
            low = high - RECENT_S
        level = self.level_for(high - low)
        first = int(np.searchsorted(level.column(T), low + 1e-6))
        last = int(np.searchsorted(level.column(T), high + 1e-6, side="right"))
        beside = self.panel.levels[self.levels.index(level)] if self.panel else None
        return View(level, low, high, slice(first, last), beside)

    def add(self, interval: Interval) -> None:
        """Take a closed interval; intervals come in order."""
        tally = interval.everything
        errors = tally.failed + tally.timed_out + tally.dropped
        times, counted = self.kind.times(tally, interval.traffic), self.kind.counted(tally, interval.traffic)
        self._times.push(times)
        self._latency = None
        heat = np.asarray(np.bincount(_ROW_OF[times.buckets], times.counts, HEAT_ROWS), np.float64)
        self._service.push(tally.service)
        self._lag.push(tally.dispatch_lag)
        if self.panel is not None:
            self.panel.add(interval, tally)
        for i, level in enumerate(self.levels):
            if level.add(interval, heat, counted, errors, self._times) and self.panel is not None:
                self.panel.write(i, level.column(T)[-1])
        c = self.counts
        self.counts = Counts(c.succeeded + tally.succeeded, c.failed + tally.failed,
                             c.timed_out + tally.timed_out, c.dropped + tally.dropped)  # fmt: skip
        self.end_s = interval.t_s + interval.length_s
        if interval.t_s < self.planned_s:
            self._measure_rate(counted, interval.length_s)
        # The last interval of a run is a few milliseconds of clearing up: it says nothing about the load.
        if interval.health.span_s >= 0.5 * interval.length_s > 0:
            self.work_cpu_fraction = interval.health.work_cpu_s / interval.health.span_s

    def _measure_rate(self, counted: int, length_s: float) -> None:
        """Keep the rate of the last second; what trickles in after the planned end says nothing about it."""
        self._last_second.append((counted, length_s))
        while sum(length for _, length in self._last_second[1:]) >= 1.0 - 1e-6:
            self._last_second.pop(0)
        self.rate_rps = sum(n for n, _ in self._last_second) / sum(length for _, length in self._last_second)

    def latency(self) -> list[Reading]:
        """Newest readings of QUANTILES of what counts as the latency: the scheduled one, where there is one."""
        if self._latency is None:  # figures and charts ask for the same ones
            self._latency = self._times.read(QUANTILES)
        return self._latency

    def service_p50(self) -> Reading:
        """Newest median of the service time."""
        return self._service.read((0.5,))[0]

    def lag_p99(self) -> Reading:
        """Newest p99 of the dispatch lag: the generator's own fault."""
        return self._lag.read((0.99,))[0]

    def level_for(self, span_s: float) -> Level:
        """Return the finest level whose 600 points cover `span_s`."""
        return next((level for level in self.levels if level.step_s * CAPACITY >= span_s - 1e-6), self.levels[-1])
