"""From values to px and back: the plotting area of a chart and its two scales."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps [low, high] linearly or by logarithm onto [start, end] px. Values outside are clamped."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """Return the position of `value` in px."""
        low, high = self._bent(self.low), self._bent(self.high)
        share = (self._bent(min(max(value, self.low), self.high)) - low) / (high - low) if high > low else 0.5
        return self.start + share * (self.end - self.start)

    def value(self, position: float) -> float:
        """Return the value at `position` px: the inverse of `at`, for a cursor's read-out."""
        low, high = self._bent(self.low), self._bent(self.high)
        share = (position - self.start) / (self.end - self.start)
        bent = low + share * (high - low)
        return 10.0**bent if self.log else bent

    def _bent(self, value: float) -> float:
        return math.log10(value) if self.log else value


@dataclass(frozen=True, slots=True)
class Frame:
    """The plotting area in px, and its two scales."""

    left: float
    top: float
    right: float
    bottom: float
    x: Scale
    y: Scale
