"""Builds the verdict values: judged from an interval, stopped by a gate, or undetermined."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

from loadbench_gui.core.plan import Plan, Workload
from loadbench_gui.core.verdict import Metric, MetricVerdict, Verdict
from loadbench_gui.stats import wording
from loadbench_gui.stats.families import Pairs
from loadbench_gui.stats.intervals import Effect, rounds_needed
from loadbench_gui.stats.judge import decide
from loadbench_gui.stats.kinds import kind_of

_NEEDS_NO_LOAD = (Metric.MEMORY_IDLE, Metric.STARTUP)


def judged(plan: Plan, pairs: Pairs, effect: Effect, alpha: float, caveats: tuple[str, ...]) -> MetricVerdict:
    """Return the verdict that the interval amounts to, with its sentence."""
    delta = plan.comparison.threshold(pairs.metric.value)
    verdict = decide(effect, delta, pairs.metric)
    value = replace(
        _bare(plan, pairs, verdict),
        ratio=effect.ratio,
        ci95=(effect.low, effect.high),
        p_value=effect.p_value,
        sign_flip_p=effect.sign_flip_p,
        more_rounds=rounds_needed(effect, delta, alpha) if verdict is Verdict.INCONCLUSIVE else None,
        caveats=caveats,
    )
    workload = workload_of(plan, pairs.workload)
    load = "" if pairs.metric in _NEEDS_NO_LOAD else wording.at_load(workload)
    said = wording.sentence(value, plan.comparison.baseline, load, kind_of(workload).counted)
    return replace(value, sentence=said)


def stopped(plan: Plan, pairs: Pairs, reason: str) -> MetricVerdict:
    """Return "no verdict", and why; the values that were measured stay in it."""
    return _without(plan, _bare(plan, pairs, Verdict.NONE), reason)


def undetermined(plan: Plan, pairs: Pairs, reason: str) -> MetricVerdict:
    """Return that the computation failed, and why: never "different"."""
    return _without(plan, _bare(plan, pairs, Verdict.UNDETERMINED), reason)


def workload_of(plan: Plan, name: str) -> Workload:
    """Return the plan's workload called `name`."""
    return next(workload for workload in plan.workloads if workload.name == name)


def _without(plan: Plan, bare: MetricVerdict, reason: str) -> MetricVerdict:
    counted = kind_of(workload_of(plan, bare.workload)).counted
    return replace(bare, sentence=wording.without_verdict(bare, reason, counted))


def _bare(plan: Plan, pairs: Pairs, verdict: Verdict) -> MetricVerdict:
    return MetricVerdict(
        workload=pairs.workload,
        metric=pairs.metric,
        deployment=pairs.deployment,
        verdict=verdict,
        sentence="",
        baseline_value=_geometric_mean(pairs.baseline),
        value=_geometric_mean(pairs.values),
        rounds=len(pairs.rounds),
        delta=plan.comparison.threshold(pairs.metric.value),
        primary=pairs.primary,
    )


def _geometric_mean(values: Sequence[float]) -> float | None:
    if not values or any(not (math.isfinite(value) and value > 0) for value in values):
        return None
    return math.exp(fmean(math.log(value) for value in values))
