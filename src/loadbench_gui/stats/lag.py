"""Whether our own lateness could have made a percentile: judged per metric, at the same quantile, pair by pair.

Dispatch lag is what the generator adds to every scheduled latency. Above a tenth of the smaller arm's latency at the
same quantile, that metric has no verdict; the others may stand. Service times start after it, so they are not
touched; what else casts doubt on them is the generator's own judgement (`doubts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from loadbench_gui.core.plan import Plan
from loadbench_gui.core.quantiles import supported_quantile
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import Tally
from loadbench_gui.core.verdict import Gate, Metric
from loadbench_gui.stats.notation import apart, percent
from loadbench_gui.stats.sample import SCHEDULED
from loadbench_gui.stats.wording import listed, metric_name

LAG_LIMIT: Final = 0.10


def lag_gates(plan: Plan, workload: str, runs: Sequence[Run]) -> tuple[Gate, ...]:
    """Return one gate that passes, or one for each deployment whose comparison with the baseline fails on a metric.

    Percentiles that the pooled sample cannot support are not judged: they have no verdict anyway.
    """
    names = [deployment.name for deployment in plan.deployments]
    pooled = {name: _pool(name, runs) for name in names}
    baseline = plan.comparison.baseline
    shares = {name: _shares(pooled[baseline], pooled[name]) for name in names if name != baseline}
    most = max((value for of in shares.values() for value in of.values()), default=0.0)
    failing = {name: over for name, of in shares.items() if (over := {m: s for m, s in of.items() if s > LAG_LIMIT})}
    if not failing:
        detail = "Requests left on time, measured against the latencies."
        return (Gate("generator lag", True, _percent(most), detail, workload),)
    return tuple(_failed(workload, name, over) for name, over in failing.items())


def _failed(workload: str, deployment: str, over: dict[Metric, float]) -> Gate:
    worst = max(over, key=lambda metric: over[metric])
    most = f"{_percent(over[worst])} at {metric_name(worst)}"
    return Gate(
        "generator lag",
        False,
        most if len(over) == 1 else f"up to {most}",
        f"comparing {deployment}, the generator sent late by more than 10 % of the latency at "
        f"{listed([metric_name(metric) for metric in over])}. Give it a CPU of its own, or lower the rate.",
        workload,
        (deployment,),
        tuple(over),
    )


def _shares(baseline: Tally, other: Tally) -> dict[Metric, float]:
    """Return, per metric, the larger of the two lags over the smaller of the two latencies."""
    shares = {}
    for metric, q in SCHEDULED.items():
        lags = [lag for arm in (baseline, other) if (lag := arm.dispatch_lag.quantile(q)) is not None]
        latencies = [x for arm in (baseline, other) if (x := supported_quantile(arm.scheduled, q)) is not None]
        if lags and len(latencies) == 2:
            shares[metric] = max(lags) / max(min(latencies), 1.0)
    return shares


def _pool(deployment: str, runs: Sequence[Run]) -> Tally:
    return sum((run.measured for run in runs if run.label.deployment == deployment), Tally())


def _percent(share: float) -> str:
    return apart(percent, share, LAG_LIMIT)[0]
