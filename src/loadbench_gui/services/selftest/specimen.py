"""A comparison that was never measured: runs with known figures, for whatever keeps, draws or prints results."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import OpenLoad, Plan, Workload
from loadbench_gui.core.run import Fitness, Interval, LaunchFacts, Run, RunLabel, TargetSample
from loadbench_gui.core.snapshot import Tally, Traffic, WorkerHealth
from loadbench_gui.core.verdict import Comparison, Gate, ScheduleEntry
from loadbench_gui.profile.bundled import find
from loadbench_gui.profile.loader import load
from loadbench_gui.stats.compare import compare
from loadbench_gui.stats.schedule import make_schedule
from loadbench_gui.stats.target import summarise_target

SEED: Final = 7
STARTED_AT: Final = "2026-01-01T00:00:00.000+00:00"
_MIB: Final = 1 << 20
_MEDIANS_US: Final = (1_400.0, 900.0, 1_000.0)
_MEMORY_BYTES: Final = (52 * _MIB, 48 * _MIB, 38 * _MIB)


def plan() -> Plan:
    """Return the plan of the bundled comparison."""
    return load(find("first-look"))


@cache
def specimen() -> tuple[Comparison, tuple[Run, ...]]:
    """Return a finished comparison in which the second deployment is faster than the first by a third."""
    planned = plan()
    schedule = make_schedule(planned, SEED)
    runs = tuple(_run(planned, entry) for entry in schedule.entries)
    comparison = compare(
        planned,
        schedule,
        runs,
        answers_gate=[Gate("same answers", True, "", "", workload.name) for workload in planned.workloads],
        comparison_id="self-test",
        started_at=STARTED_AT,
        command="loadbench compare first-look",
        complete=True,
    )
    return comparison, runs


def _run(planned: Plan, entry: ScheduleEntry) -> Run:
    workload = planned.workload(entry.workload)
    index = [deployment.name for deployment in planned.deployments].index(entry.deployment)
    rng = np.random.default_rng((SEED, entry.order))
    warm, total = round(workload.warmup_s), round(workload.warmup_s + workload.duration_s)
    intervals = tuple(interval(rng, workload, index, t, warmup=t < warm) for t in range(total))
    measured, traffic = Tally(), Traffic()
    for one in intervals:
        measured, traffic = measured + one.measured, traffic + one.traffic
    samples = tuple(sample(index, t) for t in range(-1, total))
    run_id = f"self-test-{entry.order:02d}"
    return Run(
        label=RunLabel(run_id, planned.name, entry.deployment, entry.workload, "self-test", run_id, entry.round,
                       entry.order, framework=planned.deployment(entry.deployment).framework),
        workload=workload,
        url="http://127.0.0.1:8000",
        started_at=STARTED_AT,
        duration_s=workload.duration_s,
        measured=measured,
        traffic=traffic,
        peak_connections=workload.shape.connections,
        fitness=Fitness(cpu_fraction=0.3),
        intervals=intervals,
        target_samples=samples,
        target=summarise_target(samples, workload.warmup_s, float(total), traffic.completed, 0.6),
        launch=LaunchFacts(("python", "-m", "server"), "", "python"),
    )  # fmt: skip


def interval(rng: np.random.Generator, workload: Workload, index: int, t: int, *, warmup: bool) -> Interval:
    """Return second `t` of a run of deployment `index`: the rate that was asked for, lognormal latencies."""
    shape = workload.shape
    count = round(shape.rate_rps) if isinstance(shape, OpenLoad) else 1_000
    service = (_MEDIANS_US[index] * np.exp(rng.normal(0.0, 0.5, count))).astype(np.int64) + 60
    lag = rng.integers(2, 30, count)
    tally = Tally(
        service=Histogram.of(service),
        scheduled=Histogram.of(service + lag),
        dispatch_lag=Histogram.of(lag),
        connection_wait=Histogram.of(lag // 2),
        first_byte=Histogram.of(service - 40),
        issued=count,
        succeeded=count,
        status_codes={200: count},
    )
    return Interval(
        index=t,
        t_s=float(t),
        length_s=1.0,
        measured=Tally() if warmup else tally,
        warmup=tally if warmup else Tally(),
        traffic=Traffic(0 if warmup else count, count * 110, count * 160, reused=count),
        health=WorkerHealth(0.3, 1.0, Histogram.of([20, 30, 40])),
    )


def sample(index: int, t: int) -> TargetSample:
    """Return a look at the server of deployment `index` at second `t`; its memory grows a little."""
    used = _MEMORY_BYTES[index] + max(t, 0) * 200_000
    return TargetSample(float(t), used + 9 * _MIB, used - 2 * _MIB, used, 0.4 + 0.2 * max(t, 0), 1, 3, 70, 64)
