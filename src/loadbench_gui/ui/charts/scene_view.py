"""Paints a report's scene with QPainter: the window and the exported report show the same picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from loadbench_gui.report.figures.scene import Circle, Line, Polyline, Rect, Scene, Size, Text
from loadbench_gui.report.palette import Dash, Role
from loadbench_gui.ui.theme import Theme, font


class SceneView(QWidget):
    """Asks `draw` for a scene of its own size, again whenever it is resized, and paints it."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self._draw: Callable[[Size], Scene] | None = None
        self._scene: Scene | None = None
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(260, 120)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Half a page wide."""
        return QSize(560, 300)

    def show_scene(self, draw: Callable[[Size], Scene]) -> None:
        """Show another picture: `draw` returns it for a size in px."""
        self._draw = draw
        self._lay_out()

    @property
    def scene(self) -> Scene | None:
        """What is shown."""
        return self._scene

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the figure out anew instead of stretching its text."""
        self._lay_out()

    def _lay_out(self) -> None:
        if self._draw is not None and self.width() > 0:
            self._scene = self._draw(Size(float(self.width()), float(self.height())))
            self.setAccessibleDescription(self._scene.description)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the items in order."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._scene is not None:
            paint_scene(painter, self._scene, self._theme)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.color(Role.ACCENT), 1.5))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)


def paint_scene(painter: QPainter, scene: Scene, theme: Theme) -> None:
    """Paint `scene` at the painter's origin in the colours of the scheme in force."""
    for item in scene.items:
        match item:
            case Line():
                painter.setPen(_pen(theme, item.stroke, item.width, item.opacity, item.dash))
                painter.drawLine(QPointF(item.x1, item.y1), QPointF(item.x2, item.y2))
            case Polyline():
                painter.setPen(_pen(theme, item.stroke, item.width, item.opacity, item.dash))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in item.points]))
            case Rect():
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color(item.fill, item.opacity))
                painter.drawRoundedRect(QRectF(item.x, item.y, item.width, item.height), item.radius, item.radius)
            case Circle():
                outline = _pen(theme, item.stroke, 1.5, 1.0, ()) if item.stroke else QPen(Qt.PenStyle.NoPen)
                painter.setPen(outline)
                painter.setBrush(theme.color(item.fill, item.opacity))
                painter.drawEllipse(QPointF(item.cx, item.cy), item.r, item.r)
            case Text():
                _paint_text(painter, item, theme)
            case _:
                assert_never(item)


def _pen(theme: Theme, role: Role, width: float, opacity: float, dash: Dash) -> QPen:
    pen = QPen(theme.color(role, opacity), width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    if dash:
        pen.setDashPattern([length / width for length in dash])
    return pen


def _paint_text(painter: QPainter, item: Text, theme: Theme) -> None:
    made = font(round(item.size), QFont.Weight.DemiBold if item.bold else QFont.Weight.Normal)
    painter.setFont(made)
    painter.setPen(theme.color(item.fill))
    width = QFontMetricsF(made).horizontalAdvance(item.text)
    shift = {"start": 0.0, "middle": width / 2, "end": width}[item.anchor]
    painter.drawText(QPointF(item.x - shift, item.y), item.text)
