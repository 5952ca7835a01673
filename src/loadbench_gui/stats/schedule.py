"""Randomised complete blocks: every deployment once a round, in an order drawn from a recorded seed."""

from __future__ import annotations

import zlib
from typing import Final

import numpy as np

from loadbench_gui.core.plan import Attach, Deployment, Plan
from loadbench_gui.core.verdict import Schedule, ScheduleEntry

LAUNCHED_OVERHEAD_S: Final = 2.0
"""Start, readiness, checked answers, drain and stop of a server that is launched for the run."""

ATTACHED_OVERHEAD_S: Final = 0.5
"""Checked answers and drain at a server that runs already."""


def make_schedule(plan: Plan, seed: int) -> Schedule:
    """Return every run of the comparison in order, with the time that it will take.

    A round visits each workload in turn and, for it, every deployment in an order of its own.
    """
    draw = np.random.Generator(np.random.PCG64(seed))
    rounds = plan.comparison.rounds
    turns = [
        (round_, plan.deployments[position], workload)
        for round_ in range(rounds)
        for workload in plan.workloads
        for position in draw.permutation(len(plan.deployments)).tolist()
    ]
    return Schedule(
        entries=tuple(
            ScheduleEntry(order, round_, deployment.name, workload.name)
            for order, (round_, deployment, workload) in enumerate(turns)
        ),
        rounds=rounds,
        seed=seed,
        estimate_s=sum(w.warmup_s + w.duration_s + overhead_s(d) for _, d, w in turns),
    )


def overhead_s(deployment: Deployment) -> float:
    """Return the seconds that a run of `deployment` takes beyond its warm-up and its measured window."""
    return ATTACHED_OVERHEAD_S if isinstance(deployment.source, Attach) else LAUNCHED_OVERHEAD_S


def arrivals_seed(schedule_seed: int, round_: int, workload: str) -> int:
    """Return what a run's arrivals are drawn from: the same for every deployment of a round, new in each round."""
    mixed = np.random.SeedSequence((schedule_seed, round_, zlib.crc32(workload.encode())))
    return int(mixed.generate_state(1, np.uint32)[0])
