"""Latency, throughput or memory over the time of a run, one curve per deployment; warm-up is shaded, never hidden."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from loadbench_gui.report.figures import axis
from loadbench_gui.report.figures.frame import Frame, Scale
from loadbench_gui.report.figures.scene import (
    Circle,
    Item,
    Line,
    Polyline,
    Rect,
    Scene,
    Size,
    Text,
    empty,
    spread,
)
from loadbench_gui.report.palette import Role, series_dash, series_role
from loadbench_gui.report.words import MIB, latency, memory, rate, rate_figure

_OFFERED_DASH = (3.0, 3.0)


@dataclass(frozen=True, slots=True)
class Curve:
    """Values at times (s); None is a gap. index: place of the deployment in profile order. label: at the line's end."""

    index: int
    name: str
    points: tuple[tuple[float, float | None], ...]
    label: str = ""


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """The time axis: from 0 to `end_s`, the first `warmup_s` of it warm-up."""

    warmup_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class _Labels:
    """How much room labels take beside the frame."""

    left: float = axis.LABEL_MARGIN
    right: float = 16.0


def latency_over_time(curves: Sequence[Curve], time: TimeSpan, size: Size) -> Scene:
    """Draw latencies in us on a log axis; p99 is heavier than p50, and both are named at the line's end."""
    title = "Latency over time"
    values = _values(curves)
    if not values:
        return empty(size, title, "No second of this run holds enough requests for a percentile.")
    ticks = axis.log_ticks(max(1.0, min(values)), max(values))
    frame = _frame(size, time, _Labels(right=34), lambda top, bottom: Scale(ticks[0], ticks[-1], bottom, top, log=True))
    items = [*_warmup(frame, time), *axis.grid(frame, ticks, axis.latency_labels)]
    items += axis.time_axis(frame)
    for curve in curves:
        heavy = curve.label != "p50"
        items += _stroke(curve, frame, width=2.0 if heavy else 1.25, opacity=1.0 if heavy else 0.7)
    return Scene(size, (*items, *_end_labels(curves, frame)), title, _summary(curves, latency), frame)


def throughput_over_time(
    curves: Sequence[Curve],
    errors: Sequence[Curve],
    time: TimeSpan,
    size: Size,
    offered_rps: float | None = None,
    counted: str = "requests",
) -> Scene:
    """Draw successes per second from zero; errors per second are red, the offered rate is a thin dashed line."""
    title = "Throughput over time"
    if not _values(curves):
        return empty(size, title, "Nothing was measured.")
    ticks = axis.ticks_from_zero(max(*_values(curves), *_values(errors), offered_rps or 0.0) * 1.05)
    frame = _frame(size, time, _Labels(), lambda top, bottom: Scale(0, ticks[-1], bottom, top))
    items = [*_warmup(frame, time), *axis.grid(frame, ticks, axis.plain_labels)]
    items += axis.time_axis(frame)
    if offered_rps is not None:
        y = frame.y.at(offered_rps)
        items.append(Line(frame.left, y, frame.right, y, Role.MUTED, dash=_OFFERED_DASH))
        items.append(Text(frame.right, y - 7, f"offered {rate_figure(offered_rps)}", anchor="end"))
    for curve in curves:
        items += _stroke(curve, frame)
    for curve in errors:
        items += _stroke(curve, frame, role=Role.ERROR)
    if errors:
        items.append(Text(frame.right, frame.bottom - 8, "errors", Role.ERROR, anchor="end", bold=True))
    return Scene(size, tuple(items), title, _summary(curves, partial(rate, counted=counted)), frame)


def memory_over_time(curves: Sequence[Curve], time: TimeSpan, size: Size) -> Scene:
    """Draw bytes from zero, in MiB."""
    title = "Memory over time"
    if not _values(curves):
        return empty(size, title, "Memory was not watched: the server was not started here.")
    ticks = [tick * MIB for tick in axis.ticks_from_zero(max(_values(curves)) / MIB * 1.05, 4)]
    frame = _frame(size, time, _Labels(), lambda top, bottom: Scale(0, ticks[-1], bottom, top))
    items = [*_warmup(frame, time), *axis.grid(frame, ticks, axis.memory_labels), *axis.time_axis(frame)]
    for curve in curves:
        items += _stroke(curve, frame)
    return Scene(size, tuple(items), title, _summary(curves, memory), frame)


def _frame(size: Size, time: TimeSpan, labels: _Labels, y: Callable[[float, float], Scale]) -> Frame:
    left, top, right, bottom = labels.left, 12.0, size.width - labels.right, size.height - 28.0
    return Frame(left, top, right, bottom, Scale(0.0, time.end_s, left, right), y(top, bottom))


def _warmup(frame: Frame, time: TimeSpan) -> list[Item]:
    if time.warmup_s <= 0:
        return []
    end = frame.x.at(time.warmup_s)
    shade = Rect(frame.left, frame.top, end - frame.left, frame.bottom - frame.top, Role.GRID, 0.6)
    room = end - frame.left > 58
    return [shade, Text(frame.left + 6, frame.top + 13, "warm-up")] if room else [shade]


def _stroke(
    curve: Curve, frame: Frame, *, width: float = 1.75, opacity: float = 1.0, role: Role | None = None
) -> list[Item]:
    colour = role or series_role(curve.index)
    items: list[Item] = []
    for part in _parts(curve):
        points = tuple((frame.x.at(t), frame.y.at(v)) for t, v in part)
        if len(points) == 1:
            items.append(Circle(*points[0], r=width, fill=colour, opacity=opacity))
        else:
            items.append(Polyline(points, colour, width, opacity, series_dash(curve.index)))
    return items


def _parts(curve: Curve) -> list[list[tuple[float, float]]]:
    """Cut a curve at its gaps."""
    parts: list[list[tuple[float, float]]] = []
    before: float | None = None
    for t, v in curve.points:
        if v is not None:
            if before is None:
                parts.append([])
            parts[-1].append((t, v))
        before = v
    return parts


def _end_labels(curves: Sequence[Curve], frame: Frame) -> list[Item]:
    named = [(c, last) for c in curves if c.label and (last := _last(c)) is not None]
    wanted = [frame.y.at(value) + 4 for _, (_, value) in named]
    heights = spread(wanted, 12.0, frame.top + 8, frame.bottom + 4)
    return [
        Text(frame.x.at(t) + 6, y, curve.label, series_role(curve.index), bold=curve.label == "p99")
        for (curve, (t, _)), y in zip(named, heights, strict=True)
    ]


def _last(curve: Curve) -> tuple[float, float] | None:
    return next(((t, v) for t, v in reversed(curve.points) if v is not None), None)


def _values(curves: Sequence[Curve]) -> list[float]:
    return [v for curve in curves for _, v in curve.points if v is not None]


def _summary(curves: Sequence[Curve], words: Callable[[float | None], str]) -> str:
    """Say of each curve how low and how high it went."""
    said = []
    for curve in curves:
        values = [v for _, v in curve.points if v is not None]
        if values:
            name = f"{curve.name} {curve.label}".strip()
            said.append(f"{name} between {words(min(values))} and {words(max(values))}")
    return "; ".join(said) + "." if said else ""
