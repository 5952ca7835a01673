"""Figures as Markdown: tables, medians, ratios of the same round."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; the first column is left-aligned, numbers right."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, rule, *rows))


def median(values: Iterable[float | None]) -> float | None:
    """Return the median of the known values, or None where none is known."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the ratios within each round."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Return lowest and highest, as in 0.91-0.95."""
    return f"{min(values):.{digits}f}–{max(values):.{digits}f}"


def number(value: float | None, digits: int = 0) -> str:
    """Return a number with thousands separated; a figure that is not known is a dash."""
    return "–" if value is None else f"{value:,.{digits}f}"


def milliseconds(value_us: float | None) -> str:
    """Return microseconds as milliseconds with three significant digits or so."""
    if value_us is None:
        return "–"
    ms = value_us / 1e3
    return f"{ms:,.0f}" if ms >= 100 else f"{ms:.1f}" if ms >= 20 else f"{ms:.2f}" if ms >= 1 else f"{ms:.3f}"
