"""Little's law in a closed loop: connections = throughput x (service time + think time) (Little 1961).

It holds there by construction, whatever the server does. So it does not judge the generator's fitness but our own
accounting: where it is broken, requests, times or connections were miscounted.
"""

from __future__ import annotations

from typing import Final

from loadbench_gui.core.snapshot import Traffic

LITTLE_LIMIT: Final = 0.05


def deviation(
    *,
    completed: int,
    duration_s: float,
    connections: int,
    service_us: float,
    think_s: float = 0.0,
    between_us: float = 0.0,
) -> float | None:
    """Return how far X (R + think) / C is from 1, beyond what is explained; None where nothing was measured.

    completed: successes inside the window of `duration_s`. service_us: their mean. Explained are up to `between_us` a
    request, in which a connection is neither asked nor thinking (we read the answer, or open it anew), and the edge of
    the window: what is under way at its end is not complete, one cycle of each connection at most.
    """
    if duration_s <= 0 or connections < 1:
        return None
    rate = completed / duration_s
    cycle_s = service_us / 1e6 + think_s
    least, most = rate * cycle_s / connections, rate * (cycle_s + between_us / 1e6) / connections
    if least <= 1 <= most:
        return 0.0
    return max(0.0, min(abs(least - 1), abs(most - 1)) - cycle_s / duration_s)


def opening_us(traffic: Traffic) -> float:
    """Return what opening connections took of each completed request, on average: microseconds, TLS included."""
    each_us = (traffic.connect.mean_us or 0.0) + (traffic.tls.mean_us or 0.0)
    return each_us * traffic.opened / max(1, traffic.completed)
