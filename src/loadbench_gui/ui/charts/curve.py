"""A line of a live chart: created once with the chart, given new points as they come."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QDataStream, QPointF
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

Floats = NDArray[np.float64]

# How QDataStream reads a path: the number of points, each with its kind, then the last start and the fill rule.
_POINT: Final = np.dtype([("kind", ">i4"), ("x", ">f8"), ("y", ">f8")])
_COUNT: Final = struct.Struct(">i")
_END: Final = struct.pack(">ii", 0, 0)


class Curve:
    """A line through at most a few hundred points in px of the chart; `changed` is called with new ones."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._pen = QPen()
        self._x: Floats = np.empty(0)
        self._y: Floats = np.empty(0)

    def set_pen(self, pen: QPen) -> None:
        """Change how the line is drawn."""
        self._pen = pen
        self._changed()

    def set_data(self, x: Floats, y: Floats) -> None:
        """Change the points: seconds, and places on the chart's axis, of which NaN is a gap. They are copied."""
        self._x, self._y = x.copy(), y.copy()
        self._changed()

    def clear(self) -> None:
        """Show nothing."""
        self.set_data(np.empty(0), np.empty(0))

    def paint(self, painter: QPainter, origin: QPointF, scale: QPointF) -> None:
        """Draw the line; `origin` is where the axes' zero lies in px, `scale` px per second and unit of the axis."""
        if len(self._x):
            painter.setPen(self._pen)
            painter.drawPath(path(self._x * scale.x() + origin.x(), self._y * scale.y() + origin.y()))


def path(x: Floats, y: Floats) -> QPainterPath:
    """Return the path through the points; where y is NaN there is a gap."""
    known = ~np.isnan(y)
    joined = np.zeros(len(y), np.int32)
    joined[1:] = known[1:] & known[:-1]
    points = np.empty(int(known.sum()), _POINT)
    points["kind"], points["x"], points["y"] = joined[known], x[known], y[known]
    made = QPainterPath()
    if len(points):
        # A call for each point would take longer than drawing them.
        stream = QDataStream(QByteArray(_COUNT.pack(len(points)) + points.tobytes() + _END))
        stream >> made
    return made


def line_pen(color: QColor, dash: list[float]) -> QPen:
    """Return a pen 1 px wide: anything wider collapses the frame rate."""
    pen = QPen(color, 1)
    pen.setCosmetic(True)
    if dash:
        pen.setDashPattern(dash)
    return pen
