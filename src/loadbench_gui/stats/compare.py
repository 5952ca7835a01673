"""Sealed runs -> the answer: per-metric verdicts with intervals, the gates they passed, and one sentence on top.

A gate stops the verdicts that it concerns, not the comparison. A computation that fails is "undetermined", never
"different". There is no blended score: what wins what is said metric by metric.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from loadbench_gui.core.plan import Plan
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Comparison, Gate, MetricVerdict, Schedule, Verdict
from loadbench_gui.stats.families import COMPARED_PHASES, Pairs, concerns, others_alpha, pairs_of
from loadbench_gui.stats.fingerprint import differences
from loadbench_gui.stats.gates import gates_for
from loadbench_gui.stats.intervals import PRIMARY_ALPHA, Effect, NoEffect, holm, log_ratios, paired_effect
from loadbench_gui.stats.notes import caveats_of
from loadbench_gui.stats.sample import parse_metric
from loadbench_gui.stats.summary import summarise
from loadbench_gui.stats.verdicts import judged, stopped, undetermined


def compare(
    plan: Plan,
    schedule: Schedule,
    runs: Sequence[Run],
    *,
    answers_gate: Sequence[Gate],
    comparison_id: str,
    started_at: str,
    command: str,
    complete: bool,
) -> Comparison:
    """Return the comparison of `runs`, whatever of the schedule they cover.

    answers_gate: gates that were decided before and during the load, which runs do not show (same answers). Runs that
    were cut short are listed, but are neither paired nor judged. Raises `ValueError` for a primary metric that does
    not exist.
    """
    sealed = [run for run in runs if run.sealed and run.label.phase in COMPARED_PHASES]
    gates = tuple(answers_gate) + tuple(
        gate
        for workload in plan.workloads
        if (mine := [run for run in sealed if run.label.workload == workload.name])
        for gate in gates_for(plan, workload.name, mine)
    )
    found = differences(plan, sealed)
    metrics = verdicts(plan, sealed, gates)
    comparison = Comparison(
        comparison_id=comparison_id,
        profile=plan.name,
        started_at=started_at,
        baseline=plan.comparison.baseline,
        deployments=tuple(deployment.name for deployment in plan.deployments),
        primary=parse_metric(plan.comparison.primary),
        schedule=schedule,
        metrics=metrics,
        gates=gates,
        differences=found,
        summary="",
        like_for_like=not any(difference.matters for difference in found),
        run_ids=tuple(run.label.run_id for run in sorted(runs, key=lambda run: run.label.order)),
        complete=complete,
        command=command,
    )
    return replace(comparison, summary=summarise(plan, comparison))


def verdicts(plan: Plan, runs: Sequence[Run], gates: Sequence[Gate]) -> tuple[MetricVerdict, ...]:
    """Return the verdict on every metric of every deployment against the baseline, in every workload."""
    return verdicts_from(plan, pairs_of(plan, runs), runs, gates)


def verdicts_from(
    plan: Plan, every: Sequence[Pairs], runs: Sequence[Run] = (), gates: Sequence[Gate] = ()
) -> tuple[MetricVerdict, ...]:
    """Return the verdicts on paired values. The runs and gates only add reasons and caveats."""
    reasons = {id(pairs): _why_none(plan, pairs, gates) for pairs in every}
    family = [pairs for pairs in every if not pairs.primary and not reasons[id(pairs)]]
    differing = {
        (pairs.workload, pairs.deployment)
        for pairs in every
        if pairs.primary and not reasons[id(pairs)] and _differs(pairs)
    }
    given = []
    for pairs in every:
        if reason := reasons[id(pairs)]:
            given.append(stopped(plan, pairs, reason))
            continue
        settled = (pairs.workload, pairs.deployment) in differing
        alpha = PRIMARY_ALPHA if pairs.primary else others_alpha(primary_differs=settled, others=len(family))
        given.append(_verdict(plan, pairs, alpha, caveats_of(plan, pairs, runs, gates, alpha)))
    return _with_holm(given)


def main_verdict_stands(comparison: Comparison) -> bool:
    """Return whether every verdict on the primary metric was given; else the process ends with `UNTRUSTED`."""
    primary = [v for v in comparison.metrics if v.primary]
    return bool(primary) and all(v.verdict not in (Verdict.NONE, Verdict.UNDETERMINED) for v in primary)


def _verdict(plan: Plan, pairs: Pairs, alpha: float, caveats: tuple[str, ...]) -> MetricVerdict:
    try:
        effect = paired_effect(log_ratios(pairs.baseline, pairs.values), alpha)
    except NoEffect as reason:
        return undetermined(plan, pairs, str(reason))
    return judged(plan, pairs, effect, alpha, caveats)


def _differs(pairs: Pairs) -> bool:
    try:
        effect: Effect = paired_effect(log_ratios(pairs.baseline, pairs.values), PRIMARY_ALPHA)
    except NoEffect:
        return False
    return effect.high < 1 or effect.low > 1


def _why_none(plan: Plan, pairs: Pairs, gates: Sequence[Gate]) -> str:
    """Return why there can be no verdict, or "": the gates that failed, or too few complete rounds."""
    failed = [g for g in gates if g.passed is False and concerns(g, pairs, plan.comparison.baseline)]
    if failed:
        return "; ".join(dict.fromkeys(f"{gate.name}: {gate.detail.rstrip('.')}" for gate in failed))
    if len(pairs.rounds) >= 2:
        return ""
    if pairs.missing:
        return "; ".join(pairs.missing)
    done = len(pairs.rounds)
    return f"{done} complete {'round' if done == 1 else 'rounds'}; an interval needs at least two"


def _with_holm(given: Sequence[MetricVerdict]) -> tuple[MetricVerdict, ...]:
    """Add Holm's p over the non-primary verdicts; the primary stands alone, so that its own p is unadjusted."""
    family = [i for i, v in enumerate(given) if not v.primary and v.p_value is not None]
    adjusted = dict(zip(family, holm([given[i].p_value or 0.0 for i in family]), strict=True))
    return tuple(replace(v, p_holm=v.p_value if v.primary else adjusted.get(i)) for i, v in enumerate(given))
