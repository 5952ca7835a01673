"""What one run says about one metric: a single number, because the replicate is the run, never the request.

Latency is read at the load that the profile sets; capacity only where the load is closed or a peak phase ran, since
an open loop below capacity completes what it was offered and nothing else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import ClosedLoad, Workload
from loadbench_gui.core.quantiles import samples_needed, supports
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import Tally
from loadbench_gui.core.streaming import StreamTally
from loadbench_gui.core.verdict import Metric
from loadbench_gui.core.websocket import SocketTally
from loadbench_gui.errors import Bug
from loadbench_gui.stats.kinds import kind_of

SCHEDULED: Final[dict[Metric, float]] = {Metric.P50: 0.5, Metric.P90: 0.9, Metric.P99: 0.99, Metric.P99_9: 0.999}
"""Percentiles of scheduled latency, and where they lie."""

SERVICE: Final[dict[Metric, float]] = {Metric.SERVICE_P50: 0.5, Metric.SERVICE_P99: 0.99}
"""Percentiles of service time."""

EVENTS: Final[dict[Metric, float]] = {
    Metric.FIRST_EVENT_P50: 0.5, Metric.GAP_P99: 0.99, Metric.RTT_P50: 0.5, Metric.RTT_P99: 0.99,
    Metric.FANOUT_P50: 0.5, Metric.FANOUT_P99: 0.99,
}  # fmt: skip
"""Percentiles of what streams and WebSockets have, each from the actual send or from the event before."""

QUANTILES: Final[dict[Metric, float]] = SCHEDULED | SERVICE | EVENTS
TIMING: Final = (Metric.THROUGHPUT, *QUANTILES)
"""What the generator's and the connections' behaviour distorts first."""

LOADED: Final = (*TIMING, Metric.CPU_PER_1K, Metric.MEMORY_PEAK, Metric.MEMORY_PER_CONNECTION)
"""What depends on the load having been what the profile says."""

MEMORY: Final = (Metric.MEMORY_PEAK, Metric.MEMORY_IDLE, Metric.MEMORY_PER_CONNECTION)
COSTS: Final = (*MEMORY, Metric.CPU_PER_1K)
"""Judged as less or more; everything else as faster or slower."""

LEAST_CONNECTIONS: Final = 100
"""Fewer, and what the server allocates for other reasons is most of what each would be said to take."""

_ALWAYS: Final = (Metric.P99, Metric.P50, Metric.P90, Metric.P99_9, Metric.THROUGHPUT)
COMPARABLE: Final = (*_ALWAYS, *SERVICE, *EVENTS, *COSTS, Metric.STARTUP)
"""What can be compared, in the order in which it is shown."""

POPULATIONS: Final[dict[Metric, str]] = {
    Metric.FIRST_EVENT_P50: "first events", Metric.GAP_P99: "gaps", Metric.RTT_P50: "round trips",
    Metric.RTT_P99: "round trips", Metric.FANOUT_P50: "deliveries",
    Metric.FANOUT_P99: "deliveries",
}  # fmt: skip
"""What a percentile is taken over, where that is not every success."""


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


def compared(workload: Workload) -> tuple[Metric, ...]:
    """Return what is compared in `workload`, in the order in which it is shown.

    Service times only for plain answers: a round trip or a first event says the same under a better name, and every
    further verdict widens all intervals.
    """
    own = kind_of(workload).own
    return tuple(m for m in COMPARABLE if m in own or m not in (*SERVICE, *EVENTS, Metric.MEMORY_PER_CONNECTION))


def measure(run: Run, metric: Metric) -> float | Missing:
    """Return the run's value of `metric` in its own unit, or why there is none."""
    if metric in QUANTILES:
        return _percentile(run, metric)
    match metric:
        case Metric.THROUGHPUT:
            return _throughput(run)
        case Metric.MEMORY_PER_CONNECTION:
            return _per_connection(run)
        case Metric.MEMORY_PEAK | Metric.MEMORY_IDLE | Metric.CPU_PER_1K | Metric.STARTUP:
            return _cost(run, metric)
        case _:
            raise Bug(f"{metric} is in no table")


def latency_histogram(tally: Tally, metric: Metric) -> Histogram:
    """Return the histogram that a latency metric is read from; empty where the protocol has no such thing."""
    stream, socket = tally.stream or StreamTally(), tally.websocket or SocketTally()
    match metric:
        case Metric.FIRST_EVENT_P50:
            return stream.first_event
        case Metric.GAP_P99:
            return stream.gap + socket.gap
        case Metric.RTT_P50 | Metric.RTT_P99:
            return socket.rtt
        case Metric.FANOUT_P50 | Metric.FANOUT_P99:
            return socket.fanout
        case _:
            return tally.service if metric in SERVICE else tally.scheduled


def _percentile(run: Run, metric: Metric) -> float | Missing:
    kind = kind_of(run.workload)
    if metric in EVENTS and metric not in kind.own:
        return _not_here(run, metric)
    if kind.latency and metric not in kind.own:
        return Missing(kind.latency)
    if run.label.phase == "peak":
        return Missing("latency is compared at common rates, and in a peak phase each deployment runs at its own")
    q, histogram = QUANTILES[metric], latency_histogram(run.measured, metric)
    if not supports(q, histogram.total):
        population = POPULATIONS.get(metric, "successes")
        return Missing(f"{samples_needed(q):,} {population} are needed, a run had {histogram.total:,}")
    value = histogram.quantile(q)
    return value if value is not None else Missing("no request succeeded")


def _not_here(run: Run, metric: Metric) -> Missing:
    mode = f" in {run.workload.websocket.mode} mode" if run.workload.websocket is not None else ""
    return Missing(f"{metric} is not measured for {run.workload.kind} workloads{mode}")


def _throughput(run: Run) -> float | Missing:
    if reason := kind_of(run.workload).throughput:
        return Missing(reason)
    if not isinstance(run.workload.shape, ClosedLoad) and run.label.phase != "peak":
        return Missing("an open loop completes what it offers, so it has no throughput of its own")
    return run.throughput_rps


def _per_connection(run: Run) -> float | Missing:
    """Return what the server took for each connection: its peak less what it had before the first was opened."""
    if Metric.MEMORY_PER_CONNECTION not in kind_of(run.workload).own:
        return _not_here(run, Metric.MEMORY_PER_CONNECTION)
    if run.target is None:
        return Missing(_NOT_WATCHED)
    if run.peak_connections < LEAST_CONNECTIONS:
        return Missing(
            f"{LEAST_CONNECTIONS} connections are needed to tell their memory from the server's own, "
            f"a run had {run.peak_connections}"
        )
    grown = run.target.peak_bytes - run.target.idle_bytes
    return grown / run.peak_connections if grown > 0 else Missing("the server's memory did not grow")


def _cost(run: Run, metric: Metric) -> float | Missing:
    if run.target is None:
        return Missing(_NOT_WATCHED)
    if metric is Metric.CPU_PER_1K and (reason := kind_of(run.workload).throughput):
        return Missing(reason)
    value = {
        Metric.MEMORY_PEAK: run.target.peak_bytes,
        Metric.MEMORY_IDLE: run.target.idle_bytes,
        Metric.CPU_PER_1K: run.target.cpu_s_per_1k,
        Metric.STARTUP: run.target.startup_s,
    }[metric]
    if value is None or not math.isfinite(value):
        return Missing("the server was not started here" if metric is Metric.STARTUP else "it could not be read")
    return float(value)


_NOT_WATCHED: Final = "the server's processes were not watched"
