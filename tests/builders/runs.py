"""Runs, intervals and tallies from seeded random latencies: complete, with counts that add up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from loadbench_gui.core.caveats import Caveat, worst
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import Expectation, LoadShape, OpenLoad, Request, Workload
from loadbench_gui.core.run import Fitness, Interval, LaunchFacts, Phase, Run, RunLabel, TargetSample, TargetSummary
from loadbench_gui.core.snapshot import ErrorKind, SampleExchange, Tally, Traffic, WorkerHealth

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
        download=Histogram.of(service - np.asarray(service * 0.96, np.int64)),
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
