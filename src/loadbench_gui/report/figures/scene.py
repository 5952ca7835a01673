"""A chart as plain geometry: what a browser shows as SVG and the window paints is the same picture.

Coordinates are px from the top left corner; colours are roles. A figure is laid out for the size it is asked for,
so a window calls it again when it is resized instead of stretching text. Items are painted in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from loadbench_gui.report.figures.frame import Frame
from loadbench_gui.report.palette import Dash, Role

Anchor: TypeAlias = Literal["start", "middle", "end"]
Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in px."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Line:
    """A straight stroke."""

    x1: float
    y1: float
    x2: float
    y2: float
    stroke: Role
    width: float = 1.0
    opacity: float = 1.0
    dash: Dash = ()


@dataclass(frozen=True, slots=True)
class Polyline:
    """An open stroke through at least two points, without fill, with round joins."""

    points: tuple[Point, ...]
    stroke: Role
    width: float = 1.5
    opacity: float = 1.0
    dash: Dash = ()


@dataclass(frozen=True, slots=True)
class Rect:
    """A filled rectangle with corners of `radius`."""

    x: float
    y: float
    width: float
    height: float
    fill: Role
    opacity: float = 1.0
    radius: float = 0.0


@dataclass(frozen=True, slots=True)
class Circle:
    """A dot; with `stroke` it has an outline of 1.5 px."""

    cx: float
    cy: float
    r: float
    fill: Role
    stroke: Role | None = None
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; `y` is its baseline, `size` in px, figures always tabular."""

    x: float
    y: float
    text: str
    fill: Role = Role.MUTED
    size: float = 11.0
    anchor: Anchor = "start"
    bold: bool = False


Item: TypeAlias = Line | Polyline | Rect | Circle | Text


@dataclass(frozen=True, slots=True)
class Scene:
    """A finished picture. title: what it shows; description: what can be read off it, for those who cannot see it.

    plot: where values lie, for a cursor's read-out; None where there is nothing to point at.
    """

    size: Size
    items: tuple[Item, ...]
    title: str
    description: str = ""
    plot: Frame | None = None


def text_width(text: str, size: float = 11.0) -> float:
    """Estimate the width in px of `text`, on the wide side of common UI fonts, so that labels never collide."""
    narrow = sum(c in " .,:;'|!iljtfI\u202f" for c in text)
    return size * (0.62 * (len(text) - narrow) + 0.36 * narrow)


def shortened(text: str, room: float, size: float = 11.0) -> str:
    """Cut `text` with an ellipsis so that it fits into `room` px."""
    if text_width(text, size) <= room:
        return text
    while text and text_width(text + "…", size) > room:
        text = text[:-1]
    return text + "…"


def empty(size: Size, title: str, message: str) -> Scene:
    """Return a picture that says why there is nothing to see."""
    text = Text(size.width / 2, size.height / 2, message, size=12, anchor="middle")
    return Scene(size, (text,), title, message)


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move label positions apart until they are `gap` px from one another, as near to `wanted` as that allows.

    The order of `wanted` is kept; the result stays inside [low, high] as long as there is room at all.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed: list[float] = []
    for i in order:
        placed.append(max(wanted[i], low if not placed else placed[-1] + gap))
    limit = high
    for position in reversed(range(len(placed))):
        placed[position] = min(placed[position], limit)
        limit = placed[position] - gap
    result = [0.0] * len(wanted)
    for position, i in enumerate(order):
        result[i] = placed[position]
    return result
