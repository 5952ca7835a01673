"""What one run says about one metric: a single number, because the replicate is the run, never the request.

Latency is read at the load that the profile sets; capacity only where the load is closed or a peak phase ran, since
an open loop below capacity completes what it was offered and nothing else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import ClosedLoad
from loadbench_gui.core.quantiles import samples_needed, supports
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Metric

SCHEDULED: Final[dict[Metric, float]] = {Metric.P50: 0.5, Metric.P90: 0.9, Metric.P99: 0.99, Metric.P99_9: 0.999}
"""Percentiles of scheduled latency, and where they lie."""

SERVICE: Final[dict[Metric, float]] = {Metric.SERVICE_P50: 0.5, Metric.SERVICE_P99: 0.99}
"""Percentiles of service time."""

QUANTILES: Final[dict[Metric, float]] = SCHEDULED | SERVICE
TIMING: Final = (Metric.THROUGHPUT, *QUANTILES)
"""What the generator's and the connections' behaviour distorts first."""

LOADED: Final = (*TIMING, Metric.CPU_PER_1K, Metric.MEMORY_PEAK)
"""What depends on the load having been what the profile says."""

MEMORY: Final = (Metric.MEMORY_PEAK, Metric.MEMORY_IDLE)
COSTS: Final = (*MEMORY, Metric.CPU_PER_1K)
"""Judged as less or more; everything else as faster or slower."""

COMPARABLE: Final = (Metric.P99, Metric.P50, Metric.P90, Metric.P99_9, Metric.THROUGHPUT, Metric.SERVICE_P50,
                     Metric.SERVICE_P99, *COSTS, Metric.STARTUP)  # fmt: skip
"""What can be compared now, in the order in which it is shown."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a run has no value of a metric."""

    reason: str


def parse_metric(name: str) -> Metric:
    """Return the metric called `name`; plain `memory` is the peak (contract). Raises `ValueError` for no metric."""
    return Metric.MEMORY_PEAK if name == "memory" else Metric(name)


def metric_value(run: Run, metric: Metric) -> float | None:
    """Return the run's value of `metric` in its own unit (us, requests/s, bytes, s), or None where it has none."""
    value = measure(run, metric)
    return None if isinstance(value, Missing) else value


def measure(run: Run, metric: Metric) -> float | Missing:
    """Return the run's value of `metric` in its own unit, or why there is none."""
    if metric in QUANTILES:
        return _percentile(run, metric)
    match metric:
        case Metric.THROUGHPUT:
            return _throughput(run)
        case Metric.MEMORY_PEAK | Metric.MEMORY_IDLE | Metric.CPU_PER_1K | Metric.STARTUP:
            return _cost(run, metric)
        case _:
            return Missing(f"{metric} is not measured for {run.workload.kind} workloads")


def latency_histogram(run: Run, metric: Metric) -> Histogram:
    """Return the histogram that a latency metric is read from."""
    return run.measured.service if metric in SERVICE else run.measured.scheduled


def _percentile(run: Run, metric: Metric) -> float | Missing:
    if run.label.phase == "peak":
        return Missing("latency is compared at common rates, and in a peak phase each deployment runs at its own")
    q, histogram = QUANTILES[metric], latency_histogram(run, metric)
    if not supports(q, histogram.total):
        return Missing(f"{samples_needed(q):,} successes are needed, a run had {histogram.total:,}")
    value = histogram.quantile(q)
    return value if value is not None else Missing("no request succeeded")


def _throughput(run: Run) -> float | Missing:
    if not isinstance(run.workload.shape, ClosedLoad) and run.label.phase != "peak":
        return Missing("an open loop completes what it offers, so it has no throughput of its own")
    return run.throughput_rps


def _cost(run: Run, metric: Metric) -> float | Missing:
    if run.target is None:
        return Missing("the server's processes were not watched")
    value = {
        Metric.MEMORY_PEAK: run.target.peak_bytes,
        Metric.MEMORY_IDLE: run.target.idle_bytes,
        Metric.CPU_PER_1K: run.target.cpu_s_per_1k,
        Metric.STARTUP: run.target.startup_s,
    }[metric]
    if value is None or not math.isfinite(value):
        return Missing("the server was not started here" if metric is Metric.STARTUP else "it could not be read")
    return float(value)
