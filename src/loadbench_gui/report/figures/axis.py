"""Where tick marks stand and what they say; from values to px and the frame that charts share."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loadbench_gui.report.figures.scene import Item, Line, Text
from loadbench_gui.report.palette import Role
from loadbench_gui.report.words import MIB, MINUS, NARROW

LABEL_PX = 11.0


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


def nice_ticks(low: float, high: float, count: int = 5) -> tuple[float, ...]:
    """Return about `count` round values (1, 2, 2.5, 5 x 10^n apart) inside [low, high], both ends included if round."""
    if not high > low:
        return (low,)
    step = _nice_step((high - low) / max(1, count - 1))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(round(i * step, 12) for i in range(first, last + 1))


def _nice_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next((m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.999), 10 * power)


def linear_top(high: float, count: int = 5) -> float:
    """Return the round value at or above `high` on which an axis from zero ends."""
    if high <= 0:
        return 1.0
    step = _nice_step(high / max(1, count - 1))
    return math.ceil(high / step - 1e-9) * step


def log_ticks(low: float, high: float) -> tuple[float, ...]:
    """Return round values inside [low, high]: decades, with 3 or with 2 and 5 between when few decades are shown."""
    mantissas = _mantissas(low, high)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    values = (m * 10.0**e for e in range(first, last + 1) for m in mantissas)
    return tuple(v for v in values if low * 0.999 <= v <= high * 1.001)


def log_range(low: float, high: float) -> tuple[float, float]:
    """Widen [low, high] to the next tick on both sides."""
    mantissas = (*_mantissas(low, high), 10)
    down, up = (10.0 ** math.floor(math.log10(value)) for value in (low, high))
    return (
        max((m * down for m in mantissas if m * down <= low), default=down),
        min((m * up for m in mantissas if m * up >= high), default=10 * up),
    )


def _mantissas(low: float, high: float) -> tuple[int, ...]:
    decades = math.log10(high / low)
    return (1, 2, 5) if decades <= 1.01 else (1, 3) if decades <= 3.5 else (1,)


def _plain(value: float) -> str:
    return f"{value:,.10g}" if abs(value) < 1e4 else f"{value:,.0f}"


def _united(ticks: Sequence[float], factor: float, unit: str) -> tuple[str, ...]:
    """Label every tick; only the topmost carries the unit."""
    labels = [_plain(round(tick / factor, 6)).replace("-", MINUS) for tick in ticks]
    return (*labels[:-1], f"{labels[-1]}{NARROW}{unit}") if labels else ()


def latency_labels(ticks_us: Sequence[float]) -> tuple[str, ...]:
    """Label latencies in us, all in the one unit that suits the largest."""
    top = max(ticks_us, default=0)
    factor, unit = (1.0, "µs") if top < 1_000 else (1e3, "ms") if top < 10_000_000 else (1e6, "s")
    return _united(ticks_us, factor, unit)


def memory_labels(ticks_bytes: Sequence[float]) -> tuple[str, ...]:
    """Label bytes in MiB."""
    return _united(ticks_bytes, MIB, "MiB")


def plain_labels(ticks: Sequence[float]) -> tuple[str, ...]:
    """Label figures whose unit stands in the caption."""
    return tuple(_plain(tick) for tick in ticks)


def second_labels(ticks_s: Sequence[float]) -> tuple[str, ...]:
    """Label seconds; the first carries the unit."""
    return tuple(f"{_plain(t)}{NARROW}s" if i == 0 else _plain(t) for i, t in enumerate(ticks_s))


def grid(frame: Frame, ticks: Sequence[float], label: Callable[[Sequence[float]], Sequence[str]]) -> list[Item]:
    """Draw the horizontal grid lines with their labels to the left."""
    items: list[Item] = []
    for tick, text in zip(ticks, label(ticks), strict=True):
        y = frame.y.at(tick)
        items.append(Line(frame.left, y, frame.right, y, Role.GRID))
        items.append(Text(frame.left - 8, y + 4, text, size=LABEL_PX, anchor="end"))
    return items


def time_axis(frame: Frame) -> list[Item]:
    """Label the seconds beneath the frame."""
    ticks = nice_ticks(frame.x.low, frame.x.high, max(3, int((frame.right - frame.left) / 110)))
    return [
        Text(frame.x.at(tick), frame.bottom + 18, text, size=LABEL_PX, anchor="middle")
        for tick, text in zip(ticks, second_labels(ticks), strict=True)
    ]
