"""A run against the profile's limits: what fails becomes exit code 1.

Latency limits are held against all requests, not only against those that succeeded: a request that failed was not
answered in time. A limit that the sample cannot speak to has not been shown to hold, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from loadbench_gui.core.plan import Slo
from loadbench_gui.core.quantiles import Q, adjusted, samples_needed
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Metric
from loadbench_gui.stats.gates import error_rate
from loadbench_gui.stats.sample import SCHEDULED


@dataclass(frozen=True, slots=True)
class SloFailure:
    """One limit that a run did not keep. value: what was measured, None where it is infinite or unknown.

    name: the key in the profile's [slo] (`p99`, `error_rate`, `throughput`). Values in us, fractions, requests/s.
    """

    run_id: str
    deployment: str
    workload: str
    name: str
    limit: float
    value: float | None
    sentence: str


def slo_failures(slo: Slo, run: Run) -> tuple[SloFailure, ...]:
    """Return every limit of `slo` that `run` did not keep, or could not show to keep; empty when all hold."""
    figures = adjusted(run.measured)
    limits = {Metric.P50: slo.p50_us, Metric.P90: slo.p90_us, Metric.P99: slo.p99_us, Metric.P99_9: slo.p99_9_us}
    said = [
        (metric.value, limit, getattr(figures, metric.value), reason)
        for metric, limit in limits.items()
        if limit is not None and (reason := _latency(metric, limit, figures))
    ]
    rate = error_rate(run)
    if slo.error_rate is not None and rate > slo.error_rate:
        reason = f"error rate {100 * rate:.3g} %, above the limit of {100 * slo.error_rate:.3g} %"
        said.append(("error_rate", slo.error_rate, rate, reason))
    if slo.throughput_rps is not None and run.throughput_rps < slo.throughput_rps:
        reason = f"throughput {run.throughput_rps:,.0f} requests/s, below the limit of {slo.throughput_rps:,.0f}"
        said.append(("throughput", slo.throughput_rps, run.throughput_rps, reason))
    label = run.label
    where = f"{label.deployment}, {label.workload}" if label.deployment else label.workload
    return tuple(
        SloFailure(label.run_id, label.deployment, label.workload, name, limit, value, f"{where}: {reason}.")
        for name, limit, value, reason in said
    )


def _latency(metric: Metric, limit_us: float, figures: Q) -> str:
    """Return why the limit was not kept, or ""."""
    name, key = metric.value.replace("_", "."), metric.value
    value: float | None = getattr(figures, key)
    if key in figures.infinite:
        return f"{name} is infinite: so many requests got no good answer, limit {_ms(limit_us)}"
    if value is None:
        return f"{name} cannot be judged: {samples_needed(SCHEDULED[metric]):,} requests needed, {figures.count:,} made"
    if value > limit_us:
        return (
            f"{name} {'at least ' if key in figures.at_least else ''}{_ms(value)}, above the limit of {_ms(limit_us)}"
        )
    if key in figures.at_least:
        return f"{name} cannot be judged: at least {_ms(value)}, with requests in flight at the end"
    return ""


def _ms(us: float) -> str:
    return f"{us / 1000:,.4g} ms"
