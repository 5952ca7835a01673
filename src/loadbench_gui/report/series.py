"""From runs to what is drawn: one curve per deployment, its rounds laid over one another on one time axis.

Latencies of the rounds are merged as histograms before a percentile is read, never averaged; rates and memory are
averaged over the rounds. Time is in seconds since traffic began, warm-up included. Long runs are drawn in coarser
steps, so that no curve has more than `MOST_POINTS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import OpenLoad
from loadbench_gui.core.quantiles import samples_needed, supported_quantile
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import Tally
from loadbench_gui.core.verdict import Metric
from loadbench_gui.report.figures.overtime import Curve, TimeSpan
from loadbench_gui.report.figures.runorder import RunPoint
from loadbench_gui.report.figures.spectrum import Spectrum
from loadbench_gui.stats.kinds import kind_of
from loadbench_gui.stats.sample import latency_histogram, metric_value

MOST_POINTS: Final = 600
WINDOWS_S: Final = (1, 2, 5, 10, 30)


@dataclass(frozen=True, slots=True)
class Arm:
    """One deployment's runs of one workload; `index` is its place in profile order, which decides colour and dash."""

    index: int
    name: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Latencies:
    """p50 and p99 curves. window_s: the trailing window p99 is taken over, None when no window held enough."""

    curves: tuple[Curve, ...]
    window_s: int | None


def arms(runs: Sequence[Run], deployments: Sequence[str]) -> tuple[Arm, ...]:
    """Group runs by deployment; those measured as load come before any peak phase, which is left out then."""
    loaded = [run for run in runs if run.label.phase == "load"] or list(runs)
    grouped = ((i, name, [r for r in loaded if r.label.deployment == name]) for i, name in enumerate(deployments))
    return tuple(Arm(i, name, tuple(mine)) for i, name, mine in grouped if mine)


def span(runs: Sequence[Run]) -> TimeSpan:
    """Return how long the longest run was, and how much of it was warm-up."""
    warmup_s = max((run.workload.warmup_s for run in runs), default=0.0)
    return TimeSpan(warmup_s, max((run.workload.warmup_s + run.duration_s for run in runs), default=1.0))


def offered_rps(runs: Sequence[Run]) -> float | None:
    """Return the constant rate of an open loop, None for any other load."""
    shapes = {run.workload.shape for run in runs}
    shape = shapes.pop() if len(shapes) == 1 else None
    return shape.rate_rps if isinstance(shape, OpenLoad) and not shape.stages else None


def spectra(of: Sequence[Arm], metric: Metric = Metric.P99) -> tuple[Spectrum, ...]:
    """Return what `metric` is a percentile of (scheduled latencies) for each deployment, all rounds merged."""
    merged = ((arm, sum((latency_histogram(run.measured, metric) for run in arm.runs), Histogram())) for arm in of)
    return tuple(Spectrum(arm.index, arm.name, histogram) for arm, histogram in merged)


def latencies(of: Sequence[Arm], time: TimeSpan) -> Latencies:
    """Return p50 and p99 (scheduled) over time, p99 over the shortest trailing window that holds enough samples."""
    step_s = _step(time)
    binned = [(arm, _tallies(arm, time, step_s)) for arm in of]
    window_s = _window([[t.scheduled.total for t in tallies] for _, tallies in binned], step_s, time.end_s)
    curves = []
    for arm, tallies in binned:
        histograms = [t.scheduled for t in tallies]
        curves.append(_curve(arm, [supported_quantile(h, 0.5) for h in histograms], step_s, "p50"))
        if window_s is not None:
            behind = max(1, round(window_s / step_s))
            windows = (histograms[max(0, i - behind + 1) : i + 1] for i in range(len(histograms)))
            p99 = [supported_quantile(sum(part, Histogram()), 0.99) for part in windows]
            curves.append(_curve(arm, p99, step_s, "p99"))
    return Latencies(tuple(curves), window_s)


def throughput(of: Sequence[Arm], time: TimeSpan) -> tuple[Curve, ...]:
    """Return successes per second, averaged over the rounds."""
    return _rates(of, time, lambda tally: tally.succeeded)


def errors(of: Sequence[Arm], time: TimeSpan) -> tuple[Curve, ...]:
    """Return failures of every kind per second for the deployments that had any."""
    curves = _rates(of, time, lambda tally: tally.failed + tally.timed_out + tally.dropped)
    return tuple(curve for curve in curves if any(value for _, value in curve.points))


def memory(of: Sequence[Arm], time: TimeSpan) -> tuple[Curve, ...]:
    """Return bytes held by each deployment's process tree, averaged over the rounds; none where not watched."""
    step_s = max(1.0, _step(time))
    curves = []
    for arm in of:
        bins: list[list[int]] = [[] for _ in range(math.ceil(time.end_s / step_s))]
        for sample in (s for run in arm.runs for s in run.target_samples if 0 <= s.t_s < time.end_s):
            bins[min(int(sample.t_s / step_s), len(bins) - 1)].append(sample.memory_bytes)
        if any(bins):
            curves.append(_curve(arm, [float(np.mean(b)) if b else None for b in bins], step_s, ""))
    return tuple(curves)


def value(run: Run, metric: Metric) -> float | None:
    """Return what `run` measured of `metric`, in the metric's own unit; None where it cannot say.

    Unlike in a comparison, the throughput of an open loop counts: it is shown beside what was offered.
    """
    if metric is Metric.THROUGHPUT and not kind_of(run.workload).throughput:
        return run.throughput_rps
    return metric_value(run, metric)


def run_points(runs: Sequence[Run], deployments: Sequence[str], metric: Metric) -> tuple[RunPoint, ...]:
    """Return every run of the primary load in the order it was made, with its value of `metric`."""
    ordered = sorted((run for arm in arms(runs, deployments) for run in arm.runs), key=lambda run: run.label.order)
    return tuple(_point(run, deployments, metric) for run in ordered)


def _point(run: Run, deployments: Sequence[str], metric: Metric) -> RunPoint:
    label = run.label
    place = list(deployments).index(label.deployment)
    return RunPoint(place, label.deployment, label.order, label.round, value(run, metric))


def _step(time: TimeSpan) -> float:
    return float(max(1, math.ceil(time.end_s / MOST_POINTS)))


def _tallies(arm: Arm, time: TimeSpan, step_s: float) -> list[Tally]:
    """Merge the intervals of all rounds that began in the same step."""
    bins = [Tally()] * math.ceil(time.end_s / step_s - 1e-9)
    for interval in (i for run in arm.runs for i in run.intervals):
        position = int((interval.t_s + 1e-6) / step_s)
        if 0 <= position < len(bins):
            bins[position] += interval.everything
    return bins


def _window(totals: Sequence[Sequence[int]], step_s: float, end_s: float) -> int | None:
    """Return the shortest window whose usual content supports p99 for every deployment."""
    usual = min((float(np.median(counts)) for counts in totals if len(counts)), default=0.0) / step_s
    return next((w for w in WINDOWS_S if step_s <= w <= end_s and usual * w >= samples_needed(0.99)), None)


def _rates(of: Sequence[Arm], time: TimeSpan, counted: Callable[[Tally], int]) -> tuple[Curve, ...]:
    step_s = _step(time)
    return tuple(
        _curve(arm, [counted(t) / step_s / len(arm.runs) for t in _tallies(arm, time, step_s)], step_s, "")
        for arm in of
    )


def _curve(arm: Arm, values: Sequence[float | None], step_s: float, label: str) -> Curve:
    points = tuple(((i + 0.5) * step_s, v) for i, v in enumerate(values))
    return Curve(arm.index, arm.name, points, label)
