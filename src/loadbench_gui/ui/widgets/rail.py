"""The rail on the left: one entry a page, reachable by mouse, Tab and Ctrl+1..."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QVBoxLayout, QWidget

from loadbench_gui.report.palette import Role
from loadbench_gui.ui.theme import Theme, font
from loadbench_gui.ui.widgets.icons import icon_path

WIDTH = 82


class RailButton(QAbstractButton):
    """An icon over a word; checked while its page is shown."""

    def __init__(self, theme: Theme, icon: str, text: str) -> None:
        super().__init__()
        self._theme = theme
        self._path = icon_path(icon)
        self.setText(text)
        self.setAccessibleName(f"{text} page")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedSize(70, 56)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint selection, icon and word."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, box = self._theme, QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(Role.SELECTED))
            painter.drawRoundedRect(box, 8, 8)
        if self.hasFocus():
            painter.setPen(QPen(theme.color(Role.ACCENT), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, 8, 8)
        strong = self.isChecked() or self.underMouse()
        color = theme.color(Role.ACCENT if self.isChecked() else Role.TEXT if strong else Role.MUTED)
        pen = QPen(color, 1.6)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.translate(QPointF(self.width() / 2 - 11, 8))
        painter.scale(22 / 24, 22 / 24)
        painter.drawPath(self._path)
        painter.resetTransform()
        painter.setPen(color)
        painter.setFont(font(11, QFont.Weight.DemiBold if self.isChecked() else QFont.Weight.Normal))
        painter.drawText(QRectF(0, 34, self.width(), 16), Qt.AlignmentFlag.AlignCenter, self.text())

    def sizeHint(self) -> QSize:
        """Always the same."""
        return QSize(70, 56)


class Rail(QWidget):
    """The entries, top to bottom."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._group = QButtonGroup(self)
        self._buttons: dict[str, RailButton] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(6, 12, 6, 12)
        self._column.setSpacing(5)
        self._column.addStretch(1)
        self.setFixedWidth(WIDTH)
        self.setAccessibleName("Pages")
        theme.changed.connect(self.update)

    def add(self, key: str, icon: str, text: str, show: Callable[[], None], *, hint: str = "") -> None:
        """Append an entry that calls `show`."""
        button = RailButton(self._theme, icon, text)
        button.setToolTip(hint)
        button.clicked.connect(lambda _checked=False: show())
        self._group.addButton(button)
        self._buttons[key] = button
        self._column.insertWidget(self._column.count() - 1, button)

    def select(self, key: str) -> None:
        """Mark the page that is shown."""
        self._buttons[key].setChecked(True)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the surface with a border on its right."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color(Role.SURFACE))
        painter.setPen(self._theme.color(Role.BORDER))
        painter.drawLine(self.width() - 1, 0, self.width() - 1, self.height())
