"""Arrival n -> due nanosecond: when requests of an open loop are due, whatever the server does.

Arrivals live on an axis of their own, counted in expected arrivals: number n sits at n when arrivals are evenly
spaced, and at the n-th point of a unit-rate Poisson process otherwise. The load's rate maps that axis onto time:
its integral is how many arrivals are expected by then, so the inverse of the integral says when one is due.
Stages therefore need no case of their own, and a Poisson process with stages is the exact time change of a
unit-rate one (Lewis and Shedler 1979, the inversion method).

Nothing here accumulates: a due time never depends on when an earlier request was really sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from loadbench_gui.core.plan import OpenLoad
from loadbench_gui.errors import Bug

CHUNK: Final = 4096
_NS: Final = 1e9

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def arrivals(shape: OpenLoad, seed: int, horizon_ns: int, index: int, count: int) -> Iterator[list[int]]:
    """Yield the due times of arrivals index, index + count, ... in chunks of at most `CHUNK`.

    Times are whole nanoseconds from the common start, never falling, all below `horizon_ns`. Shards agree without
    talking: the union over index = 0 .. count - 1 is exactly what count = 1 yields. Memory does not grow with
    `horizon_ns`. Raises `Bug` for an index outside the count.
    """
    if not 0 <= index < count:
        raise Bug(f"share {index} of {count} does not exist")
    rate = _Rate(shape)
    for places in _poisson(seed, index, count) if shape.arrival == "poisson" else _even(index, count):
        due_ns = np.rint(rate.when(places) * _NS)
        inside = due_ns[due_ns < horizon_ns]
        if len(inside):
            chunk: list[int] = inside.astype(np.int64).tolist()
            yield chunk
        if len(inside) < len(due_ns):
            return


def expected_arrivals(shape: OpenLoad, horizon_s: float) -> float:
    """Return how many arrivals are expected in the first `horizon_s` seconds: the integral of the rate."""
    return _Rate(shape).integral(horizon_s)


def peak_rate_rps(shape: OpenLoad) -> float:
    """Return the highest rate that the load ever asks for."""
    return max(shape.rate_rps, *(stage.rate_rps for stage in shape.stages), 0.0)


def _even(index: int, count: int) -> Iterator[Floats]:
    """Yield the places of a share of evenly spaced arrivals: 0, 1, 2, ... of which every `count`-th is ours."""
    first = index
    while True:
        yield np.arange(first, first + CHUNK * count, count, dtype=np.int64).astype(np.float64)
        first += CHUNK * count


def _poisson(seed: int, index: int, count: int) -> Iterator[Floats]:
    """Yield the places of a share of a unit-rate Poisson process.

    Every shard draws the whole sequence in the same chunks, so that all see bit for bit the same arrivals, and
    keeps its own. A draw costs some ten nanoseconds.
    """
    draw = np.random.Generator(np.random.PCG64(seed))
    reached, skip = 0.0, index
    while True:
        places = reached + np.cumsum(draw.standard_exponential(CHUNK))
        reached = float(places[-1])
        ours = places[skip::count]
        skip = skip + len(ours) * count - CHUNK
        if len(ours):
            yield ours


class _Rate:
    """A piecewise linear rate, its integral, and the integral's inverse.

    Segment k starts at `start_s[k]` with `rate[k]` and changes by `slope[k]` per second; before it, `mass[k]`
    arrivals are expected. The last segment is level and has no end.
    """

    def __init__(self, shape: OpenLoad) -> None:
        start_s, rate, slope, mass = [0.0], [shape.rate_rps], [0.0], [0.0]
        for stage in shape.stages:
            before = rate[-1]
            slope[-1] = (stage.rate_rps - before) / stage.duration_s if stage.duration_s > 0 else 0.0
            start_s.append(start_s[-1] + stage.duration_s)
            mass.append(mass[-1] + stage.duration_s * (before + stage.rate_rps) / 2)
            rate.append(stage.rate_rps)
            slope.append(0.0)
        self.start_s: Floats = np.array(start_s)
        self.rate: Floats = np.array(rate)
        self.slope: Floats = np.array(slope)
        self.mass: Floats = np.array(mass)

    def integral(self, t_s: float) -> float:
        """Return how many arrivals are expected before `t_s`."""
        k = int(np.searchsorted(self.start_s, t_s, side="right")) - 1
        inside_s = t_s - self.start_s[k]
        return float(self.mass[k] + inside_s * (self.rate[k] + self.slope[k] * inside_s / 2))

    def when(self, places: Floats) -> Floats:
        """Return the times in seconds at which the integral reaches `places`; infinity where it never does.

        An arrival on the edge of a stretch without traffic is due at its end: it belongs to what follows.
        """
        k = np.searchsorted(self.mass, places, side="right") - 1
        rest = places - self.mass[k]
        rate, slope = self.rate[k], self.slope[k]
        # The root of rate * t + slope * t^2 / 2 = rest, in the form that does not cancel when slope is near zero.
        divisor = rate + np.sqrt(np.maximum(rate * rate + 2 * slope * rest, 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            inside_s = np.where(divisor > 0, 2 * rest / divisor, np.where(slope > 0, 0.0, np.inf))
        return np.asarray(np.maximum.accumulate(self.start_s[k] + inside_s), np.float64)
