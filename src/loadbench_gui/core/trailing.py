"""Percentiles over the last few seconds: live charts name the window they are taken over, and leave gaps.

A percentile p needs 10 / (1 - p) samples. It is read from the shortest of the windows that holds as many, and is
absent when none does. Sums per window are kept up to date with each interval, so reading costs the same at any rate.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from loadbench_gui.core.histogram import BUCKET_COUNT, Histogram, bucket_width, lowest_value
from loadbench_gui.core.quantiles import samples_needed

WINDOWS_S: Final = (1, 2, 5, 10, 30, 60)


@dataclass(frozen=True, slots=True)
class Reading:
    """A quantile in us and what it was taken over; the value is None when even the longest window holds too few."""

    value_us: float | None
    window_s: int | None
    samples: int


class Trailing:
    """Latencies of the last 1, 2, 5, 10, 30 and 60 seconds, from intervals of `step_s` each."""

    def __init__(self, step_s: float) -> None:
        self._steps = [max(1, round(window / step_s)) for window in WINDOWS_S]
        self._sums: NDArray[np.int64] = np.zeros((len(WINDOWS_S), BUCKET_COUNT), np.int64)
        self._totals = [0] * len(WINDOWS_S)
        self._recent: deque[Histogram] = deque(maxlen=self._steps[-1])

    def push(self, histogram: Histogram) -> None:
        """Add the next interval; what has become too old for a window leaves it."""
        for i, steps in enumerate(self._steps):
            if len(self._recent) >= steps:
                old = self._recent[-steps]
                self._sums[i, old.buckets] -= old.counts
                self._totals[i] -= old.total
            self._sums[i, histogram.buckets] += histogram.counts
            self._totals[i] += histogram.total
        self._recent.append(histogram)

    def read(self, quantiles: Sequence[float], at_least_s: float = 0.0) -> list[Reading]:
        """Return each quantile over the shortest window of `at_least_s` or more that supports it."""
        cumulated: dict[int, NDArray[np.int64]] = {}
        return [self._read_one(q, at_least_s, cumulated) for q in quantiles]

    def _read_one(self, q: float, at_least_s: float, cumulated: dict[int, NDArray[np.int64]]) -> Reading:
        needed = samples_needed(q)
        for i, window in enumerate(WINDOWS_S):
            if window < at_least_s or self._totals[i] < needed:
                continue
            if i not in cumulated:
                cumulated[i] = np.cumsum(self._sums[i])
            rank = max(1, math.ceil(q * self._totals[i] - 1e-9))
            bucket = np.array([np.searchsorted(cumulated[i], rank)], np.int64)
            return Reading(float(lowest_value(bucket)[0] + bucket_width(bucket)[0] - 1), window, self._totals[i])
        return Reading(None, None, self._totals[-1])
