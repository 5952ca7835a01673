"""Which verdicts a comparison gives, and how far the intervals of each are widened because there are many.

The primary metric was chosen before the run and stands alone: a plain 95 % interval. All other verdicts are widened
for their number (Bonferroni). Where the primary metric differs, they share its 5 %; where it does not, they share
1 %. That is the fallback procedure (Wiens 2003; Bretz et al. 2009) at 6 %: of a hundred A/A comparisons at most six
claim a difference anywhere, and where there is one to explain the others are not muffled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from loadbench_gui.core.plan import Plan, Workload
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Gate, Metric
from loadbench_gui.stats.intervals import OTHERS_ALPHA, PRIMARY_ALPHA
from loadbench_gui.stats.kinds import kind_of
from loadbench_gui.stats.sample import EVENTS, MEMORY, QUANTILES, Missing, compared, measure, parse_metric

COMPARED_PHASES: Final = ("load", "peak")
"""Calibration and A/A runs are evidence on the machine, not on the deployments."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """What one verdict is computed from: the values of the rounds in which both arms have one.

    rounds: their numbers. missing: why other rounds (or all) have none, in order of appearance.
    """

    workload: str
    metric: Metric
    deployment: str
    primary: bool
    rounds: tuple[int, ...] = ()
    baseline: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    missing: tuple[str, ...] = ()


def others_alpha(*, primary_differs: bool, others: int) -> float:
    """Return how often one of `others` non-primary verdicts may claim a difference that is none."""
    return (PRIMARY_ALPHA if primary_differs else OTHERS_ALPHA) / max(others, 1)


def concerns(gate: Gate, pairs: Pairs, baseline: str) -> bool:
    """Return whether `gate` is about this verdict: its workload, either of its arms, its metric."""
    return (
        gate.workload in ("", pairs.workload)
        and (not gate.deployments or not {pairs.deployment, baseline}.isdisjoint(gate.deployments))
        and (not gate.metrics or pairs.metric in gate.metrics)
    )


def pairs_of(plan: Plan, runs: Sequence[Run]) -> tuple[Pairs, ...]:
    """Return the pairs of every verdict: per workload, metric and deployment other than the baseline.

    A metric of which no run has a value is left out, unless it is the primary one, whose absence must be said: where
    the workload could have measured it, or none could.
    Runs that were cut short do not count; a round that was repeated counts once, by its last run.
    """
    primary = parse_metric(plan.comparison.primary)
    others = [d.name for d in plan.deployments if d.name != plan.comparison.baseline]
    deciding = [w for w in plan.workloads if _measures(w, primary)] or plan.workloads
    found = []
    for workload in plan.workloads:
        mine = [r for r in runs if r.sealed and r.label.workload == workload.name and r.label.phase in COMPARED_PHASES]
        decides = workload in deciding
        for metric in dict.fromkeys(((primary,) if decides else ()) + compared(workload)):
            measured = [_pair(plan, workload.name, metric, name, metric is primary, mine) for name in others]
            if (decides and metric is primary) or any(pairs.rounds for pairs in measured):
                found.extend(measured)
    return tuple(found)


def _measures(workload: Workload, metric: Metric) -> bool:
    """Return whether loads of this kind have such a figure at all."""
    kind = kind_of(workload)
    if metric in kind.own:
        return True
    if metric in EVENTS or metric is Metric.MEMORY_PER_CONNECTION:
        return False
    if metric in (Metric.THROUGHPUT, Metric.CPU_PER_1K):
        return not kind.throughput
    return metric not in QUANTILES or not kind.latency


def _pair(plan: Plan, workload: str, metric: Metric, deployment: str, primary: bool, runs: Sequence[Run]) -> Pairs:
    base, base_missing = _by_round(runs, plan.comparison.baseline, metric)
    mine, missing = _by_round(runs, deployment, metric)
    rounds = tuple(sorted(base.keys() & mine.keys()))
    reasons = dict.fromkeys((*base_missing, *missing))
    kinds = {r.target.kind for r in runs if r.target and r.label.deployment in (deployment, plan.comparison.baseline)}
    if metric in MEMORY and len(kinds) > 1:
        rounds, reasons = (), {f"memory was read as {' here and as '.join(sorted(kinds))} there": None}
    return Pairs(
        workload, metric, deployment, primary, rounds,
        tuple(base[r] for r in rounds), tuple(mine[r] for r in rounds), tuple(reasons),
    )  # fmt: skip


def _by_round(runs: Sequence[Run], deployment: str, metric: Metric) -> tuple[dict[int, float], tuple[str, ...]]:
    values: dict[int, float] = {}
    reasons: dict[str, None] = {}
    for run in sorted((r for r in runs if r.label.deployment == deployment), key=lambda r: r.label.order):
        value = measure(run, metric)
        if isinstance(value, Missing):
            reasons[value.reason] = None
        else:
            values[run.label.round] = value
    return values, tuple(reasons) if values.keys() != {r.label.round for r in runs} else ()
