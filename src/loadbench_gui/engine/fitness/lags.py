"""Lateness of our own: sent late, read late, paused. Compared with the latency at the same quantile.

A lag that is small against p50 may be all of p99.9's story, or none of it. So each metric is judged for itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from loadbench_gui.core.caveats import LAG_SHARE, Caveat
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.quantiles import supports
from loadbench_gui.core.snapshot import Tally, WorkerHealth

RECEIVE_SHARE: Final = 0.5
"""Bytes arrive at any time while the loop is busy: they wait half of that on average."""
LEAST_LAG_US: Final = 20.0
"""Lags below this are within what any timer adds; their ratio to an even smaller latency says nothing."""
QUANTILES: Final = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99_9", 0.999))
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
        *_lags("receive_lag", health.loop_busy, measured.service, "service_", RECEIVE_SHARE),
        *_pauses(health, measured),
    )


def dispatch(tally: Tally, *, paced: bool) -> tuple[Caveat, ...]:
    """Return the metrics of scheduled latency for which requests left too late, lowest quantile first."""
    found = _lags("dispatch_lag", tally.dispatch_lag, tally.scheduled, "")
    return tuple(replace(caveat, hint=_PACED_HINT) for caveat in found) if paced else found


def milliseconds(us: float) -> str:
    """Write microseconds as people read them beside latencies."""
    return f"{us / 1000:,.3g} ms"


def spoken(metric: str) -> str:
    """Return a metric's name as people say it: service_p99_9 -> "service p99.9"."""
    return metric.replace("service_", "service ").replace("_", ".")


def _late(lags: tuple[Caveat, ...], samples: int) -> tuple[Caveat, ...]:
    """Where the generator was late at every quantile that can be judged, say so once: then no figure stands."""
    if len(lags) < max(2, sum(supports(q, samples) for _, q in QUANTILES)):
        return lags
    middle = lags[0]
    return (Caveat("generator_late", f"The generator sent late throughout. {middle.message}", middle.hint, "suspect"),)


def _lags(code: str, lag: Histogram, latency: Histogram, prefix: str, share: float = 1.0) -> tuple[Caveat, ...]:
    found = []
    for name, q in QUANTILES:
        at_q, latency_us = lag.quantile(q), latency.quantile(q)
        if at_q is None or latency_us is None or not supports(q, latency.total):
            continue
        lag_us = share * at_q
        if lag_us < LEAST_LAG_US or lag_us <= LAG_SHARE * latency_us:
            continue
        metric = prefix + name
        found.append(
            Caveat(
                code,
                f"The generator's {code.replace('_', ' ')} at {spoken(metric)} is {milliseconds(lag_us)}, more than a "
                f"tenth of the latency there ({milliseconds(latency_us)}).",
                _HINTS[code],
                "suspect",
                metric,
            )
        )
    return tuple(found)


def _pauses(health: WorkerHealth, measured: Tally) -> tuple[Caveat, ...]:
    slowest = measured.service.quantile(0.999)
    if slowest is None or health.gc_pause_us <= max(1000.0, LAG_SHARE * slowest):
        return ()
    return (
        Caveat(
            "gc_pause",
            f"Garbage collection stopped the generator for up to {health.gc_pause_us:,.0f} us between intervals.",
            "Read p99.9 and the maximum with care.",
            "suspect",
            "service_p99_9",
        ),
    )
