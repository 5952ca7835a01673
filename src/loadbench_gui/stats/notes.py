"""What should be known beside a verdict without stopping it: odd rounds, doubts, rounds left out."""

from __future__ import annotations

from collections.abc import Sequence

from loadbench_gui.core.plan import ClosedLoad, Plan
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Gate
from loadbench_gui.stats import wording
from loadbench_gui.stats.assumptions import outliers
from loadbench_gui.stats.families import Pairs, concerns
from loadbench_gui.stats.intervals import NoEffect, log_ratios, paired_effect
from loadbench_gui.stats.kinds import kind_of
from loadbench_gui.stats.sample import QUANTILES
from loadbench_gui.stats.verdicts import workload_of


def caveats_of(plan: Plan, pairs: Pairs, runs: Sequence[Run], gates: Sequence[Gate], alpha: float) -> tuple[str, ...]:
    """Return the caveats of one verdict, each a short sentence."""
    return (
        *_left_out(plan, pairs, runs),
        *_odd_rounds(pairs, alpha),
        *_own_rates(plan, pairs),
        *dict.fromkeys(
            f"{gate.name}: {gate.figure}. {gate.detail}"
            for gate in gates
            if gate.passed is None and concerns(gate, pairs, plan.comparison.baseline)
        ),
    )


def _left_out(plan: Plan, pairs: Pairs, runs: Sequence[Run]) -> tuple[str, ...]:
    arms = (pairs.deployment, plan.comparison.baseline)
    made = {r.label.round for r in runs if r.label.workload == pairs.workload and r.label.deployment in arms}
    left = sorted(made - set(pairs.rounds))
    if not left:
        return ()
    why = "; ".join(pairs.missing) or "one of the two runs is missing"
    return (f"{_rounds(left)} left out: {why}.",)


def _odd_rounds(pairs: Pairs, alpha: float) -> tuple[str, ...]:
    """Flag rounds beyond 3 IQR and show the analysis without them; they stay in the verdict's own."""
    try:
        logs = log_ratios(pairs.baseline, pairs.values)
        odd = outliers(logs)
        if not odd:
            return ()
        effect = paired_effect([x for i, x in enumerate(logs) if i not in odd], alpha)
    except NoEffect:
        return ()
    figures = f"{wording.change(effect.ratio)} (95 % CI {wording.interval(effect.low, effect.high)})"
    verb = "lies" if len(odd) == 1 else "lie"
    return (f"{_rounds([pairs.rounds[i] for i in odd])} {verb} beyond 3 IQR; without: {figures}.",)


def _own_rates(plan: Plan, pairs: Pairs) -> tuple[str, ...]:
    workload = workload_of(plan, pairs.workload)
    closed = isinstance(workload.shape, ClosedLoad) and kind_of(workload).paced
    if not closed or pairs.metric not in QUANTILES:
        return ()
    return ("closed loop: each deployment ran at its own rate, so this is not latency at a common rate.",)


def _rounds(numbers: Sequence[int]) -> str:
    """Rounds are counted from 1 for people."""
    return f"round{'s' if len(numbers) > 1 else ''} {', '.join(str(n + 1) for n in numbers)}"
