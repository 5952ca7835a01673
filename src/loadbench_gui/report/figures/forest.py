"""The forest plot: how each deployment differs from the baseline in each metric, with interval and threshold.

x is the ratio on a log axis, labelled as a difference, so that twice as much and half as much stand equally far out.
The shaded band behind a metric is the difference that its reader said would not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from loadbench_gui.core.verdict import MetricVerdict
from loadbench_gui.report.figures.axis import LABEL_PX
from loadbench_gui.report.figures.frame import Scale
from loadbench_gui.report.figures.scene import (
    Circle,
    Item,
    Line,
    Rect,
    Scene,
    Size,
    Text,
    empty,
    shortened,
    text_width,
)
from loadbench_gui.report.palette import Role, series_dash, series_role
from loadbench_gui.report.words import METRIC_LABELS, VERDICT_WORDS, change, change_interval

_SUB_ROW = 19.0
_GAP = 14.0
_TOP, _BOTTOM, _LABELS, _FIGURES = 8.0, 30.0, 118.0, 78.0
_WIDEST_LABELS, _BOLD = 170.0, 1.05
_CANDIDATES = (1, 0.5, 2, 0.25, 4, 0.75, 1.5, 0.1, 10, 0.9, 1.1, 1.25, 0.6, 0.8, 0.95, 1.05, 0.02, 50, 0.98, 1.02)
_FURTHEST = 50.0


def height_for(metrics: Sequence[MetricVerdict]) -> float:
    """Return the height in px that these rows need to be read in comfort."""
    return _TOP + _BOTTOM + sum(_SUB_ROW * len(group) + _GAP for group in _groups(metrics))


def forest(metrics: Sequence[MetricVerdict], deployments: Sequence[str], size: Size) -> Scene:
    """Draw one group of rows per metric, one row per deployment other than the baseline.

    metrics: verdicts of one workload, in the order to be shown; deployments: names in profile order.
    """
    title = "Difference from the baseline"
    if not metrics:
        return empty(size, title, "There is nothing to compare yet.")
    scale = _scale(metrics, size)
    groups = _groups(metrics)
    spare = max(0.0, size.height - height_for(metrics)) / len(groups)
    items: list[Item] = []
    y = _TOP
    for group in groups:
        height = _SUB_ROW * len(group) + _GAP + spare
        items += _band(group[0], scale, y, height)
        items += _rows(group, deployments, scale, y + height / 2 - _SUB_ROW * (len(group) - 1) / 2)
        items.append(Text(0, y + height / 2 + 4, _label(group[0]), Role.TEXT, 12, bold=group[0].primary))
        y += height
    baseline = scale.at(1.0)
    bands = [item for item in items if isinstance(item, Rect)]
    marks = [item for item in items if not isinstance(item, Rect)]
    line = Line(baseline, _TOP, baseline, y, Role.MUTED)
    return Scene(size, (*bands, line, *marks, *_ticks(scale, y)), title, " ".join(m.sentence for m in metrics))


def _groups(metrics: Sequence[MetricVerdict]) -> list[list[MetricVerdict]]:
    return [list(group) for _, group in groupby(metrics, key=lambda m: m.metric)]


def _label(metric: MetricVerdict) -> str:
    return shortened(METRIC_LABELS[metric.metric], _WIDEST_LABELS - 8, 12)


def _labels(metrics: Sequence[MetricVerdict]) -> float:
    """Return the room in px that the names need, within bounds."""
    widest = max(text_width(METRIC_LABELS[m.metric], 12) * (_BOLD if m.primary else 1) for m in metrics)
    return min(max(_LABELS, widest + 8), _WIDEST_LABELS)


def _scale(metrics: Sequence[MetricVerdict], size: Size) -> Scale:
    """Span every interval and every band, with room beside them."""
    seen = [1 + m.delta for m in metrics] + [1 / (1 + m.delta) for m in metrics]
    for m in metrics:
        seen += [*(m.ci95 or ()), *((m.ratio,) if m.ratio else ())]
    low, high = max(min(seen), 1 / _FURTHEST), min(max(seen), _FURTHEST)
    room = (high / low) ** 0.06
    return Scale(low / room, high * room, _labels(metrics) + 12, size.width - _FIGURES - 10, log=True)


def _band(metric: MetricVerdict, scale: Scale, y: float, height: float) -> list[Item]:
    left, right = scale.at(1 - metric.delta), scale.at(1 + metric.delta)
    return [Rect(left, y, right - left, height, Role.BORDER, 0.6)]


def _rows(group: Sequence[MetricVerdict], deployments: Sequence[str], scale: Scale, y: float) -> list[Item]:
    items: list[Item] = []
    for i, metric in enumerate(group):
        index = deployments.index(metric.deployment)
        items += _mark(metric, index, scale, y + i * _SUB_ROW)
    return items


def _mark(metric: MetricVerdict, index: int, scale: Scale, y: float) -> list[Item]:
    colour = series_role(index)
    if metric.ratio is None:
        word = VERDICT_WORDS[metric.verdict]
        right = scale.end + _FIGURES + 8
        dot = Circle(right - text_width(word) - 6, y, 3, colour)
        return [dot, Text(right, y + 4, word, Role.WARNING, anchor="end")]
    items: list[Item] = []
    if metric.ci95 is not None:
        low, high = (scale.at(bound) for bound in metric.ci95)
        items.append(Line(low, y, high, y, colour, 2.0, dash=series_dash(index)))
        items += [Line(x, y - 4, x, y + 4, colour, 1.5) for x in (low, high)]
    items.append(Circle(scale.at(metric.ratio), y, 4.5, colour))
    items.append(Text(scale.end + _FIGURES + 8, y + 4, change(metric.ratio), Role.TEXT, 11, "end"))
    return items


def _ticks(scale: Scale, bottom: float) -> list[Item]:
    """Label round differences, the most telling first, as many as fit."""
    taken: list[tuple[float, float]] = []
    items: list[Item] = []
    for ratio in _CANDIDATES:
        if not scale.low <= ratio <= scale.high:
            continue
        text = "baseline" if ratio == 1 else f"×{ratio:g}" if ratio >= 4 else change(ratio).replace(".0", "")
        at, half = scale.at(ratio), text_width(text, LABEL_PX) / 2 + 5
        if all(at + half < low or at - half > high for low, high in taken):
            taken.append((at - half, at + half))
            items.append(Line(at, bottom, at, bottom + 4, Role.BORDER))
            items.append(Text(at, bottom + 18, text, size=LABEL_PX, anchor="middle"))
    return items


def rows_as_text(metrics: Sequence[MetricVerdict]) -> list[tuple[str, str, str, str]]:
    """Return (metric, deployment, difference, interval) per row: the table behind the picture."""
    return [(METRIC_LABELS[m.metric], m.deployment, change(m.ratio), change_interval(m.ci95)) for m in metrics]
