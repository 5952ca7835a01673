"""The percentile spectrum: latency against how rare it is, per deployment, as far as the samples reach.

x is log10(1 / (1 - q)), so that each step of one is ten times rarer; y is logarithmic. A curve ends where fewer
than ten requests lie beyond it: further out it would show luck, not the server.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from loadbench_gui.core.histogram import Histogram, bucket_width, lowest_value
from loadbench_gui.core.quantiles import supported_quantile
from loadbench_gui.report.figures import axis
from loadbench_gui.report.figures.frame import Frame, Scale
from loadbench_gui.report.figures.scene import Circle, Item, Line, Point, Polyline, Scene, Size, Text, empty
from loadbench_gui.report.palette import Role, series_dash, series_role
from loadbench_gui.report.words import NARROW, count, latency

TAIL_SAMPLES = 10
_FROM_Q = 0.1
_STEP = 0.02
_MARKS = ((0.5, "50"), (0.9, "90"), (0.99, "99"), (0.999, "99.9"), (0.9999, "99.99"), (0.99999, "99.999"))


@dataclass(frozen=True, slots=True)
class Spectrum:
    """All latencies (us) of one deployment; index: its place in profile order."""

    index: int
    name: str
    histogram: Histogram


def rarity(q: float) -> float:
    """Return log10(1 / (1 - q)): 0.9 -> 1, 0.99 -> 2."""
    return -math.log10(1.0 - q)


def reach(histogram: Histogram) -> float:
    """Return the rarity up to which the samples speak: where ten of them lie beyond."""
    return math.log10(histogram.total / TAIL_SAMPLES) if histogram.total > TAIL_SAMPLES else 0.0


def curve(histogram: Histogram) -> tuple[Point, ...]:
    """Return (rarity, latency in us) from q = 0.1 to where the samples run out; empty when they do at once."""
    first, last = rarity(_FROM_Q), reach(histogram)
    if last <= first:
        return ()
    xs = np.append(np.arange(first, last, _STEP), last)
    ranks = np.ceil((1 - 10.0**-xs) * histogram.total - 1e-9)
    buckets = histogram.buckets[np.searchsorted(np.cumsum(histogram.counts), ranks)]
    values = lowest_value(buckets) + bucket_width(buckets) - 1
    return tuple(zip(xs.tolist(), np.maximum(values, 1).astype(float).tolist(), strict=True))


def spectrum(
    spectra: Sequence[Spectrum], size: Size, title: str = "Latency by percentile", counted: str = "requests"
) -> Scene:
    """Draw one curve per deployment; its end is marked by a dot. counted: what each sample is."""
    curves = [(s, points) for s in spectra if (points := curve(s.histogram))]
    if not curves:
        return empty(size, title, f"Too few {counted} for a spectrum.")
    everything = [y for _, points in curves for _, y in points]
    ticks = axis.log_ticks(min(everything), max(everything))
    left, top, right, bottom = axis.LABEL_MARGIN, 12.0, size.width - 24.0, size.height - 28.0
    furthest = max(points[-1][0] for _, points in curves)
    frame = Frame(
        left,
        top,
        right,
        bottom,
        Scale(rarity(_FROM_Q), furthest, left, right),
        Scale(ticks[0], ticks[-1], bottom, top, log=True),
    )
    items = [*axis.grid(frame, ticks, axis.latency_labels), *_percentiles(frame)]
    for one, points in curves:
        colour = series_role(one.index)
        drawn = tuple((frame.x.at(x), frame.y.at(y)) for x, y in points)
        items.append(Polyline(drawn, colour, 2.0, dash=series_dash(one.index)))
        items.append(Circle(*drawn[-1], r=3.0, fill=colour))
    return Scene(size, tuple(items), title, _summary(curves, counted), frame)


def _percentiles(frame: Frame) -> list[Item]:
    marks = [(rarity(q), label) for q, label in _MARKS if rarity(q) <= frame.x.high + 1e-9]
    items: list[Item] = []
    for i, (x, label) in enumerate(marks):
        at = frame.x.at(x)
        text = f"{label}{NARROW}%" if i == len(marks) - 1 else label
        items.append(Line(at, frame.bottom, at, frame.bottom + 4, Role.BORDER))
        items.append(Text(at, frame.bottom + 18, text, size=axis.LABEL_PX, anchor="middle"))
    return items


def _summary(curves: Sequence[tuple[Spectrum, tuple[Point, ...]]], counted: str) -> str:
    said = []
    for one, points in curves:
        samples, p50 = count(one.histogram.total), supported_quantile(one.histogram, 0.5)
        if p50 is None:
            said.append(f"{one.name}: {samples} {counted}, too few for a median")
            continue
        end = latency(points[-1][1])
        said.append(f"{one.name}: half of {samples} {counted} within {latency(p50)}, all but ten of them within {end}")
    return ". ".join(said) + "."
