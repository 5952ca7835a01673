"""Is the generator fit? Pure judgement on the evidence that the workers published about themselves.

Lags are compared with the latency at the same quantile: a lag that is small against p50 may be all of p99.9's
story, or none of it. So each metric is judged for itself; only what touches every figure (a lost worker, a
processor that was full, too few arrivals sent) decides the verdict on the whole.
"""

from __future__ import annotations

from typing import Final

from loadbench_gui.core.caveats import Caveat, worst
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.quantiles import supports
from loadbench_gui.core.run import Fitness, Interval
from loadbench_gui.core.snapshot import Tally, WorkerHealth

LAG_SHARE: Final = 0.10
"""A lag above this share of the latency at the same quantile makes the metric suspect."""
BUSY_CPU: Final = 0.70
FULL_CPU: Final = 0.95
ACHIEVED: Final = 0.95
STALE_SHARE: Final = 0.01
RECEIVE_SHARE: Final = 0.5
"""Bytes arrive at any time while the loop is busy: they wait half of that on average."""
_LEAST_LAG_US: Final = 20.0
"""Lags below this are within what any timer adds; their ratio to an even smaller latency says nothing."""
_LAG_HINTS: Final = {
    "dispatch_lag": "Give the generator a CPU of its own, use spin pacing, or lower the rate.",
    "receive_lag": "Use more workers or fewer connections in each, or give the generator a CPU of its own.",
}
_QUANTILES: Final = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99_9", 0.999))


def judge(
    measured: Tally, health: WorkerHealth, *, workers: int, open_loop: bool, lost: int, notes: tuple[Caveat, ...] = ()
) -> Fitness:
    """Return the generator's judgement on a run.

    health: summed over the measured intervals, `span_s` in real time. lost: workers that died. notes: caveats that
    were found elsewhere and count as well.
    """
    fraction = cpu_fraction(health, workers)
    caveats = (
        *notes,
        *_lost(lost, workers),
        *_cpu(fraction),
        *(_achieved(measured) if open_loop else ()),
        *_late(_lags("dispatch_lag", measured.dispatch_lag, measured.scheduled, ""), measured.scheduled.total),
        *_lags("receive_lag", health.loop_busy, measured.service, "service_", RECEIVE_SHARE),
        *_pauses(health, measured),
    )
    return Fitness(worst(caveats), caveats, fraction, health.loop_busy, workers)


def cpu_fraction(health: WorkerHealth, workers: int) -> float:
    """Return how much of its workers' CPU time the generator spent working, 0 to 1."""
    return min(1.0, health.work_cpu_s / (health.span_s * workers)) if health.span_s > 0 else 0.0


def stale_caveats(stale: int, issued: int) -> tuple[Caveat, ...]:
    """Return the reason to look twice at a server that often ends connections under requests.

    Such requests are sent once more and count as what the second try became; a crash looks just the same.
    """
    if stale <= STALE_SHARE * issued:
        return ()
    return (
        Caveat(
            "stale_connections",
            f"{stale:,} of {issued:,} requests met a connection that the server ended without an answer; those that "
            "may be repeated were sent once more.",
            "Look for crashes in the server's log, and at how many requests it serves on one connection.",
            "suspect",
        ),
    )


def live_caveat(interval: Interval, workers: int) -> Caveat | None:
    """Return the reason if the generator itself was the limit during this interval."""
    fraction = cpu_fraction(interval.health, workers)
    if fraction >= FULL_CPU:
        return _cpu(fraction)[0]
    everything = interval.everything
    found = _lags("dispatch_lag", everything.dispatch_lag, everything.scheduled, "")
    return found[-1] if found and everything.dispatch_lag.total >= 100 else None


def _lost(lost: int, workers: int) -> tuple[Caveat, ...]:
    if not lost:
        return ()
    return (
        Caveat(
            "worker_lost",
            f"{lost} of {workers} generator processes died during the run; their requests are missing.",
            "Run again. If it happens again, look for the kernel's out-of-memory messages.",
            "invalid",
        ),
    )


def _cpu(fraction: float) -> tuple[Caveat, ...]:
    if fraction < BUSY_CPU:
        return ()
    full = fraction >= FULL_CPU
    return (
        Caveat(
            "generator_full" if full else "generator_busy",
            f"The generator used {fraction:.0%} of its processor time"
            + ("; the figures may show its limit, not the server's." if full else "."),
            "Use more workers, give the generator more CPUs, or lower the load.",
            "suspect",
            "throughput",
        ),
    )


def _achieved(measured: Tally) -> tuple[Caveat, ...]:
    sent = measured.issued - measured.dropped
    if not measured.issued or sent >= ACHIEVED * measured.issued:
        return ()
    return (
        Caveat(
            "arrivals_dropped",
            f"Only {sent / measured.issued:.1%} of the arrivals could be sent; the others found no free connection.",
            "Use more connections or a lower rate, or read the error-adjusted percentiles, which count them.",
            "suspect",
        ),
    )


def _late(lags: tuple[Caveat, ...], samples: int) -> tuple[Caveat, ...]:
    """Where the generator was late at every quantile that can be judged, say so once: then no figure stands."""
    if len(lags) < max(2, sum(supports(q, samples) for _, q in _QUANTILES)):
        return lags
    middle = lags[0]
    return (Caveat("generator_late", f"The generator sent late throughout. {middle.message}", middle.hint, "suspect"),)


def _lags(code: str, lag: Histogram, latency: Histogram, prefix: str, share: float = 1.0) -> tuple[Caveat, ...]:
    name = code.replace("_", " ")
    found = []
    for metric, q in _QUANTILES:
        at_q, latency_us = lag.quantile(q), latency.quantile(q)
        if at_q is None or latency_us is None or not supports(q, latency.total):
            continue
        lag_us = share * at_q
        shown = f"{prefix}{metric}".replace("service_", "service ").replace("_", ".")
        if lag_us < _LEAST_LAG_US or lag_us <= LAG_SHARE * latency_us:
            continue
        found.append(
            Caveat(
                code,
                f"The generator's {name} at {shown} is {_ms(lag_us)}, more than a tenth of the latency there "
                f"({_ms(latency_us)}).",
                _LAG_HINTS[code],
                "suspect",
                prefix + metric,
            )
        )
    return tuple(found)


def _ms(us: float) -> str:
    return f"{us / 1000:,.3g} ms"


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
