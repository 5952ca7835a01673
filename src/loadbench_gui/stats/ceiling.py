"""Could the generator have been what limited a throughput? Held against what it can send at most.

A generator that works near its ceiling makes every fast server look alike: each gets what the generator gives.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import combinations
from typing import Final

from loadbench_gui.core.plan import ClosedLoad
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Gate, Metric
from loadbench_gui.stats.kinds import kind_of
from loadbench_gui.stats.notation import percent

TWIN_SHARE: Final = 0.60
"""Near the ceiling begins a little below where ranking ends, since two who are held up stop at the same figure."""
TWIN_DISTANCE: Final = 0.03


def ceiling_share(run: Run) -> float | None:
    """Return requests sent over the generator's ceiling, 0 to 1 or a little more.

    None where the ceiling is unknown, and for a load that has no throughput: an open loop sends what it was told to.
    """
    ceiling_rps, duration_s = run.fitness.ceiling_rps, run.duration_s
    if kind_of(run.workload).throughput:
        return None
    closed = isinstance(run.workload.shape, ClosedLoad) or run.label.phase == "peak"
    if not closed or not ceiling_rps or duration_s <= 0:
        return None
    return (run.measured.ended - run.measured.dropped) / duration_s / ceiling_rps


def twin_gates(workload: str, runs: Sequence[Run]) -> tuple[Gate, ...]:
    """Return a caveat for each two deployments that reached the same throughput near the generator's ceiling."""
    near = {}
    for name in dict.fromkeys(run.label.deployment for run in runs):
        own = [run for run in runs if run.label.deployment == name and ceiling_share(run) is not None]
        shares = [share for run in own if (share := ceiling_share(run)) is not None]
        if shares and (typical := statistics.median(shares)) > TWIN_SHARE:
            near[name] = (statistics.median(run.throughput_rps for run in own), typical)
    return tuple(
        _twins(workload, (one, other), near[one][1], near[other][1])
        for one, other in combinations(near, 2)
        if abs(near[one][0] - near[other][0]) <= TWIN_DISTANCE * max(near[one][0], near[other][0])
    )


def _twins(workload: str, names: tuple[str, str], *shares: float) -> Gate:
    return Gate(
        "same figure near the ceiling",
        None,
        f"{percent(max(shares))} of the ceiling",
        f"{names[0]} and {names[1]} reached the same throughput, within 3 %, above 60 % of what the generator can send "
        "at most: it may be the generator's figure. Give it more workers or CPUs, and compare again.",
        workload,
        names,
        (Metric.THROUGHPUT,),
    )
