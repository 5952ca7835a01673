"""Did the generator have the processor time that it needed? Its own work, what it waited for, what was taken away."""

from __future__ import annotations

from typing import Final

from loadbench_gui.core.caveats import LAG_SHARE, NEAR_CEILING, Caveat
from loadbench_gui.core.quantiles import supports
from loadbench_gui.engine.fitness.evidence import Evidence
from loadbench_gui.engine.fitness.lags import LEAST_LAG_US, QUANTILES, milliseconds, spoken

FULL_CPU: Final = 0.95
STEAL_LIMIT: Final = 0.01
"""A hypervisor takes a CPU for milliseconds at a time: above 1 % of the time, one request in a hundred may have met
it, and p99 is the neighbours' rather than the server's."""
_DELAY_HINT: Final = "Give the generator a CPU of its own (--cpus), close other programs, or lower the load."


def processor_caveats(evidence: Evidence) -> tuple[Caveat, ...]:
    """Return what is wrong with the processor time that the generator had."""
    busy = busy_caveats(evidence.cpu_fraction, evidence.ceiling_words)
    return (*busy, *(() if busy else _near_ceiling(evidence)), *_steal(evidence), *_run_delay(evidence))


def busy_caveats(fraction: float, ceiling: str = "") -> tuple[Caveat, ...]:
    """Return the reason when the workers' own work filled `fraction` (0 to 1) of their CPU time.

    Busy, it doubts the throughput, which it may have made. Full, it doubts everything: answers wait to be read.
    """
    used = f"The generator used {fraction:.0%} of its processor time"
    hint = "Use more workers, give the generator more CPUs, or lower the load."
    if fraction >= FULL_CPU:
        message = f"{used}; the figures may show its limit, not the server's.{ceiling}"
        return (Caveat("generator_full", message, hint, "suspect"),)
    if fraction >= NEAR_CEILING:
        return (Caveat("generator_busy", f"{used}.{ceiling}", hint, "suspect", "throughput"),)
    return ()


def _near_ceiling(evidence: Evidence) -> tuple[Caveat, ...]:
    share = evidence.ceiling_share
    if share is None or share < NEAR_CEILING:
        return ()
    return (
        Caveat(
            "near_ceiling",
            f"The generator sent {share:.0%} of what it could at most.{evidence.ceiling_words}",
            "Use more workers, or give the generator more CPUs.",
            "suspect",
            "throughput",
        ),
    )


def _steal(evidence: Evidence) -> tuple[Caveat, ...]:
    steal = evidence.around.steal_fraction
    if steal is None or steal <= STEAL_LIMIT:
        return ()
    return (
        Caveat(
            "steal",
            f"The hypervisor gave {steal:.1%} of a processor's time to others during the run; above 1 % one request in "
            "a hundred may have met that, so p99 is no longer the server's own.",
            "Run again when the host is quieter, or on a machine whose processors are not shared.",
            "suspect",
        ),
    )


def _run_delay(evidence: Evidence) -> tuple[Caveat, ...]:
    """A worker that waits for a CPU reads late. How much of a request's time that is, is all that can be said.

    What is in flight all the time waits as large a share of its time as the worker does; what is in flight seldom
    waits whenever it wakes the worker, which is more often than that share says: by Little's law, by as much as
    fewer than one request a worker is under way.
    """
    share, mean_us = evidence.run_delay_fraction, evidence.measured.service.mean_us
    if share is None or not mean_us or not evidence.handled or evidence.health.span_s <= 0:
        return ()
    under_way = evidence.handled / evidence.health.span_s * mean_us / 1e6 / evidence.workers
    delay_us = share / min(1.0, max(under_way, 1e-9)) * mean_us
    throughput = (_delayed("throughput", share, ""),) if evidence.is_closed and share > LAG_SHARE else ()
    return (*throughput, *_delayed_latencies(evidence, share, delay_us))


def _delayed_latencies(evidence: Evidence, share: float, delay_us: float) -> tuple[Caveat, ...]:
    if delay_us < LEAST_LAG_US:
        return ()
    found = []
    for name, q in QUANTILES:
        latency_us = evidence.measured.service.quantile(q)
        if latency_us is None or not supports(q, evidence.measured.service.total) or delay_us <= LAG_SHARE * latency_us:
            continue
        metric = f"service_{name}"
        about = (
            f", {milliseconds(delay_us)} a request on average: more than a tenth of {spoken(metric)} "
            f"({milliseconds(latency_us)})"
        )
        found.append(_delayed(metric, share, about))
    return tuple(found)


def _delayed(metric: str, share: float, about: str) -> Caveat:
    message = f"The generator was ready to work and had no processor for {share:.1%} of the time{about}."
    return Caveat("run_delay", message, _DELAY_HINT, "suspect", metric)
