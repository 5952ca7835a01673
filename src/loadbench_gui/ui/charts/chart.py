"""A live chart: axes with our own ticks, our own grid, curves that are created once, and the shared cursor on top.

Measured: pyqtgraph's grid with a sliding window cost 70 % of a core. So ranges move in steps, pens are 1 px wide,
no curve has more than 600 points, the logarithm is taken here, and nothing is created or removed while a run goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QStyleOptionGraphicsItem, QWidget

from loadbench_gui.report.figures.axis import log_ticks, nice_ticks, second_labels
from loadbench_gui.report.palette import Role
from loadbench_gui.ui.charts.cursor import Cursor, Overlay, Trace
from loadbench_gui.ui.theme import Theme, font

Floats = NDArray[np.float64]
Label = Callable[[Sequence[float]], Sequence[str]]
LEFT_PX = 62.0
RIGHT_PX = 40.0


class Grid(pg.GraphicsObject):
    """Horizontal lines at the ticks, and a quiet band where the warm-up was."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.lines: tuple[float, ...] = ()
        self.warmup_s = 0.0
        self._shown = QRectF(0.0, 0.0, 1.0, 1.0)
        self.setZValue(-10)

    def cover(self, shown: QRectF) -> None:
        """Take up what is visible, in the plot's own coordinates."""
        if shown != self._shown:
            self.prepareGeometryChange()
            self._shown = shown
        self.update()

    def boundingRect(self) -> QRectF:
        """Whatever is visible."""
        return self._shown

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Paint band and lines."""
        view = self._shown
        if self.warmup_s > view.left():
            band = QRectF(view.left(), view.top(), self.warmup_s - view.left(), view.height())
            painter.fillRect(band, self._theme.color(Role.GRID, 0.55))
        pen = QPen(self._theme.color(Role.GRID), 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        for y in self.lines:
            painter.drawLine(QPointF(view.left(), y), QPointF(view.right(), y))


class Chart(pg.GraphicsView):
    """One plot over the seconds of a run. `log` charts take values above zero and show them on a log axis."""

    def __init__(
        self, theme: Theme, cursor: Cursor, name: str, label: Label, *, log: bool = False, time_labels: bool = True
    ) -> None:
        super().__init__(background=None)
        self.theme, self.crosshair, self._label, self._log = theme, cursor, label, log
        self._time_labels = time_labels
        self._x = (0.0, 10.0)
        self._y = (0.0, 1.0)
        self._step_s = 0.25
        self._axes = {"left": _axis("left", LEFT_PX), "bottom": _axis("bottom", _bottom(time_labels))}
        self._view = pg.ViewBox(enableMouse=False, enableMenu=False, defaultPadding=0.0)
        self._plot = pg.PlotItem(viewBox=self._view, axisItems=self._axes, enableMenu=False)
        self._plot.hideButtons()
        self._plot.setContentsMargins(0, 6, RIGHT_PX, 0)
        self.setCentralItem(self._plot)
        self._view.disableAutoRange()
        self.grid = Grid(theme)
        self._view.addItem(self.grid, ignoreBounds=True)
        self.overlay = Overlay(self, theme, cursor, self.plot_area, self.to_px)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(180, 56)
        self.setMouseTracking(True)
        self.recolor()
        theme.changed.connect(self.recolor)
        self.set_x(self._x)
        self._view.setRange(yRange=self._y, padding=0.0)
        self._axes["left"].setTicks([[]])

    def recolor(self) -> None:
        """Take the colours of the scheme in force."""
        self.setBackground(self.theme.color(Role.SURFACE))
        for axis in self._axes.values():
            axis.setTextPen(QPen(self.theme.color(Role.MUTED)))
        self.grid.update()

    def add_image(self, image: pg.ImageItem) -> None:
        """Put an image beneath the curves; only while the chart is built."""
        self._plot.addItem(image, ignoreBounds=True)

    def add_curve(self) -> pg.PlotCurveItem:
        """Create a curve; only while the chart is built."""
        curve = pg.PlotCurveItem(antialias=True, connect="finite", skipFiniteCheck=False)
        self._plot.addItem(curve, ignoreBounds=True)
        return curve

    def set_x(self, span: tuple[float, float]) -> None:
        """Show these seconds; call it when a step is due, not every tick."""
        self._x = span
        self._view.setRange(xRange=span, padding=0.0)
        self._cover()
        ticks = nice_ticks(*span, max(4, int(self.width() / 75)))
        labels = second_labels(ticks) if self._time_labels else [""] * len(ticks)
        self._axes["bottom"].setTicks([list(zip(ticks, labels, strict=True))])

    def label_time(self, *, wanted: bool) -> None:
        """Write the seconds beneath the plot, or leave them to the plot beneath it."""
        if wanted != self._time_labels:
            self._time_labels = wanted
            self._axes["bottom"].setHeight(_bottom(wanted))
            self.set_x(self._x)

    def set_run(self, low_s: float, high_s: float, warmup_s: float) -> None:
        """Show a stretch of a run, with its warm-up marked."""
        if (low_s, high_s) != self._x or warmup_s != self.grid.warmup_s:
            self.grid.warmup_s = warmup_s
            self.set_x((low_s, high_s))

    def set_log_range(self, low: float, high: float) -> None:
        """Show at least these values with a little room around, from one round tick to another."""
        self.set_y(log_ticks(low * 0.9, high * 1.1))

    def set_y(self, ticks: Sequence[float]) -> None:
        """Show the values from the first tick to the last; nothing happens when they are shown already."""
        low, high = ticks[0], ticks[-1]
        if (low, high) == self._y and self.grid.lines:
            return
        self._y = (low, high)
        self.grid.lines = tuple(self.axis_value(t) for t in ticks)
        self._axes["left"].setTicks([list(zip(self.grid.lines, self._label(ticks), strict=True))])
        self._view.setRange(yRange=(self.axis_value(low), self.axis_value(high)), padding=0.0)
        self._cover()

    def _cover(self) -> None:
        low, high = (self.axis_value(value) for value in self._y)
        self.grid.cover(QRectF(self._x[0], low, self._x[1] - self._x[0], high - low))

    @property
    def y_range(self) -> tuple[float, float]:
        """The values at the bottom and the top."""
        return self._y

    def axis_value(self, value: float) -> float:
        """Return where a value lies on the plot's axis."""
        return float(np.log10(max(value, 1e-12))) if self._log else value

    def axis_values(self, values: Floats) -> Floats:
        """Return where values lie on the plot's axis; zeros and gaps become gaps on a log axis."""
        if not self._log:
            return values
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(values > 0, np.log10(values), np.nan)

    def pixel_height(self) -> float:
        """Return how much of the axis one pixel covers."""
        low, high = (self.axis_value(v) for v in self._y)
        return (high - low) / max(1.0, self.plot_area().height())

    def show_traces(self, traces: tuple[Trace, ...], summary: str, message: str = "") -> None:
        """Hand the read-out its series, and a reader of the screen its words."""
        self.overlay.traces, self.overlay.message = traces, message
        if summary != self.accessibleDescription():
            self.setAccessibleDescription(summary)
        self.overlay.update()

    def plot_area(self) -> QRectF:
        """Return the plot's rectangle in px of this widget."""
        return self._view.sceneBoundingRect()

    def to_px(self, x: float, y: float) -> QPointF:
        """Map a moment and a value to px of this widget."""
        area, value = self.plot_area(), self.axis_value(y) if y or not self._log else 0.0
        low, high = self.axis_value(self._y[0]), self.axis_value(self._y[1])
        across = (x - self._x[0]) / max(1e-9, self._x[1] - self._x[0])
        up = (value - low) / max(1e-9, high - low)
        return QPointF(area.left() + across * area.width(), area.bottom() - up * area.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the overlay as large as the chart and the ticks as many as fit."""
        super().resizeEvent(event)
        if hasattr(self, "overlay"):
            self.overlay.setGeometry(self.rect())
            self.set_x(self._x)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the shared cursor; pyqtgraph's own hover machinery is left out."""
        area = self.plot_area()
        if area.contains(event.position()):
            share = (event.position().x() - area.left()) / area.width()
            self.crosshair.move_to(self._x[0] + share * (self._x[1] - self._x[0]))
        else:
            self.crosshair.move_to(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Only take the focus."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Nothing is dragged here."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to whatever scrolls around the chart."""
        event.ignore()

    def leaveEvent(self, event: QEvent) -> None:
        """Take the cursor away with the pointer."""
        self.crosshair.move_to(None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show who listens to the arrow keys, unless it was a click that brought the focus."""
        self.overlay.focused = event.reason() is not Qt.FocusReason.MouseFocusReason
        self.overlay.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Give the arrow keys away."""
        self.overlay.focused = False
        self.overlay.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right move the cursor by one point, Escape takes it away."""
        match event.key():
            case Qt.Key.Key_Left | Qt.Key.Key_Right:
                step = self._step_s if event.key() == Qt.Key.Key_Right else -self._step_s
                at = self.crosshair.at_s
                self.crosshair.move_to(min(self._x[1], max(self._x[0], (self._x[1] if at is None else at) + step)))
            case Qt.Key.Key_Escape if self.crosshair.at_s is not None:
                self.crosshair.move_to(None)
            case _:
                event.ignore()


def _axis(side: str, extent: float) -> pg.AxisItem:
    axis = pg.AxisItem(side, maxTickLength=0)
    axis.setStyle(
        tickFont=font(11), tickTextOffset=8, autoExpandTextSpace=False, hideOverlappingLabels=False, tickAlpha=0
    )
    axis.setPen(QPen(QColor(0, 0, 0, 0)))
    axis.setTickPen(QPen(QColor(0, 0, 0, 0)))
    if side == "left":
        axis.setWidth(extent)
    else:
        axis.setHeight(extent)
    return axis


def _bottom(labels: bool) -> float:
    return 26.0 if labels else 6.0


def line_pen(color: QColor, dash: list[float]) -> QPen:
    """Return a cosmetic pen, 1 px wide: anything wider collapses the frame rate."""
    pen = QPen(color, 1)
    pen.setCosmetic(True)
    if dash:
        pen.setDashPattern(dash)
    return pen
