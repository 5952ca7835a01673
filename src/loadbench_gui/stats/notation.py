"""How a share, a length of time and a rate are written: one notation for sentences, tables, terminal and window.

A space stands before a unit here; `report.words` puts the narrow one of tables in its place.
"""

from __future__ import annotations

import math
from typing import Final, Protocol

MINUS: Final = "\u2212"
_NOISE: Final = 1e-12
"""Shares below this are what arithmetic leaves of nothing."""
_ALMOST_ALL: Final = 99.5
_DIGITS: Final = 15
"""More digits than these a float does not hold."""


class Writer(Protocol):
    """One of `percent`, `duration` and `rate`."""

    def __call__(self, value: float, digits: int = ..., /) -> str:
        """Return `value` as text, with as many significant digits."""


def significant(value: float, digits: int = 3) -> str:
    """Write `value` with `digits` significant digits, thousands grouped: 1.42, 18.9, 512, 1,234."""
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    if decimals and round(abs(value), decimals) >= 10 ** (digits - decimals):
        decimals -= 1
    return f"{value:,.{decimals}f}".replace("-", MINUS)


def percent(share: float, digits: int = 2) -> str:
    """Write a share with two significant digits: "0.04 %", "9.2 %", "13 %", "1,250 %".

    What is not all of it never reads as 100 %, and what is not none of it never as 0 %.
    """
    if abs(share) < _NOISE:
        return "0 %"
    hundredths = 100 * abs(share)
    if _ALMOST_ALL <= hundredths < 100:
        scale = 10**digits
        text = f"{min(math.floor(scale * hundredths + 1e-6), 100 * scale - 1) / scale:.{digits}f}"
    else:
        text = significant(hundredths, digits)
    return f"{MINUS if share < 0 else ''}{_without_zeros(text)} %"


def duration_parts(us: float, digits: int = 3) -> tuple[str, str]:
    """Split a length of time in us into figure and unit: ("1.42", "ms")."""
    if us < 999.5:
        is_whole = us < 100 and us == round(us)
        return f"{us:.0f}" if is_whole else significant(us, digits), "µs"
    if us < 9_995_000:
        return significant(us / 1e3, digits), "ms"
    return significant(us / 1e6, digits), "s"


def duration(us: float, digits: int = 3) -> str:
    """Write a length of time given in us: "20 µs", "1.50 ms", "12.0 s"."""
    return " ".join(duration_parts(us, digits))


def rate(per_s: float, digits: int = 3) -> str:
    """Write only the figure of a rate: "2,000", "12.5", "0.4"."""
    return _without_zeros(significant(per_s, digits))


def apart(write: Writer, value: float, limit: float) -> tuple[str, str]:
    """Write a value and the limit it is held against with as many digits as it takes to tell them apart."""
    texts = write(value), write(limit)
    for digits in range(3, _DIGITS + 1):
        if value == limit or _read(texts[0]) != _read(texts[1]):
            break
        texts = write(value, digits), write(limit, digits)
    return texts


def _without_zeros(figure: str) -> str:
    return figure.rstrip("0").rstrip(".") if "." in figure else figure


def _read(text: str) -> tuple[float, str]:
    """Read a figure and its unit back: 20.0 µs and 20 µs say the same."""
    figure, _, unit = text.replace(",", "").partition(" ")
    return float(figure.replace(MINUS, "-")), unit
