"""A live chart: axes with our own ticks, lines that are created once, and the shared cursor on top.

pyqtgraph has the scene: a view box over the plot with its curves and its image. It is kept as two pictures: what
changes with the axes, and on top of it what changes with the data. So new data repaint the lines of one chart and
nothing else, and a moving cursor repaints none. Ranges move in steps, pens are 1 px wide, no line has more than 600
points, and nothing is created or removed while a run goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QGraphicsView, QSizePolicy, QWidget

from loadbench_gui.report.figures.axis import log_ticks, nice_ticks, second_labels
from loadbench_gui.report.palette import Role
from loadbench_gui.ui.charts.axes import Axes
from loadbench_gui.ui.charts.cursor import Cursor, Overlay, Trace
from loadbench_gui.ui.charts.curve import Curve
from loadbench_gui.ui.theme import Theme

Floats = NDArray[np.float64]
Label = Callable[[Sequence[float]], Sequence[str]]
LEFT_PX = 62.0
RIGHT_PX = 40.0
TOP_PX = 6.0
BOTTOM_PX = 26.0
BARE_BOTTOM_PX = 6.0


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
        self._up: tuple[tuple[float, str], ...] = ()
        self._warmup_s = 0.0
        self._step_s = 0.25
        self._behind: QPixmap | None = None
        self._picture: QPixmap | None = None
        self._view = pg.ViewBox(enableMouse=False, enableMenu=False, defaultPadding=0.0)
        self._view.disableAutoRange()
        self.setCentralItem(None)
        self.addItem(self._view)
        # What changed is said once, by `spoil`: the scene would ask for a picture at each of the lines.
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.NoViewportUpdate)
        self._place()
        self.overlay = Overlay(self, theme, cursor, self.plot_area, self.to_px)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(180, 56)
        self.setMouseTracking(True)
        # Nothing beneath shows through, so nothing beneath is painted when this is.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        theme.changed.connect(self._on_axes)

    def sizeHint(self) -> QSize:
        """As much as a quarter of the board is, so that splitters share what there is."""
        return QSize(640, 480)

    def add_item(self, item: pg.GraphicsObject) -> None:
        """Put something into the plot, over what is there; only while the chart is built."""
        self._view.addItem(item, ignoreBounds=True)

    def add_curve(self) -> Curve:
        """Create a curve; only while the chart is built."""
        curve = Curve(self.spoil)
        self.add_item(curve.item)
        return curve

    def spoil(self) -> None:
        """Paint the data anew, once for all that is said to have changed until then."""
        self._picture = None
        self.viewport().update()

    def _on_axes(self) -> None:
        self._place()
        self._behind = None
        self.spoil()

    def set_x(self, span: tuple[float, float]) -> None:
        """Show these seconds; call it when a step is due, not every tick."""
        self._x = span
        self._on_axes()

    def label_time(self, *, wanted: bool) -> None:
        """Write the seconds beneath the plot, or leave them to the plot beneath it."""
        if wanted != self._time_labels:
            self._time_labels = wanted
            self._on_axes()

    def set_run(self, low_s: float, high_s: float, warmup_s: float) -> None:
        """Show a stretch of a run, with its warm-up marked."""
        if (low_s, high_s) != self._x or warmup_s != self._warmup_s:
            self._warmup_s = warmup_s
            self.set_x((low_s, high_s))

    def set_log_range(self, low: float, high: float) -> None:
        """Show at least these values with a little room around, from one round tick to another."""
        self.set_y(log_ticks(low * 0.9, high * 1.1))

    def set_y(self, ticks: Sequence[float]) -> None:
        """Show the values from the first tick to the last; nothing happens when they are shown already."""
        low, high = ticks[0], ticks[-1]
        if (low, high) == self._y and self._up:
            return
        self._y = (low, high)
        self._up = tuple(zip(ticks, self._label(ticks), strict=True))
        self._on_axes()

    def forget(self) -> None:
        """Take away what belongs to the data: ticks, read-out and words. Lines are cleared by whoever has them."""
        self._y, self._up = (0.0, 1.0), ()
        self._on_axes()
        self.show_traces((), "")

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
        return -1.0 / self._scale.y()

    def show_traces(self, traces: tuple[Trace, ...], summary: str, message: str = "") -> None:
        """Hand the read-out its series, and a reader of the screen its words."""
        self.overlay.traces, self.overlay.message = traces, message
        if summary != self.accessibleDescription():
            self.setAccessibleDescription(summary)
        self.viewport().update()  # the overlay lies on it; asked for by itself, both would be painted twice

    def plot_area(self) -> QRectF:
        """Return the plot's rectangle in px of this widget."""
        return self._area

    def to_px(self, x: float, y: float) -> QPointF:
        """Map a moment and a value to px of this widget."""
        value = self.axis_value(y) if y or not self._log else 0.0
        return QPointF(self._origin.x() + x * self._scale.x(), self._origin.y() + value * self._scale.y())

    def _place(self) -> None:
        """Work out where the plot lies, and how large a second and a unit of the axis are in px."""
        beneath = BOTTOM_PX if self._time_labels else BARE_BOTTOM_PX
        across, up = self.width() - LEFT_PX - RIGHT_PX, self.height() - TOP_PX - beneath
        area = QRectF(LEFT_PX, TOP_PX, max(1.0, across), max(1.0, up))
        low, high = (self.axis_value(value) for value in self._y)
        right, down = area.width() / max(1e-9, self._x[1] - self._x[0]), -area.height() / max(1e-9, high - low)
        self._area, self._scale = area, QPointF(right, down)
        self._origin = QPointF(area.left() - self._x[0] * right, area.bottom() - low * down)
        self._view.setGeometry(area)
        self._view.setRange(xRange=self._x, yRange=(low, high), padding=0.0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Show the picture, made anew where it is not what the data are any more."""
        if self._behind is None:
            self._behind = self._paint_axes()
        if self._picture is None:
            self._picture = self._paint_data(self._behind)
        QPainter(self.viewport()).drawPixmap(0, 0, self._picture)

    def _paint_axes(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        made = QPixmap(self.size() * ratio)
        made.setDevicePixelRatio(ratio)
        made.fill(self.theme.color(Role.SURFACE))
        painter = QPainter(made)
        self._axes().paint(painter, self.theme)
        painter.end()
        return made

    def _axes(self) -> Axes:
        seconds = nice_ticks(*self._x, max(4, int(self.width() / 75)))
        labels = second_labels(seconds) if self._time_labels else [""] * len(seconds)
        across = tuple((self.to_px(t, 1.0).x(), words) for t, words in zip(seconds, labels, strict=True))
        up = tuple((self.to_px(0.0, tick).y(), words) for tick, words in self._up)
        warm_px = self.to_px(min(self._warmup_s, self._x[1]), 1.0).x() if self._warmup_s > self._x[0] else None
        return Axes(self.plot_area(), across, up, warm_px)

    def _paint_data(self, behind: QPixmap) -> QPixmap:
        made = QPixmap(behind)
        painter = QPainter(made)
        self.scene().prepareForPaint()
        self.scene().render(painter, QRectF(self.rect()), QRectF(self.rect()))
        painter.end()
        return made

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep the overlay as large as the chart and the ticks as many as fit."""
        super().resizeEvent(event)
        if event is not None:  # pyqtgraph calls this itself while there is no chart yet
            self.overlay.setGeometry(self.rect())
            self._on_axes()

    def event(self, event: QEvent) -> bool:
        """Paint anew on a screen of another density."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._on_axes()
        return super().event(event)

    def close(self) -> bool:
        """Close it as any widget is; pyqtgraph takes the scene apart, and what is shown once more then has none."""
        return QWidget.close(self)

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
