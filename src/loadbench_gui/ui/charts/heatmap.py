"""Latency heat map: how many requests took how long, moment by moment; an image with fixed levels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor

from loadbench_gui.report import words
from loadbench_gui.report.figures.axis import latency_labels
from loadbench_gui.ui.charts.chart import Chart
from loadbench_gui.ui.charts.cursor import Cursor, Floats
from loadbench_gui.ui.models.kinds import Kind
from loadbench_gui.ui.models.live import LiveModel
from loadbench_gui.ui.models.series import HEAT_DECADES, HEAT_LOW_DECADE, ROWS_PER_DECADE, T, View
from loadbench_gui.ui.theme import Theme
from loadbench_gui.ui.widgets.card import TitledCard

FULL_SHARE: Final = 0.20
"""A cell holding this share of its column's requests has the full colour: the same in every run."""


class HeatImage:
    """Cells in one colour, the stronger the more is in them; `changed` is called with new ones."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self.item = pg.ImageItem(axisOrder="col-major", levels=(0.0, 255.0))

    def recolor(self, color: QColor) -> None:
        """Show the same cells in another colour."""
        self.item.setLookupTable(color_table(color))
        self._changed()

    def show_cells(self, cells: NDArray[np.uint8], from_s: float, to_s: float) -> None:
        """Show cells of shape (moments, HEAT_ROWS), 0 for nothing to 255 for the full colour."""
        self.item.setImage(cells, autoLevels=False)
        self.item.setRect(QRectF(from_s, HEAT_LOW_DECADE, to_s - from_s, HEAT_DECADES))
        self._changed()

    def clear(self) -> None:
        """Show nothing."""
        self.item.clear()
        self._changed()


class HeatmapCard(TitledCard):
    """The chart with its card."""

    def __init__(self, theme: Theme, cursor: Cursor) -> None:
        super().__init__(theme, "Latency heat map", "share of requests")
        self.chart = Chart(theme, cursor, "Latency heat map", latency_labels, log=True)
        self.body.addWidget(self.chart)
        self._image = HeatImage(self.chart.spoil)
        self.chart.add_item(self._image.item)
        self._range: tuple[float, float] | None = None
        self._seen: tuple[int, float, float, float] | None = None
        self._index = 0
        self._recolor()
        theme.changed.connect(self._recolor)

    def forget(self) -> None:
        """Start the axis anew and clear the picture: another comparison begins."""
        self._range, self._seen = None, None
        self._image.clear()
        self.chart.forget()

    def _recolor(self) -> None:
        self._image.recolor(self.theme.series(self._index))

    def introduce(self, kind: Kind, deployment: str) -> None:
        """Say what will be drawn, and of which deployment."""
        self.title.setText(f"{kind.latency or 'Latency'} heat map")
        of = f"share of {kind.samples}"
        self.caption.setText(f"{deployment}, {of}" if deployment else of)

    def refresh(self, model: LiveModel, view: View, index: int) -> None:
        """Draw what has arrived since; `index` is the deployment's place in profile order."""
        run = model.run
        if run is None:
            return
        x = view.column(T)
        if view.key == self._seen or not len(x):
            return
        self._seen = view.key
        if index != self._index:
            self._index = index
            self._recolor()
        counts = view.heat()
        self._fit(counts)
        self._image.show_cells(shares(counts), float(x[0]) - view.level.step_s, float(x[-1]))
        self.chart.show_traces((), _summary(counts, run.kind.samples))

    def _fit(self, counts: Floats) -> None:
        rows = np.flatnonzero(counts.sum(axis=0))
        if not len(rows):
            return
        low = 10 ** (HEAT_LOW_DECADE + rows[0] / ROWS_PER_DECADE)
        high = 10 ** (HEAT_LOW_DECADE + (rows[-1] + 1) / ROWS_PER_DECADE)
        if self._range is not None:
            low, high = min(low, self._range[0]), max(high, self._range[1])
        self._range = (low, high)
        self.chart.set_log_range(low, high)


def shares(counts: Floats) -> NDArray[np.uint8]:
    """Turn counts into 0-255 by their share of their column; the square root keeps rare slow requests visible."""
    totals = np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    scaled = np.sqrt(np.minimum(counts / totals / FULL_SHARE, 1.0)) * 255
    return np.asarray(np.where(counts > 0, np.maximum(scaled, 14), 0), np.uint8)


def color_table(color: QColor) -> NDArray[np.uint8]:
    """Return 256 RGBA colours from transparent to `color`."""
    table = np.empty((256, 4), np.uint8)
    table[:, 0], table[:, 1], table[:, 2] = color.red(), color.green(), color.blue()
    table[:, 3] = np.arange(256)
    return table


def _summary(counts: Floats, samples: str) -> str:
    rows = counts.sum(axis=0)
    busiest = int(rows.argmax())
    low = 10 ** (HEAT_LOW_DECADE + busiest / ROWS_PER_DECADE)
    high = 10 ** (HEAT_LOW_DECADE + (busiest + 1) / ROWS_PER_DECADE)
    return f"Most {samples} took between {words.latency(low)} and {words.latency(high)}."
