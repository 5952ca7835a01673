"""A line of a live chart: created once with the chart, given new points as they come."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QPen

Floats = NDArray[np.float64]


class Curve:
    """A line through at most a few hundred points; `changed` is called with new ones."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self.item = pg.PlotCurveItem(antialias=True, connect="finite")

    def set_pen(self, pen: QPen) -> None:
        """Change how the line is drawn."""
        self.item.setPen(pen)
        self._changed()

    def set_data(self, x: Floats, y: Floats) -> None:
        """Change the points: seconds, and places on the chart's axis, of which NaN is a gap. They are copied."""
        self.item.setData(x.copy(), y.copy())
        self._changed()

    def clear(self) -> None:
        """Show nothing."""
        self.set_data(np.empty(0), np.empty(0))


def line_pen(color: QColor, dash: list[float]) -> QPen:
    """Return a pen 1 px wide: anything wider collapses the frame rate."""
    pen = QPen(color, 1)
    pen.setCosmetic(True)
    if dash:
        pen.setDashPattern(dash)
    return pen
