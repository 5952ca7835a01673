"""Where tick marks stand and what they say."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from loadbench_gui.report.figures.frame import Frame
from loadbench_gui.report.figures.scene import Item, Line, Text
from loadbench_gui.report.palette import Role
from loadbench_gui.report.words import MIB, MINUS, NARROW

LABEL_PX = 11.0
LABEL_MARGIN: Final = 60.0
"""Room to the left of a plot: the widest label, "1,000 ms", and its gap."""


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


def ticks_from_zero(high: float, count: int = 5) -> tuple[float, ...]:
    """Return about `count` round values from zero to the first at or above `high`: where such an axis ends."""
    if high <= 0:
        return (0.0, 1.0)
    step = _nice_step(high / max(1, count - 1))
    return tuple(round(i * step, 12) for i in range(math.ceil(high / step - 1e-9) + 1))


_LOG_STEPS: Final = (((1, 2, 5), 1.35), ((1, 3), 3.6), ((1,), math.inf))
"""Ticks within a decade, and up to how many decades they are used."""


def log_ticks(low: float, high: float) -> tuple[float, ...]:
    """Return round values from the first at or below `low` to the first at or above `high`: where such an axis ends.

    Decades, with 3 or with 2 and 5 between them when few decades are shown; always at least two values.
    """
    down, up = math.floor(math.log10(low)), math.floor(math.log10(high))
    for mantissas, most in _LOG_STEPS:
        values = [m * 10.0**e for e in range(down, up + 2) for m in mantissas]
        first = max(i for i, v in enumerate(values) if v <= low * 1.0001)
        last = min(i for i, v in enumerate(values) if v >= high * 0.9999)
        ticks = values[first : max(last, first + 1) + 1]
        if math.log10(ticks[-1] / ticks[0]) <= most:
            break
    return tuple(ticks)


_LEAST_OF_UNIT: Final = 0.01
"""Smaller labels are counted in zeros, not read."""


def _plain(value: float) -> str:
    return f"{value:,.10g}" if abs(value) < 1e4 else f"{value:,.0f}"


def _united(ticks: Sequence[float], factor: float, unit: str) -> tuple[str, ...]:
    """Label every tick; only the topmost carries the unit."""
    labels = [_plain(round(tick / factor, 6)).replace("-", MINUS) for tick in ticks]
    return (*labels[:-1], f"{labels[-1]}{NARROW}{unit}") if labels else ()


def latency_labels(ticks_us: Sequence[float]) -> tuple[str, ...]:
    """Label latencies in us, all in the one unit that suits the largest; over many decades each in its own."""
    factor, unit = _latency_unit(max(ticks_us, default=0), 10)
    least = min((tick for tick in ticks_us if tick > 0), default=factor)
    if least < _LEAST_OF_UNIT * factor:
        return tuple(_united((tick,), *_latency_unit(tick, 1))[0] for tick in ticks_us)
    return _united(ticks_us, factor, unit)


def _latency_unit(us: float, from_s: float) -> tuple[float, str]:
    """Return factor and unit; seconds begin at `from_s`."""
    return (1.0, "µs") if us < 1_000 else (1e3, "ms") if us < from_s * 1e6 else (1e6, "s")


def memory_labels(ticks_bytes: Sequence[float]) -> tuple[str, ...]:
    """Label bytes in MiB."""
    return _united(ticks_bytes, MIB, "MiB")


def size_labels(ticks_bytes: Sequence[float]) -> tuple[str, ...]:
    """Label bytes, all in the one unit that suits the largest."""
    return memory_labels(ticks_bytes) if max(ticks_bytes, default=0) >= MIB else _united(ticks_bytes, 1024, "KiB")


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
