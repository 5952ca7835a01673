"""Did the generator have the processor time that it needed? Its own work, what it waited for, what was taken away."""

from __future__ import annotations

from typing import Final

from loadbench_gui.core.caveats import LAG_SHARE, NEAR_CEILING, Caveat
from loadbench_gui.engine.fitness.evidence import Evidence
from loadbench_gui.engine.fitness.lags import RECEIVE_SHARE, read_late
from loadbench_gui.stats.kinds import Kind
from loadbench_gui.stats.notation import apart, duration, percent

FULL_CPU: Final = 0.95
STEAL_LIMIT: Final = 0.01
"""A hypervisor takes a CPU for milliseconds at a time: above 1 % of the time, one request in a hundred may have met
it, and p99 is the neighbours' rather than the server's."""
LEAST_WINDOW_S: Final = 0.5
"""In less than this a share of processor time is made of a few ticks of the system's clock, and of what workers do
anyway to begin and to end."""
LEAST_STOLEN_S: Final = 1.0
"""Stolen time is counted in ticks of 10 ms: in less than a second a single one is more than the limit."""
CROWDED: Final = 0.25
"""Whoever takes that much from the generator does not spare the server: then no figure stands."""
TURN_US: Final = 3_000.0
"""How long another process keeps the CPU once it has it: a slice of Linux's scheduler and a tick of its clock."""
LEAST_TURN_US: Final = 500.0
"""A latency below this cannot have met one."""
WAKE_UP_US: Final = 10.0
"""What it takes at most to be put on an idle CPU."""


def processor_caveats(evidence: Evidence) -> tuple[Caveat, ...]:
    """Return what is wrong with the processor time that the generator had; nothing where too little was measured.

    Of a run that was stopped before its window began there is only what workers do to begin, which is all work.
    """
    if evidence.duration_s < LEAST_WINDOW_S:
        return ()
    # One worker that is full makes its share of every percentile, however idle the others are.
    busy = busy_caveats(min(1.0, max(evidence.cpu_fraction, evidence.busiest)), evidence.ceiling_words)
    return (*busy, *(() if busy else _near_ceiling(evidence)), *_steal(evidence), *_run_delay(evidence))


def busy_caveats(fraction: float, ceiling: str = "") -> tuple[Caveat, ...]:
    """Return the reason when the workers' own work filled `fraction` (0 to 1) of their CPU time.

    Busy, it doubts the throughput, which it may have made. Full, it doubts everything: answers wait to be read.
    """
    used = f"The generator, or its busiest worker, used {percent(fraction)} of its processor time"
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
            f"The generator sent {percent(share)} of what it could at most.{evidence.ceiling_words}",
            "Use more workers, or give the generator more CPUs.",
            "suspect",
            "throughput",
        ),
    )


def _steal(evidence: Evidence) -> tuple[Caveat, ...]:
    steal = evidence.around.steal_fraction
    if steal is None or steal <= STEAL_LIMIT or evidence.duration_s < LEAST_STOLEN_S:
        return ()
    stolen, _ = apart(percent, steal, STEAL_LIMIT)
    return (
        Caveat(
            "steal",
            f"The hypervisor gave {stolen} of a processor's time to others during the run; above 1 % "
            f"{_met(evidence.kind)}.",
            "Run again when the host is quieter, or on a machine whose processors are not shared.",
            "suspect",
        ),
    )


def _met(kind: Kind) -> str:
    """Say what stolen time does to a load: only where something is asked or sent is there a p99 to speak of."""
    if kind.latency and kind.throughput:
        return "what was measured may hold some of that: connecting, and answers to pings"
    p99 = "p99 of the gaps" if kind.latency else "p99"
    return (
        f"one {kind.counted.removesuffix('s')} in a hundred may have met that, so {p99} is no longer the server's own"
    )


def _run_delay(evidence: Evidence) -> tuple[Caveat, ...]:
    """A worker that waits for its turn reads late: what arrives meanwhile waits with it, for milliseconds.

    So a quantile is doubted where such waits cover more of the time than there are requests beyond it, and where the
    latency there is long enough to hold one and not ten times as long. What every wake-up takes is left out: that is
    microseconds.
    """
    share = evidence.run_delay_fraction
    if share is None or evidence.health.span_s <= 0:
        return ()
    waited = f"The generator was ready to work and had no processor for {percent(share)} of the time"
    if share > CROWDED:
        return (
            _delayed(None, f"{waited}: the machine had more to do than it could, and the server will have felt it."),
        )
    found = []
    if evidence.is_closed and evidence.kind.paced and share > LAG_SHARE:
        found.append(_delayed("throughput", f"{waited}; with it, more could have been sent."))
    touched = share - WAKE_UP_US * evidence.handled / (1e6 * evidence.health.span_s * evidence.workers)
    for clock in read_late(evidence.measured):
        latency_us = clock.at_q
        if latency_us is None or touched <= 1 - clock.q:
            continue
        if LEAST_TURN_US < latency_us < RECEIVE_SHARE * TURN_US / LAG_SHARE:
            made_of = f"{clock.named} ({duration(latency_us)}) may be made of such waits"
            found.append(_delayed(clock.metric, f"{waited}, milliseconds at a time: {made_of}."))
    return tuple(found)


def _delayed(metric: str | None, message: str) -> Caveat:
    hint = "Give the generator a CPU of its own (--cpus), close other programs, or lower the load."
    return Caveat("run_delay", message, hint, "suspect", metric)
