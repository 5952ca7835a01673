"""A comparison as the stream of events that the services emit, built from the builders' runs, for tests and pictures.

Live intervals are a quarter of a second long, as in a real run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from builders import ARMS, MIB, Arm, make_comparison, make_interval, make_target_samples, make_workload
from live_kinds import of_kind
from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.lifecycle import RunState
from loadbench_gui.core.plan import ComparisonSettings, Deployment, Launch, Plan, Workload
from loadbench_gui.core.run import Interval, Run, TargetSample
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.core.verdict import Comparison
from loadbench_gui.services.events import (
    ComparisonEnded,
    Event,
    GeneratorDoubted,
    GeneratorSampled,
    IntervalClosed,
    RunEnded,
    ScheduleMade,
    StateChanged,
    TargetSampled,
)

LIVE_S = 0.25
BUSY = Caveat(
    "generator_busy",
    "The generator used 91 % of its CPU: latencies of this run may be its own.",
    "Lower the rate, or give the generator more workers.",
    "invalid",
)


def make_plan(arms: Sequence[Arm] = ARMS, workloads: Sequence[Workload] | None = None, rounds: int = 4) -> Plan:
    """The plan that the builders' comparison could have come from."""
    return Plan(
        name="JSON API: FastAPI, Starlette, Sanic",
        deployments=tuple(Deployment(a.name, Launch(("{python}", "-m", "uvicorn")), a.framework) for a in arms),
        workloads=tuple(workloads or (make_workload(),)),
        comparison=ComparisonSettings(arms[0].name, rounds=rounds),
        path="profiles/json-api.toml",
    )


def live_intervals(
    rng: np.random.Generator, arm: Arm, workload: Workload, rate_rps: float, *, stall: bool = False, errors: int = 0
) -> Iterator[Interval]:
    """Quarter-second intervals of one run; with `stall`, half a second near its middle is ten times slower."""
    total = round((workload.warmup_s + workload.duration_s) / LIVE_S)
    warm = round(workload.warmup_s / LIVE_S)
    slow = replace(arm, median_us=arm.median_us * 6)
    for index in range(total):
        stalled = stall and index in (total // 2, total // 2 + 1)
        plain = make_interval(
            rng,
            index,
            max(0, int(rng.normal(rate_rps, rate_rps * 0.02) * LIVE_S * (0.9 if stalled else 1.0))),
            slow if stalled else arm,
            warmup=index < warm,
            length_s=LIVE_S,
            connections=workload.shape.connections,
            errors={ErrorKind.READ_TIMEOUT: errors} if errors and index > total // 2 else None,
        )
        yield of_kind(rng, plain, workload, stalled=stalled)


def run_events(
    run: Run,
    workload: Workload,
    arm: Arm,
    rate_rps: float,
    *,
    stall: bool = False,
    doubt: bool = False,
    errors: int = 0,
) -> Iterator[Event]:
    """Everything that is emitted while one run is made."""
    rng = np.random.default_rng((7, run.label.order))
    label = run.label
    seconds = round(workload.warmup_s + workload.duration_s)
    watched = make_target_samples(rng, arm, seconds=seconds, rps=rate_rps)
    yield StateChanged(label, RunState.STARTING)
    yield StateChanged(label, RunState.READY, f"{label.deployment} ready in 0.62 s")
    yield StateChanged(label, RunState.VERIFIED, f"{label.deployment}: answers checked")
    yield TargetSampled(label, watched[0])
    yield StateChanged(label, RunState.WARMING_UP)
    second = 0
    for interval in live_intervals(rng, arm, workload, rate_rps, stall=stall, errors=errors):
        if interval.t_s == workload.warmup_s:
            yield StateChanged(label, RunState.MEASURING, "warm-up over")
        yield IntervalClosed(label, interval)
        while second <= interval.t_s and second + 1 < len(watched):
            yield TargetSampled(label, watched[second + 1])
            yield GeneratorSampled(label, _generator(second, rng))
            second += 1
        if doubt and interval.index == 12:
            yield GeneratorDoubted(label, BUSY)
    yield StateChanged(label, RunState.DRAINING)
    yield StateChanged(label, RunState.STOPPING)
    yield StateChanged(label, RunState.DONE)
    yield RunEnded(run)


def _generator(second: int, rng: np.random.Generator) -> TargetSample:
    used = int((19 + rng.normal(0, 0.6)) * MIB)
    return TargetSample(float(second), used + 6 * MIB, used - MIB, used, 0.2 + 0.31 * second, 1, 2)


def comparison_events(
    *,
    rounds: int = 4,
    workload: Workload | None = None,
    rate_rps: float = 2_000.0,
    doubt_in: int | None = None,
    errors_in: int | None = None,
    arms: Sequence[Arm] = ARMS,
) -> tuple[list[Event], Comparison, tuple[Run, ...]]:
    """A whole comparison: its events in order, and what it came to."""
    workload = workload or make_workload()
    comparison, runs = make_comparison(arms, rounds=rounds, workloads=(workload,))
    by_name = {arm.name: arm for arm in arms}
    events: list[Event] = [ScheduleMade(make_plan(arms, (workload,), rounds), comparison.schedule)]
    for run in runs:
        order = run.label.order
        events += run_events(
            run,
            workload,
            by_name[run.label.deployment],
            rate_rps,
            stall=order % 3 == 1,
            doubt=order == doubt_in,
            errors=5 if order == errors_in else 0,
        )
    events.append(ComparisonEnded(comparison, runs))
    return events, comparison, runs
