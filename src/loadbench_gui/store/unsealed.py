"""A run whose end was never recorded, put together from what was appended while it lasted."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from loadbench_gui.core.caveats import Caveat, worst
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.run import Fitness, Run
from loadbench_gui.core.snapshot import Tally, Traffic
from loadbench_gui.stats.target import summarise_target

ENDED_EARLY: Final = "ended_early"
"""The `stop_reason` of a run whose end was never recorded."""
_NOT_JUDGED = Caveat(
    "unsealed",
    "The run was cut short before the generator could judge itself.",
    "Run it again for a figure to rely on.",
)


def reconstruct(run: Run) -> Run:
    """Return the header `run` (with its intervals and samples) as an unsealed run whose totals are their sums."""
    traffic = sum((interval.traffic for interval in run.intervals), Traffic())
    peak = max((interval.traffic.open_connections for interval in run.intervals), default=0)
    duration_s, start_s = covered_s(run), run.workload.warmup_s
    startup_s = run.target.startup_s if run.target else None
    return replace(
        run,
        duration_s=duration_s,
        measured=sum((interval.measured for interval in run.intervals), Tally()),
        traffic=replace(traffic, open_connections=peak),
        peak_connections=peak,
        target=summarise_target(run.target_samples, start_s, start_s + duration_s, traffic.completed, startup_s),
        fitness=_fitness(run),
        samples=tuple(sample for interval in run.intervals for sample in interval.samples),
        sealed=False,
        stop_reason=run.stop_reason or ENDED_EARLY,
    )


def covered_s(run: Run) -> float:
    """Return how much of the measured window the stored intervals cover, in seconds."""
    end_s = max((interval.t_s + interval.length_s for interval in run.intervals), default=0.0)
    return max(0.0, min(run.workload.duration_s, end_s - run.workload.warmup_s))


def _fitness(run: Run) -> Fitness:
    """What the intervals alone can say: CPU and loop lag of the measured part, and that nobody judged them."""
    health = [interval.health for interval in run.intervals if interval.measured.issued]
    span_s = sum(each.span_s for each in health) * max(1, run.fitness.workers)
    caveats = (*run.fitness.caveats, _NOT_JUDGED)
    return replace(
        run.fitness,
        verdict=worst(caveats),
        caveats=caveats,
        cpu_fraction=sum(each.work_cpu_s for each in health) / span_s if span_s else 0.0,
        loop_lag=sum((each.loop_busy for each in health), Histogram()),
    )
