"""Little's law in a closed loop: connections = throughput x (latency + think time) (Little 1961).

It holds there by construction, whatever the server does. So it does not judge the generator's fitness but our own
accounting: where it is broken, requests, times or connections were miscounted.
"""

from __future__ import annotations

from typing import Final

from loadbench_gui.core.plan import ClosedLoad
from loadbench_gui.core.snapshot import Traffic

LITTLE_LIMIT: Final = 0.05
REOPENED_LIMIT: Final = 0.01
"""Above this share of the requests, the time without a connection is a part of the cycle that nobody has measured."""
START_S: Final = 0.02
"""How late workers may begin after the common start: a turn of the loop or two, and a few milliseconds of a timer."""


def deviation(
    shape: ClosedLoad, traffic: Traffic, *, duration_s: float, latency_us: float, between_us: float = 0.0
) -> float | None:
    """Return how far X (R + think) / C is from 1, beyond what is explained; None where it cannot be told.

    latency_us: the mean of R, scheduled, so that what we take before we send is in it. duration_s: of the window.
    Explained are up to `between_us` a request, in which a connection is neither asked nor thinking because we read its
    answer, and the edges of the window: what is under way at its end is not complete, one cycle of each connection at
    most.
    """
    opened_again = traffic.opened - shape.connections
    if duration_s <= 0 or not traffic.completed or opened_again > REOPENED_LIMIT * traffic.completed:
        return None
    rate = traffic.completed / duration_s
    cycle_s = latency_us / 1e6 + shape.think_s
    least, most = rate * cycle_s / shape.connections, rate * (cycle_s + between_us / 1e6) / shape.connections
    if least <= 1 <= most:
        return 0.0
    return max(0.0, min(abs(least - 1), abs(most - 1)) - (cycle_s + START_S) / duration_s)
