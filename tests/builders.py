"""Plausible measured values for tests, drawn from seeded random latencies: no test invents a run field by field.

`make_run` and `make_comparison` give complete, consistent values (counts add up, intervals sum to the run); keyword
arguments change what a test is about. Import as `from builders import make_comparison`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr, stdtrit

from loadbench_gui.core.caveats import Caveat, worst
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import ClosedLoad, Expectation, LoadShape, OpenLoad, Request, Workload
from loadbench_gui.core.run import Fitness, Interval, LaunchFacts, Phase, Run, RunLabel, TargetSample, TargetSummary
from loadbench_gui.core.snapshot import ErrorKind, SampleExchange, Tally, Traffic, WorkerHealth
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

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Arm:
    """A deployment as the builders imagine it: typical latency in us, its spread (ln), memory, CPU per request."""

    name: str
    framework: str = ""
    median_us: float = 1_400.0
    spread: float = 0.65
    memory_bytes: int = 51 * MIB
    cpu_us: float = 112.0


ARMS = (
    Arm("fastapi", "fastapi", 1_400.0, 0.65, 51 * MIB, 112.0),
    Arm("starlette", "starlette", 980.0, 0.66, 50 * MIB, 63.0),
    Arm("sanic", "sanic", 1_020.0, 0.74, 38 * MIB, 66.0),
)

OPEN = OpenLoad(connections=64, rate_rps=2_000.0)


def make_workload(
    name: str = "json", shape: LoadShape = OPEN, warmup_s: float = 1.0, duration_s: float = 4.0
) -> Workload:
    """A GET of /json that must answer the usual greeting."""
    return Workload(
        name=name,
        kind="http",
        request=Request("GET", f"/{name}"),
        expect=Expectation(status=200, json='{"message":"Hello, World!"}'),
        shape=shape,
        warmup_s=warmup_s,
        duration_s=duration_s,
    )


def make_latencies(rng: np.random.Generator, count: int, arm: Arm) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Draw `count` service times in whole us: lognormal, with one request in 500 ten times slower."""
    drawn = arm.median_us * np.exp(rng.normal(0.0, arm.spread, count))
    return np.asarray(np.where(rng.random(count) < 0.002, drawn * 10, drawn) + 60, np.int64)


def make_tally(
    rng: np.random.Generator, count: int, arm: Arm = ARMS[0], *, errors: dict[ErrorKind, int] | None = None
) -> Tally:
    """Return `count` successes (all answered 200) and the given errors; timeouts count as timed out."""
    service = make_latencies(rng, count, arm)
    lag = rng.integers(2, 30, count)
    wait = rng.integers(1, 12, count)
    errors = dict(errors or {})
    timed_out = errors.get(ErrorKind.READ_TIMEOUT, 0) + errors.get(ErrorKind.CONNECT_TIMEOUT, 0)
    failed = sum(errors.values()) - timed_out
    codes = {200: count} if count else {}
    if errors.get(ErrorKind.BAD_STATUS):
        codes[500] = errors[ErrorKind.BAD_STATUS]
    return Tally(
        service=Histogram.of(service),
        scheduled=Histogram.of(service + lag + wait),
        dispatch_lag=Histogram.of(lag),
        connection_wait=Histogram.of(wait),
        first_byte=Histogram.of(np.asarray(service * 0.96, np.int64)),
        issued=count + failed + timed_out,
        succeeded=count,
        failed=failed,
        timed_out=timed_out,
        errors=errors,
        status_codes=codes,
    )


def make_interval(
    rng: np.random.Generator,
    index: int = 0,
    count: int = 2_000,
    arm: Arm = ARMS[0],
    *,
    warmup: bool = False,
    length_s: float = 1.0,
    connections: int = 64,
    errors: dict[ErrorKind, int] | None = None,
) -> Interval:
    """One closed interval with `count` successes, all of them either measured or warm-up."""
    tally, nothing = make_tally(rng, count, arm, errors=errors), Tally()
    opened = connections if index == 0 else 0
    return Interval(
        index=index,
        t_s=index * length_s,
        length_s=length_s,
        measured=nothing if warmup else tally,
        warmup=tally if warmup else nothing,
        traffic=Traffic(
            completed=0 if warmup else count,
            bytes_sent=count * 112,
            bytes_received=count * 164,
            opened=opened,
            reused=count - opened,
            open_connections=connections,
        ),
        health=WorkerHealth(0.31 * length_s, length_s, Histogram.of(rng.integers(5, 60, 200)), 0.0),
    )


def make_target_samples(
    rng: np.random.Generator, arm: Arm = ARMS[0], *, seconds: int = 6, rps: float = 2_000.0
) -> tuple[TargetSample, ...]:
    """One look a second at the server's tree, the first before the load; memory grows a little, then stays."""
    samples = []
    for t in range(-1, seconds):
        pss = int(arm.memory_bytes * (1 - 0.06 * math.exp(-max(t, 0) / 2)) + rng.normal(0, 0.1) * MIB)
        cpu_s = 0.4 + max(t, 0) * rps * arm.cpu_us / 1e6
        samples.append(TargetSample(float(t), pss + 9 * MIB, pss - 2 * MIB, pss, cpu_s, 1, 3, 70, 64))
    return tuple(samples)


def make_target(samples: Sequence[TargetSample], arm: Arm = ARMS[0]) -> TargetSummary:
    """Sum the samples up the way a run does."""
    memory = [s.memory_bytes for s in samples]
    return TargetSummary(
        kind=samples[0].kind,
        idle_bytes=memory[0],
        peak_bytes=max(memory),
        mean_bytes=sum(memory) / len(memory),
        after_bytes=memory[-1],
        slope_bytes_per_s=1_200.0,
        cpu_s_per_1k=arm.cpu_us / 1e3,
        processes=1,
        startup_s=0.62,
    )


def make_launch(arm: Arm = ARMS[0], *, command: tuple[str, ...] | None = None) -> LaunchFacts:
    """One uvicorn worker on CPU 0."""
    default = ("python", "-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", "8000", "--no-access-log")
    return LaunchFacts(
        command=command or default,
        cwd=f"resources/deployments/{arm.name}",
        python="3.11.7",
        workers=1,
        cpus=(0,),
        observed={"server": "uvicorn", "loop": "uvloop", arm.framework or "framework": "1.0.0"},
    )


def make_run(
    arm: Arm = ARMS[0],
    *,
    seed: int = 1,
    workload: Workload | None = None,
    round: int = 0,  # noqa: A002 - the contract's word
    order: int = 0,
    comparison_id: str | None = None,
    rate_rps: float | None = None,
    errors: dict[ErrorKind, int] | None = None,
    caveats: tuple[Caveat, ...] = (),
    memory: bool = True,
    launched: bool = True,
    sealed: bool = True,
    phase: Phase = "load",
) -> Run:
    """One run of `workload` against `arm`, complete and consistent; `errors` happen in its last interval."""
    workload = workload or make_workload()
    rng = np.random.default_rng((seed, order))
    arm = _jittered(rng, arm)
    shape = workload.shape
    rate = rate_rps or (shape.rate_rps if isinstance(shape, OpenLoad) else 1e6 / arm.cpu_us)
    warm, total = round_up(workload.warmup_s), round_up(workload.warmup_s + workload.duration_s)
    intervals = tuple(
        make_interval(
            rng,
            index,
            max(0, int(rng.normal(rate, rate * 0.01))),
            arm,
            warmup=index < warm,
            connections=shape.connections,
            errors=errors if index == total - 1 else None,
        )
        for index in range(total)
    )
    measured, traffic = Tally(), Traffic()
    for interval in intervals:
        measured += interval.measured
        traffic += interval.traffic
    watched = make_target_samples(rng, arm, seconds=total, rps=rate) if memory else ()
    return Run(
        label=RunLabel(
            run_id=f"run-{order:04d}-{arm.name[:12]}",
            profile="JSON API: FastAPI, Starlette, Sanic",
            deployment=arm.name,
            workload=workload.name,
            comparison_id=comparison_id,
            visit=f"visit-{order:04d}",
            round=round,
            order=order,
            phase=phase,
            seed=seed,
            framework=arm.framework,
        ),
        workload=workload,
        url="http://127.0.0.1:8000",
        started_at=f"2026-11-22T12:{order // 6 % 60:02d}:{order % 6 * 10:02d}+00:00",
        duration_s=workload.duration_s,
        measured=measured,
        traffic=replace(traffic, open_connections=shape.connections),
        peak_connections=shape.connections,
        fitness=Fitness(worst(caveats), caveats, 0.31, Histogram.of(rng.integers(5, 60, 4_000)), 1),
        intervals=intervals,
        target_samples=watched,
        target=make_target(watched, arm) if memory else None,
        launch=make_launch(arm) if launched else None,
        requests_per_process={"4711": measured.succeeded},
        samples=tuple(make_sample(kind) for kind in errors or {}),
        sealed=sealed,
        stop_reason="" if sealed else "stopped by the user",
        environment={
            "os": "Linux",
            "kernel": "6.8.0",
            "python": "3.11.7",
            "cpu_model": "Example CPU @ 3.00GHz",
            "cpus": "2",
            "memory_bytes": str(8 * 1024 * MIB),
            "package:fastapi": "0.115.0",
            "package:sanic": "24.12.0",
            "package:starlette": "0.41.0",
            "package:uvicorn": "0.34.0",
        },
    )


def _jittered(rng: np.random.Generator, arm: Arm) -> Arm:
    """Move the arm the way runs differ from one another: 3 % in latency, 1 % in CPU, 0.4 % in memory."""
    return replace(
        arm,
        median_us=arm.median_us * math.exp(rng.normal(0, 0.03)),
        cpu_us=arm.cpu_us * math.exp(rng.normal(0, 0.01)),
        memory_bytes=int(arm.memory_bytes * math.exp(rng.normal(0, 0.004))),
    )


def round_up(seconds: float) -> int:
    """Whole intervals of one second that cover `seconds`."""
    return math.ceil(seconds - 1e-9)


def make_sample(kind: ErrorKind = ErrorKind.BAD_STATUS) -> SampleExchange:
    """An exchange that went wrong."""
    return SampleExchange(kind, 3.2, b"GET /json HTTP/1.1\r\n\r\n", b"HTTP/1.1 500 Oops\r\n\r\n", b"<h1>Oops</h1>")


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
