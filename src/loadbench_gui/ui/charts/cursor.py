"""One cursor across all charts: where it is on the time axis, and the overlay that draws it with its read-out.

The overlay lies on top of a chart, so that moving the cursor repaints no curve.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from loadbench_gui.report.figures.scene import spread
from loadbench_gui.report.palette import Role
from loadbench_gui.ui.theme import Theme, font

Floats = NDArray[np.float64]


class Cursor(QObject):
    """A moment in seconds, shared by all charts of a page; None while the pointer is elsewhere."""

    moved = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._at_s: float | None = None

    @property
    def at_s(self) -> float | None:
        """Where the cursor stands."""
        return self._at_s

    def move_to(self, at_s: float | None) -> None:
        """Put the cursor somewhere else, or take it away."""
        if at_s != self._at_s:
            self._at_s = at_s
            self.moved.emit()


@dataclass(frozen=True, slots=True)
class Trace:
    """A series as the read-out sees it: x in s, y in its own unit, `text` writes a value with its unit.

    label: shown at the line's end when not empty.
    """

    name: str
    color: QColor
    x: Floats
    y: Floats
    text: Callable[[float], str]
    label: str = ""
    strong: bool = False

    def at(self, x: float) -> float | None:
        """Return the value nearest to `x`; None outside the data and in gaps."""
        if not len(self.x):
            return None
        i = int(np.searchsorted(self.x, x))
        if i > 0 and (i == len(self.x) or x - self.x[i - 1] < self.x[i] - x):
            i -= 1
        step = float(self.x[1] - self.x[0]) if len(self.x) > 1 else 1.0
        value = float(self.y[i])
        return None if np.isnan(value) or abs(float(self.x[i]) - x) > 1.5 * step else value


class Overlay(QWidget):
    """Cursor line, read-out and line-end labels of one chart. `plot_area` and `to_px` come from the chart."""

    def __init__(
        self,
        parent: QWidget,
        theme: Theme,
        cursor: Cursor,
        plot_area: Callable[[], QRectF],
        to_px: Callable[[float, float], QPointF],
    ) -> None:
        super().__init__(parent)
        self._theme, self._cursor = theme, cursor
        self._plot_area, self._to_px = plot_area, to_px
        self.traces: tuple[Trace, ...] = ()
        self.message = ""
        self.focused = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        cursor.moved.connect(self.update)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint everything that is not a curve."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self._plot_area()
        if self.focused:
            painter.setPen(QPen(self._theme.color(Role.ACCENT), 1.5))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)
        if self.message:
            painter.setFont(font(12))
            painter.setPen(self._theme.color(Role.MUTED))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter.value | Qt.TextFlag.TextWordWrap.value, self.message)
        self._end_labels(painter, area)
        at = self._cursor.at_s
        if at is None or not self.traces:
            return
        x = self._to_px(at, 0.0).x()
        if area.left() - 1 <= x <= area.right() + 1:
            painter.setPen(QPen(self._theme.color(Role.TEXT, 0.7), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            self._readout(painter, area, x, at)

    def _end_labels(self, painter: QPainter, area: QRectF) -> None:
        ends: list[tuple[Trace, QPointF]] = []
        for trace in self.traces:
            known = np.flatnonzero(~np.isnan(trace.y))
            if trace.label and len(known):
                ends.append((trace, self._to_px(float(trace.x[known[-1]]), float(trace.y[known[-1]]))))
        places = spread([end.y() for _, end in ends], 13.0, area.top() + 4, area.bottom() - 4)
        for (trace, end), y in zip(ends, places, strict=True):
            painter.setFont(font(11, QFont.Weight.DemiBold if trace.strong else QFont.Weight.Normal))
            painter.setPen(self._theme.color(Role.TEXT if trace.strong else Role.MUTED))
            painter.drawText(QPointF(min(end.x(), area.right()) + 6, y + 4), trace.label)

    def _readout(self, painter: QPainter, area: QRectF, x: float, at: float) -> None:
        rows = [(t, t.text(value)) for t in self.traces if (value := t.at(at)) is not None]
        if not rows:
            return
        bold, plain = font(12, QFont.Weight.DemiBold), font(12)
        names = max(QFontMetricsF(plain).horizontalAdvance(t.name) for t, _ in rows)
        values = max(QFontMetricsF(bold).horizontalAdvance(text) for _, text in rows)
        # A low chart has no room for the moment itself; its neighbours say it.
        head = 18.0 if 34 + 17.0 * len(rows) < self.height() else 0.0
        width, height = names + values + 54, 16 + head + 17.0 * len(rows)
        left = x + 8 if x + 8 + width <= self.width() else x - 8 - width
        top = max(0.0, min(area.top() + 4, self.height() - height - 1))
        box = QRectF(max(0.0, left), top, width, height)
        painter.setPen(QPen(self._theme.color(Role.BORDER), 1))
        painter.setBrush(self._theme.color(Role.SURFACE, 0.96))
        painter.drawRoundedRect(box, 6, 6)
        if head:
            painter.setFont(font(11))
            painter.setPen(self._theme.color(Role.MUTED))
            painter.drawText(QPointF(box.left() + 12, box.top() + 18), f"at {at:,.2f} s")
        for row, (trace, text) in enumerate(rows):
            y = box.top() + 18 + head + 17 * row
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(trace.color)
            painter.drawEllipse(QPointF(box.left() + 16, y - 4), 4, 4)
            painter.setPen(self._theme.color(Role.TEXT))
            painter.setFont(plain)
            painter.drawText(QPointF(box.left() + 27, y), trace.name)
            painter.setFont(bold)
            painter.drawText(QPointF(box.right() - 12 - QFontMetricsF(bold).horizontalAdvance(text), y), text)
