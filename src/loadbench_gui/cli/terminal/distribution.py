"""The latencies of a run as a histogram: a bar a bin, bins of equal width on a logarithmic axis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from rich.console import Console
from rich.text import Text

from loadbench_gui.cli.terminal.glyphs import WIDEST, bar
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.report import words

MOST_BINS: Final = 16
FIGURE_COLUMNS: Final = 34
"""What the bounds before a bar and the share after it take."""
SERIES: Final = (
    (1.0,),
    (1.0, 3.0),
    (1.0, 2.0, 5.0),
    (1.0, 1.5, 2.2, 3.3, 4.7, 6.8),
    (1.0, 1.2, 1.5, 1.8, 2.2, 2.7, 3.3, 3.9, 4.7, 5.6, 6.8, 8.2),
    (1.0, 1.1, 1.2, 1.3, 1.5, 1.6, 1.8, 2.0, 2.2, 2.4, 2.7, 3.0, 3.3, 3.6, 3.9, 4.3, 4.7, 5.1, 5.6, 6.2, 6.8, 7.5,
     8.2, 9.1),
)  # fmt: skip
"""Edges within a decade, from coarse to fine: round steps, then the preferred numbers of IEC 60063."""


@dataclass(frozen=True, slots=True)
class Bin:
    """`count` latencies from `low_us` up to `high_us`."""

    low_us: float
    high_us: float
    count: int


def bins(histogram: Histogram) -> tuple[Bin, ...]:
    """Sort latencies into at most `MOST_BINS` bins, as fine as that allows; none where there is no latency."""
    if not histogram:
        return ()
    values = np.maximum(histogram.middles_us, 1.0)
    edges = next(
        edges
        for series in reversed(SERIES)
        if len(edges := _edges(series, float(values[0]), float(values[-1]))) <= MOST_BINS + 1 or len(series) == 1
    )
    counts, _ = np.histogram(values, np.array(edges), weights=histogram.counts)
    return tuple(
        Bin(low, high, int(count)) for low, high, count in zip(edges, edges[1:], counts.tolist(), strict=False)
    )


def _edges(series: tuple[float, ...], lowest_us: float, highest_us: float) -> list[float]:
    """Return edges of `series` of which the first is at or below the lowest value and the last above the highest."""
    first, last = math.floor(math.log10(lowest_us)), math.floor(math.log10(highest_us)) + 1
    every = [float(f"{step * 10**decade:.3g}") for decade in range(first, last + 1) for step in series]
    begin = max(i for i, edge in enumerate(every) if edge <= lowest_us)
    end = next(i for i, edge in enumerate(every) if edge > highest_us)
    return every[begin : end + 1]


def print_distribution(console: Console, histogram: Histogram, caption: str) -> None:
    """Draw the histogram under its caption; the longest bar is the fullest bin."""
    found = bins(histogram)
    if len(found) < 2:
        return
    total, most = histogram.total, max(each.count for each in found)
    width = max(10, min(console.width, WIDEST) - FIGURE_COLUMNS)
    console.print(Text(f"\n{caption}, on a logarithmic axis", style="bold"))
    for each in found:
        console.print(
            Text.assemble(
                (f"{words.latency(each.low_us):>9} – {words.latency(each.high_us):<9} │", "dim"),
                (bar(each.count / most, width), "cyan"),
                (f" {_share(each.count, total)}" if each.count else "", "dim"),
            )
        )


def _share(count: int, total: int) -> str:
    """Write a share, or the count itself where a percentage would read as nothing."""
    return words.percent(count / total) if count / total >= 0.001 else words.count(count)
