"""The run-order strip: every run's value in the order the runs were made, so that drift of the machine is seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from os.path import commonprefix

from loadbench_gui.report.figures import axis
from loadbench_gui.report.figures.frame import Frame, Scale
from loadbench_gui.report.figures.scene import Circle, Item, Line, Polyline, Rect, Scene, Size, Text, empty
from loadbench_gui.report.palette import Role, series_dash, series_role

_LETTER_ROW = 16.0


@dataclass(frozen=True, slots=True)
class RunPoint:
    """One run: its deployment (index in profile order), place in the schedule, round from 0, and value if known."""

    index: int
    deployment: str
    order: int
    round: int
    value: float | None


def run_order(
    points: Sequence[RunPoint],
    size: Size,
    *,
    label: Callable[[Sequence[float]], Sequence[str]],
    words: Callable[[float | None], str],
    unit: float = 1.0,
) -> Scene:
    """Draw one dot per run over its place in the schedule; rounds are banded and each run has its initial beneath.

    label: writes the ticks of the value axis. words: writes one value, for the description.
    unit: what ticks are round multiples of, such as a MiB.
    """
    title = "Runs in the order they were made"
    values = [p.value for p in points if p.value is not None]
    if not values:
        return empty(size, title, "No run has a value of this metric.")
    ticks = [tick * unit for tick in axis.ticks_from_zero(max(values) / unit * 1.08, 4)]
    left, top, right, bottom = axis.LABEL_MARGIN, 8.0, size.width - 16.0, size.height - 28.0 - _LETTER_ROW
    slot = (right - left) / len(points)
    frame = Frame(left, top, right, bottom, Scale(0, len(points), left, right), Scale(0, ticks[-1], bottom, top))
    items: list[Item] = [*_rounds(points, frame)]
    items += axis.grid(frame, ticks, label)
    items += _threads(points, frame)
    letters = initials(tuple(dict.fromkeys(p.deployment for p in sorted(points, key=lambda p: p.index))))
    for place, point in enumerate(points):
        x = frame.x.at(place + 0.5)
        if point.value is not None:
            items.append(Circle(x, frame.y.at(point.value), 4.0, series_role(point.index), Role.SURFACE))
        if slot >= 9:
            letter = letters[point.deployment]
            items.append(Text(x, bottom + 14, letter, series_role(point.index), anchor="middle", bold=True))
    return Scene(size, tuple(items), title, _summary(points, words), frame)


def initials(names: Sequence[str]) -> dict[str, str]:
    """Give each name one character of its own: the first, past what all names begin with, that is not taken."""
    # Character by character is what is meant here.
    shared = commonprefix(list(names)) if len(names) > 1 else ""  # noqa: RUF071
    taken: dict[str, str] = {}
    for place, name in enumerate(names):
        candidates = (c.upper() for c in name.removeprefix(shared) + name if c.isalnum())
        taken[name] = next((c for c in candidates if c not in taken.values()), str(place + 1))
    return taken


def _rounds(points: Sequence[RunPoint], frame: Frame) -> list[Item]:
    """Shade every other round and number as many as have room."""
    items: list[Item] = []
    place = 0
    for number, group in groupby(points, key=lambda p: p.round):
        runs = len(list(group))
        start, end = frame.x.at(place), frame.x.at(place + runs)
        if number % 2:
            items.append(Rect(start, frame.top, end - start, frame.bottom - frame.top, Role.GRID, 0.55))
        items.append(Line(start, frame.bottom + 20, start, frame.bottom + 36, Role.BORDER))
        text = f"round {number + 1}" if end - start >= 58 else f"{number + 1}"
        items.append(Text((start + end) / 2, frame.bottom + 32, text, anchor="middle"))
        place += runs
    return items


def _threads(points: Sequence[RunPoint], frame: Frame) -> list[Item]:
    """Join the runs of each deployment, faintly, so that a trend shows."""
    items: list[Item] = []
    for index in sorted({p.index for p in points}):
        mine = [(place, p.value) for place, p in enumerate(points) if p.index == index]
        path = tuple((frame.x.at(place + 0.5), frame.y.at(v)) for place, v in mine if v is not None)
        if len(path) > 1:
            items.append(Polyline(path, series_role(index), 1.25, 0.55, series_dash(index)))
    return items


def _summary(points: Sequence[RunPoint], words: Callable[[float | None], str]) -> str:
    said = []
    for name in dict.fromkeys(p.deployment for p in points):
        values = [p.value for p in points if p.deployment == name and p.value is not None]
        if values:
            first, last, n = words(values[0]), words(values[-1]), len(values)
            said.append(f"{name}: {first} in its first run, {last} in its last of {n}")
    return "; ".join(said) + "."
