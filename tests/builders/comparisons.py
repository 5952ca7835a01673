"""Comparisons whose verdicts are computed from the values of built runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.special import stdtr, stdtrit

from builders.runs import ARMS, Arm, make_run, make_workload
from loadbench_gui.core.plan import ClosedLoad, Workload
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import (
    Comparison,
    Difference,
    Gate,
    Metric,
    MetricVerdict,
    Schedule,
    ScheduleEntry,
    Verdict,
)


def value_of(run: Run, metric: Metric) -> float | None:
    """One run's value of `metric` in its own unit (us, requests/s, bytes, s), None where it was not measured."""
    quantiles = {Metric.P50: 0.5, Metric.P90: 0.9, Metric.P99: 0.99, Metric.P99_9: 0.999}
    if metric in quantiles:
        return run.measured.scheduled.quantile(quantiles[metric])
    if metric is Metric.THROUGHPUT:
        return run.throughput_rps
    if run.target is None:
        return None
    return float(run.target.peak_bytes) if metric is Metric.MEMORY_PEAK else run.target.cpu_s_per_1k


def make_schedule(arms: Sequence[Arm], rounds: int, workloads: Sequence[Workload], seed: int) -> Schedule:
    """Randomised complete blocks, every deployment once a round."""
    rng = np.random.default_rng(seed)
    entries = [
        (index, arms[position].name, workload.name)
        for index in range(rounds)
        for workload in workloads
        for position in rng.permutation(len(arms)).tolist()
    ]
    return Schedule(
        tuple(ScheduleEntry(i, *entry) for i, entry in enumerate(entries)), rounds, seed, 6.0 * len(entries)
    )


def make_verdict(
    metric: Metric, baseline: Sequence[float], values: Sequence[float], *, deployment: str, workload: str, primary: bool
) -> MetricVerdict:
    """Judge paired values of one metric the plain way: t-interval of ln ratios, no correction."""
    logs = np.log(np.asarray(values) / np.asarray(baseline))
    n, mean, sd = len(logs), float(logs.mean()), float(logs.std(ddof=1))
    half = float(stdtrit(n - 1, 0.975)) * sd / math.sqrt(n)
    low, high, delta = math.exp(mean - half), math.exp(mean + half), 0.10 if metric is Metric.P99 else 0.05
    p_value = 2 * float(stdtr(n - 1, -abs(mean) / (sd / math.sqrt(n)))) if sd else 0.0
    more = metric is Metric.THROUGHPUT
    smaller = {True: Verdict.SLOWER, False: Verdict.LESS if metric in _COSTS else Verdict.FASTER}[more]
    larger = {True: Verdict.FASTER, False: Verdict.MORE if metric in _COSTS else Verdict.SLOWER}[more]
    if high < 1 - delta:
        verdict = smaller
    elif low > 1 + delta:
        verdict = larger
    elif 1 - delta <= low and high <= 1 + delta:
        verdict = Verdict.EQUIVALENT
    else:
        verdict = Verdict.MEASURABLE if high < 1 or low > 1 else Verdict.INCONCLUSIVE
    change = f"{abs(math.exp(mean) - 1) * 100:.0f} % {'lower' if mean < 0 else 'higher'}"
    return MetricVerdict(
        workload=workload,
        metric=metric,
        deployment=deployment,
        verdict=verdict,
        sentence=f"{deployment}: {metric.value} {change}, {verdict.value}.",
        ratio=math.exp(mean),
        ci95=(low, high),
        p_value=p_value,
        p_holm=min(1.0, p_value * 8),
        sign_flip_p=2.0 ** (1 - n),
        baseline_value=float(np.exp(np.log(baseline).mean())),
        value=float(np.exp(np.log(values).mean())),
        rounds=n,
        delta=delta,
        primary=primary,
        more_rounds=5 if verdict is Verdict.INCONCLUSIVE else None,
    )


_COSTS = (Metric.MEMORY_PEAK, Metric.CPU_PER_1K)
GATES = (
    Gate("same answers", True, "3 of 3", "Status and canonical body agree."),
    Gate("reuse", True, "1.000", "Connections were kept alive."),
    Gate("offered met", True, "100 %", "All arrivals completed inside the window."),
    Gate("generator valid", True, "31 % CPU", "The generator was never the limit."),
    Gate("own CPUs", None, "shared", "Server and generator share CPU 0; give them CPUs of their own."),
)
FAILED_GATE = Gate(
    "same answers", False, "2 of 3", "sanic answers another body than fastapi. Make the bodies agree, then compare.",
    workload="json", deployments=("sanic",),
)  # fmt: skip


def make_comparison(
    arms: Sequence[Arm] = ARMS,
    *,
    rounds: int = 4,
    seed: int = 0x7F3A,
    workloads: Sequence[Workload] | None = None,
    memory: bool = True,
    gates: tuple[Gate, ...] = GATES,
    rate_rps: float | None = None,
) -> tuple[Comparison, tuple[Run, ...]]:
    """A finished comparison and its runs in schedule order; verdicts are computed from the runs' values.

    A failed gate takes the verdict off the deployments it names. The first arm is the baseline.
    """
    workloads = tuple(workloads or (make_workload(),))
    by_name, arm_of = {w.name: w for w in workloads}, {arm.name: arm for arm in arms}
    schedule = make_schedule(arms, rounds, workloads, seed)
    runs = tuple(
        make_run(
            arm_of[e.deployment], seed=seed, workload=by_name[e.workload], round=e.round, order=e.order,
            comparison_id="cmp-1", memory=memory, rate_rps=rate_rps,
        )
        for e in schedule.entries
    )  # fmt: skip
    metrics = tuple(
        _gated(verdict, gates)
        for workload in workloads
        for metric in _metrics_of(workload, memory)
        for arm in arms[1:]
        for verdict in [_judge(runs, metric, arms[0].name, arm.name, workload.name)]
    )
    comparison = Comparison(
        comparison_id="cmp-1",
        profile="JSON API: FastAPI, Starlette, Sanic",
        started_at="2026-11-22T12:44:00+00:00",
        baseline=arms[0].name,
        deployments=tuple(arm.name for arm in arms),
        primary=Metric.P99,
        schedule=schedule,
        metrics=metrics,
        gates=gates,
        differences=(
            Difference("JSON encoder", tuple((a.name, "its own" if a.name == "sanic" else "json") for a in arms), True),
            Difference("Server header", tuple((a.name, "uvicorn") for a in arms), False),
        ),
        summary=" ".join(v.sentence for v in metrics if v.primary),
        like_for_like=False,
        noise_floor=0.021,
        run_ids=tuple(run.label.run_id for run in runs),
        command=f"loadbench compare profiles/json-api.toml --seed {seed}",
    )
    return comparison, runs


def _metrics_of(workload: Workload, memory: bool) -> tuple[Metric, ...]:
    latency = (Metric.P99, Metric.P50)
    throughput = (Metric.THROUGHPUT,) if isinstance(workload.shape, ClosedLoad) else ()
    return (*latency, *throughput, *(_COSTS if memory else ()))


def _judge(runs: Sequence[Run], metric: Metric, baseline: str, deployment: str, workload: str) -> MetricVerdict:
    def values(name: str) -> list[float]:
        mine = [r for r in runs if (r.label.deployment, r.label.workload) == (name, workload)]
        return [v for r in sorted(mine, key=lambda r: r.label.round) if (v := value_of(r, metric)) is not None]

    primary = metric is Metric.P99
    pair = (values(baseline), values(deployment))
    return make_verdict(metric, *pair, deployment=deployment, workload=workload, primary=primary)


def _gated(verdict: MetricVerdict, gates: Sequence[Gate]) -> MetricVerdict:
    for gate in gates:
        concerned = not gate.deployments or verdict.deployment in gate.deployments
        if gate.passed is False and concerned and (not gate.metrics or verdict.metric in gate.metrics):
            sentence = f"{verdict.deployment}: no verdict on {verdict.metric.value}: {gate.detail}"
            verdict = replace(verdict, verdict=Verdict.NONE, sentence=sentence, ratio=None, ci95=None)
            return replace(verdict, p_value=None, p_holm=None, sign_flip_p=None)
    return verdict
