"""The sentence on top: the primary verdicts in full, then what else is settled, in a few words each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from loadbench_gui.core.plan import Plan
from loadbench_gui.core.verdict import Comparison, Gate, Metric, MetricVerdict, Verdict
from loadbench_gui.stats import wording
from loadbench_gui.stats.kinds import kind_of
from loadbench_gui.stats.sample import SCHEDULED

_SETTLED: Final = frozenset({Verdict.FASTER, Verdict.SLOWER, Verdict.LESS, Verdict.MORE})
_WITHHELD: Final = frozenset({Verdict.NONE, Verdict.UNDETERMINED})
_ANSWERS: Final = frozenset({
    *SCHEDULED, Metric.FIRST_EVENT_P50, Metric.RTT_P50, Metric.RTT_P99, Metric.FANOUT_P50, Metric.FANOUT_P99,
})  # fmt: skip
"""How fast what was asked for comes: where one of them is the primary metric, the others say the same again."""
_BESIDES: Final = (
    Metric.THROUGHPUT, Metric.P99, Metric.P50, Metric.FIRST_EVENT_P50, Metric.RTT_P99, Metric.FANOUT_P99,
    Metric.GAP_P99, Metric.MEMORY_PEAK, Metric.MEMORY_PER_CONNECTION, Metric.CPU_PER_1K,
)  # fmt: skip
"""What is worth a clause of its own; the rest is in the table."""


def summarise(plan: Plan, comparison: Comparison) -> str:
    """Return the comparison in words, one paragraph. Never a blended score."""
    sentences = []
    if not comparison.complete:
        done = _rounds_done(comparison.metrics)
        sentences.append(f"Stopped early, after {done} of {comparison.schedule.rounds} rounds.")
    for workload in plan.workloads:
        mine = [v for v in comparison.metrics if v.workload == workload.name]
        prefix = f"{workload.name}: " if len(plan.workloads) > 1 else ""
        sentences += [prefix + v.sentence for v in mine if v.primary and v.verdict not in _WITHHELD]
        sentences += [prefix + clause for clause in _withheld(mine, comparison.gates, kind_of(workload).counted)]
        sentences += [prefix + clause for clause in _besides(mine)]
    matters = [difference.what for difference in comparison.differences if difference.matters]
    if matters:
        sentences.append(f"Not like for like: the deployments differ in {wording.listed(matters)} as well.")
    return " ".join(sentences) or "Nothing was compared."


def _withheld(verdicts: Sequence[MetricVerdict], gates: Sequence[Gate], counted: str) -> list[str]:
    """Return one sentence on the primary verdicts that could not be given, with the gates' figures as the reason."""
    without = [v for v in verdicts if v.primary and v.verdict in _WITHHELD]
    if not without:
        return []
    metric, workload = without[0].metric, without[0].workload
    reasons = [
        gate
        for gate in gates
        if gate.passed is False and gate.workload in ("", workload) and (not gate.metrics or metric in gate.metrics)
    ]
    if not reasons:
        return [v.sentence for v in without]
    names = wording.listed([wording.display_name(v.deployment) for v in without])
    what = wording.metric_name(metric, counted)
    return [f"No verdict on {what} of {names}: {wording.gates_words(reasons)}; the gates say what to do."]


def _besides(verdicts: Sequence[MetricVerdict]) -> list[str]:
    """Return one sentence per deployment on what is settled beside the primary metric."""
    primary_is_latency = any(v.primary and v.metric in _ANSWERS for v in verdicts)
    sentences = []
    for deployment in dict.fromkeys(v.deployment for v in verdicts):
        clauses = [
            wording.brief(v)
            for metric in _BESIDES
            if not (primary_is_latency and metric in _ANSWERS)
            for v in verdicts
            if (v.deployment, v.metric) == (deployment, metric) and not v.primary and v.verdict in _SETTLED
        ]
        by_verb = {verb: [rest for v, rest in clauses if v == verb] for verb, _ in clauses}
        if clauses:
            said = wording.listed([f"{verb} {wording.listed(rest)}" for verb, rest in by_verb.items()])
            sentences.append(f"{wording.display_name(deployment)} {said}.")
    return sentences


def _rounds_done(verdicts: Sequence[MetricVerdict]) -> int:
    return max((v.rounds for v in verdicts), default=0)
