"""Lateness of our own: sent late, read late, paused. Compared with the latency at the same quantile.

A lag that is small against p50 may be all of p99.9's story, or none of it. So each metric is judged for itself.
What counts from the moment a request was due (p50, p99...) holds what we sent late, and what we read late as well.
What counts from the actual send or from the event before (service times, first events, round trips, fan-out, gaps)
only holds what we read late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from loadbench_gui.core.caveats import LAG_SHARE, Caveat
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.quantiles import supported_quantile, supports
from loadbench_gui.core.snapshot import Tally, WorkerHealth
from loadbench_gui.stats.notation import duration
from loadbench_gui.stats.sample import EVENTS, latency_histogram
from loadbench_gui.stats.wording import spoken

RECEIVE_SHARE: Final = 0.5
"""Bytes arrive at any time while the loop is busy: they wait half of that on average."""
LEAST_LAG_US: Final = 20.0
"""Lags below this are within what any timer adds; their ratio to an even smaller latency says nothing."""
QUANTILES: Final = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99_9", 0.999))


@dataclass(frozen=True, slots=True)
class Clock:
    """A metric of latency: quantile `q` of `times` (us). `named`: how it is spoken of."""

    metric: str
    q: float
    times: Histogram
    named: str

    @property
    def at_q(self) -> float | None:
        """Its value; None where the sample cannot support it."""
        return supported_quantile(self.times, self.q)


_HINTS: Final = {
    "dispatch_lag": "Give the generator a CPU of its own, use more workers, or lower the load.",
    "receive_lag": "Use more workers or fewer connections in each, or give the generator a CPU of its own.",
}
_PACED_HINT: Final = "Give the generator a CPU of its own, use spin pacing, or lower the rate."


def lag_caveats(measured: Tally, health: WorkerHealth, *, paced: bool) -> tuple[Caveat, ...]:
    """Return the metrics that our own lateness may have made, each with its figures.

    paced: whether requests left at moments which spinning would have met better.
    """
    return (
        *_late(dispatch(measured, paced=paced), measured.scheduled.total),
        *_lags("receive_lag", health.loop_busy, read_late(measured), RECEIVE_SHARE),
        *_pauses(health, measured),
    )


def dispatch(tally: Tally, *, paced: bool) -> tuple[Caveat, ...]:
    """Return the metrics of scheduled latency for which requests left too late, lowest quantile first."""
    found = _lags("dispatch_lag", tally.dispatch_lag, _scheduled(tally))
    return tuple(replace(caveat, hint=_PACED_HINT) for caveat in found) if paced else found


def read_late(tally: Tally) -> list[Clock]:
    """Return the metrics that end when we read something, each clock of its own, those without samples too.

    The scheduled latency ends with the same byte as the service time: in a closed loop they are one figure, and a doubt
    about the one is a doubt about the other, which is the one that is compared. Then both doubts have the same words,
    so that they are said once.
    """
    events = ((metric.value, q, latency_histogram(tally, metric)) for metric, q in EVENTS.items())
    return [
        *_scheduled(tally),
        *(Clock(f"service_{name}", q, tally.service, _service_name(tally, name, q)) for name, q in QUANTILES),
        *(Clock(name, q, times, spoken(name)) for name, q, times in events),
    ]


def _scheduled(tally: Tally) -> list[Clock]:
    return [Clock(name, q, tally.scheduled, spoken(name)) for name, q in QUANTILES]


def _service_name(tally: Tally, name: str, q: float) -> str:
    is_twin = tally.service.quantile(q) == tally.scheduled.quantile(q)
    return spoken(name if is_twin else f"service_{name}")


def _late(lags: tuple[Caveat, ...], samples: int) -> tuple[Caveat, ...]:
    """Where the generator was late at every quantile that can be judged, say so once: then no figure stands."""
    if len(lags) < max(2, sum(supports(q, samples) for _, q in QUANTILES)):
        return lags
    middle = lags[0]
    return (Caveat("generator_late", f"The generator sent late throughout. {middle.message}", middle.hint, "suspect"),)


def _lags(code: str, lag: Histogram, clocks: Sequence[Clock], share: float = 1.0) -> tuple[Caveat, ...]:
    found = []
    for clock in clocks:
        at_q, latency_us = lag.quantile(clock.q), clock.at_q
        if at_q is None or latency_us is None:
            continue
        lag_us = share * at_q
        if lag_us < LEAST_LAG_US or lag_us <= LAG_SHARE * latency_us:
            continue
        found.append(
            Caveat(
                code,
                f"The generator's {code.replace('_', ' ')} at {clock.named} is {duration(lag_us)}, more "
                f"than a tenth of the latency there ({duration(latency_us)}).",
                _HINTS[code],
                "suspect",
                clock.metric,
            )
        )
    return tuple(found)


def _pauses(health: WorkerHealth, measured: Tally) -> tuple[Caveat, ...]:
    pause_us = health.gc_pause_us
    tails = [(clock.metric, clock.times.quantile(clock.q)) for clock in read_late(measured) if clock.q == 0.999]
    return tuple(
        Caveat(
            "gc_pause",
            f"Garbage collection stopped the generator for up to {duration(pause_us)} between intervals.",
            "Read p99.9 and the maximum with care.",
            "suspect",
            metric,
        )
        for metric, slowest_us in tails
        if slowest_us is not None and pause_us > max(1000.0, LAG_SHARE * slowest_us)
    )
