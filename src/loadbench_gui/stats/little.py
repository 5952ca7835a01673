"""Little's law in a closed loop: connections = throughput x (latency + think time) (Little 1961).

It holds there by construction, whatever the server does. So it does not judge the generator's fitness but our own
accounting: where it is broken, requests, times or connections were miscounted.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import ClosedLoad
from loadbench_gui.core.snapshot import Traffic

LITTLE_LIMIT: Final = 0.05
REOPENED_LIMIT: Final = 0.01
"""Above this share of the requests, the time without a connection is a part of the cycle that nobody has measured."""
START_S: Final = 0.02
"""How late workers may begin after the common start: a turn of the loop or two, and a few milliseconds of a timer."""
LEAST_COMPLETED: Final = round(1 / LITTLE_LIMIT**2)
"""Fewer say nothing: the mean of n latencies that spread like an exponential distribution scatters by 1 / sqrt(n), and
below 400 of them that alone is more than the limit."""


def deviation(
    shape: ClosedLoad,
    traffic: Traffic,
    scheduled: Histogram,
    *,
    duration_s: float,
    between_us: float = 0.0,
    at_limit: bool = False,
    at_once: int | None = None,
) -> float | None:
    """Return how far X (R + think) / C is from 1, beyond what is explained; None where it cannot be told.

    scheduled: R, from when a request was due, so that what we take before we send is in it. duration_s: of the window.
    at_once: C, where it is not all connections that ask. at_limit: the run ended with its last request, so that
    connections have stood idle since they ended theirs.
    Explained are up to `between_us` a request, in which a connection is neither asked nor thinking because we read its
    answer, and the edges of the window: the cycle of each connection that begins before it or ends after it.
    """
    mean_us = scheduled.mean_us
    opened_again = traffic.opened - shape.connections
    if at_limit or mean_us is None or duration_s <= 0 or traffic.completed < LEAST_COMPLETED:
        return None
    if opened_again > REOPENED_LIMIT * traffic.completed:
        return None
    rate, asking = traffic.completed / duration_s, at_once or shape.connections
    cycle_s = mean_us / 1e6 + shape.think_s
    least, most = rate * cycle_s / asking, rate * (cycle_s + between_us / 1e6) / asking
    if least <= 1 <= most:
        return 0.0
    return max(0.0, min(abs(least - 1), abs(most - 1)) - (_edge_s(shape, scheduled) + START_S) / duration_s)


def _edge_s(shape: ClosedLoad, scheduled: Histogram) -> float:
    """Return the mean length of the cycle that is under way at a given moment, in seconds: E[Z^2] / E[Z].

    A long cycle covers more moments than a short one, so this is more than the mean cycle (the inspection paradox;
    Feller, An Introduction to Probability Theory II, I.4). One at the start and one at the end are cut, each at half
    its length on average.
    """
    latency_s = scheduled.middles_us / 1e6
    mean_s = float(np.average(latency_s, weights=scheduled.counts))
    square = float(np.average(latency_s**2, weights=scheduled.counts))
    think_square = shape.think_s**2 * (2 if shape.thinking == "exponential" else 1)
    cycle_s = mean_s + shape.think_s
    return (square + 2 * mean_s * shape.think_s + think_square) / cycle_s if cycle_s > 0 else 0.0
