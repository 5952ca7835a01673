"""A run against the profile's limits: what fails becomes exit code 1.

Latency limits are held against all requests, not only against those that succeeded: a request that failed was not
answered in time. A limit that the sample cannot speak to has not been shown to hold, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import Slo
from loadbench_gui.core.quantiles import Q, adjusted, samples_needed
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import Tally
from loadbench_gui.core.verdict import Metric
from loadbench_gui.stats.gates import error_rate
from loadbench_gui.stats.kinds import kind_of
from loadbench_gui.stats.notation import apart, duration, percent
from loadbench_gui.stats.notation import rate as rate_figure
from loadbench_gui.stats.sample import EVENTS, POPULATIONS, QUANTILES, latency_histogram
from loadbench_gui.stats.wording import metric_name


@dataclass(frozen=True, slots=True)
class SloFailure:
    """One limit that a run did not keep. value: what was measured, None where it is infinite or unknown.

    name: the key in the profile's [slo] (`p99`, `error_rate`, `throughput`). Values in us, fractions, requests/s.
    A request is whatever the workload's kind counts (`stats.kinds`).
    """

    run_id: str
    deployment: str
    workload: str
    name: str
    limit: float
    value: float | None
    sentence: str


def slo_failures(slo: Slo, run: Run) -> tuple[SloFailure, ...]:
    """Return every limit of `slo` that `run` did not keep, or could not show to keep; empty when all hold.

    Limits on what loads of the run's kind do not have are left out: they belong to another workload of the profile.
    """
    said = [
        (metric.value, limit, getattr(figures, q_name(metric)), reason)
        for metric, limit in _latency_limits(slo).items()
        if limit is not None and _has(run, metric)
        for figures in (_figures(run.measured, metric),)
        if (reason := _latency(metric, limit, figures))
    ]
    kind, rate = kind_of(run.workload), error_rate(run)
    if slo.error_rate is not None and rate > slo.error_rate:
        reason = "error rate {}, above the limit of {}".format(*apart(percent, rate, slo.error_rate))
        said.append(("error_rate", slo.error_rate, rate, reason))
    if slo.throughput_rps is not None and not kind.throughput and run.throughput_rps < slo.throughput_rps:
        reached, least = apart(rate_figure, run.throughput_rps, slo.throughput_rps)
        reason = f"throughput {reached} {kind.counted}/s, below the limit of {least}"
        said.append(("throughput", slo.throughput_rps, run.throughput_rps, reason))
    label = run.label
    where = f"{label.deployment}, {label.workload}" if label.deployment else label.workload
    return tuple(
        SloFailure(label.run_id, label.deployment, label.workload, name, limit, value, f"{where}: {reason}.")
        for name, limit, value, reason in said
    )


def _latency_limits(slo: Slo) -> dict[Metric, float | None]:
    return {
        Metric.P50: slo.p50_us,
        Metric.P90: slo.p90_us,
        Metric.P99: slo.p99_us,
        Metric.P99_9: slo.p99_9_us,
        Metric.FIRST_EVENT_P50: slo.first_event_p50_us,
        Metric.GAP_P99: slo.gap_p99_us,
        Metric.RTT_P50: slo.rtt_p50_us,
        Metric.RTT_P99: slo.rtt_p99_us,
        Metric.FANOUT_P50: slo.fanout_p50_us,
        Metric.FANOUT_P99: slo.fanout_p99_us,
    }


def _has(run: Run, metric: Metric) -> bool:
    kind = kind_of(run.workload)
    return metric in kind.own if metric in EVENTS else not kind.latency


def _figures(tally: Tally, metric: Metric) -> Q:
    """Return the percentiles of all that should have come, what did not come being infinitely late."""
    came = latency_histogram(tally, metric)
    match metric:
        case Metric.GAP_P99:
            return adjusted(Tally(scheduled=came))
        case Metric.FANOUT_P50 | Metric.FANOUT_P99:
            return adjusted(Tally(scheduled=came, failed=tally.websocket.lost if tally.websocket else 0))
        case Metric.FIRST_EVENT_P50:
            # Streams that were cut later had their first event, and those in flight at the end may have had it.
            without = max(0, tally.issued - came.total)
            open_still = tally.censored_at if tally.censored <= without else Histogram()
            return adjusted(Tally(scheduled=came, censored_at=open_still, failed=without - open_still.total))
        case _:
            return adjusted(replace(tally, scheduled=came))


def q_name(metric: Metric) -> str:
    """Return the percentile that a metric is: rtt_p99 -> p99, p99_9 as it is."""
    return metric.value if metric not in EVENTS else metric.value.rpartition("_")[2]


def _latency(metric: Metric, limit_us: float, figures: Q) -> str:
    """Return why the limit was not kept, or ""."""
    key = q_name(metric)
    name = metric_name(metric)
    value: float | None = getattr(figures, key)
    if key in figures.infinite:
        return f"{name} is infinite: so many requests got no good answer, limit {duration(limit_us)}"
    if value is None:
        needed = f"{samples_needed(QUANTILES[metric]):,} {POPULATIONS.get(metric, 'requests')} needed"
        return f"{name} cannot be judged: {needed}, {figures.count:,} made"
    if value > limit_us:
        measured, limit = apart(duration, value, limit_us)
        return f"{name} {'at least ' if key in figures.at_least else ''}{measured}, above the limit of {limit}"
    if key in figures.at_least:
        return f"{name} cannot be judged: at least {duration(value)}, with requests in flight at the end"
    return ""
