"""The judgement: what each piece of evidence says, and the verdict they amount to.

Only what touches every figure (a lost worker, time that was stolen, too few arrivals sent) decides the verdict on the
whole; everything else is a doubt about one metric, and the others stand.
"""

from __future__ import annotations

from typing import Final

from loadbench_gui.core.caveats import Caveat, worst
from loadbench_gui.core.run import Fitness, Interval
from loadbench_gui.engine.fitness.arrivals import arrival_caveats
from loadbench_gui.engine.fitness.evidence import Evidence, cpu_fraction
from loadbench_gui.engine.fitness.lags import dispatch, lag_caveats
from loadbench_gui.engine.fitness.processors import FULL_CPU, busy_caveats, processor_caveats

LEAST_DISPATCHED: Final = 100
"""Requests that an interval needs before its lag says anything while the run goes on."""
LEAST_SPAN: Final = 0.5
"""An interval of which less than this was covered (the first of a late start, the last) is not typical of the run."""


def judge(evidence: Evidence) -> Fitness:
    """Return the generator's judgement on a run."""
    caveats = (
        *evidence.notes,
        *arrival_caveats(evidence),
        *processor_caveats(evidence),
        *lag_caveats(evidence.measured, evidence.health, paced=evidence.paced),
    )
    return Fitness(
        verdict=worst(caveats),
        caveats=caveats,
        cpu_fraction=evidence.cpu_fraction,
        loop_lag=evidence.health.loop_busy,
        workers=evidence.workers,
        cpu_us_per_request=evidence.cpu_us_per_request,
        ceiling_rps=evidence.ceiling_rps,
        steal_fraction=evidence.around.steal_fraction,
        run_delay_fraction=evidence.run_delay_fraction,
        cpu_us_per_event=evidence.cpu_us_per_event,
        bytes_per_connection=evidence.bytes_per_connection,
    )


def live_caveats(interval: Interval, workers: int, *, paced: bool = False) -> tuple[Caveat, ...]:
    """Return the reasons if the generator itself was the limit during this interval. paced: as in `Evidence`."""
    if interval.health.span_s < LEAST_SPAN * interval.length_s:
        return ()
    fraction = cpu_fraction(interval.health, workers)
    if fraction >= FULL_CPU:
        return busy_caveats(fraction)
    everything = interval.everything
    return dispatch(everything, paced=paced) if everything.dispatch_lag.total >= LEAST_DISPATCHED else ()
