"""Ctrl+K: type a few letters of anything that can be done, Enter does it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QKeyEvent, QPainter, QPainterPath, QRegion, QResizeEvent
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from loadbench_gui.report.palette import Role
from loadbench_gui.ui.theme import Theme, font
from loadbench_gui.ui.widgets.card import CORNER, Card


def matches(query: str, title: str) -> bool:
    """Whether the letters of `query` occur in `title` in this order, case and spaces aside."""
    rest = iter(title.lower())
    return all(letter in rest for letter in query.lower() if not letter.isspace())


class _Rows(QStyledItemDelegate):
    """Paints what can be done, and its shortcut at the right."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """High enough to be hit."""
        return QSize(0, 30)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint one row."""
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color(Role.SELECTED))
            painter.drawRoundedRect(rect, 5, 5)
        action: QAction = index.data(Qt.ItemDataRole.UserRole)
        inner = rect.adjusted(10, 0, -10, 0)
        painter.setFont(font(13))
        painter.setPen(self._theme.color(Role.TEXT))
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, plain(action))
        painter.setFont(font(12))
        painter.setPen(self._theme.color(Role.MUTED))
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(inner, right, action.shortcut().toString())
        painter.restore()


class CommandPalette(QDialog):
    """Opened with `open_with`; closes itself when something was chosen or Escape pressed."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAccessibleName("Command palette")
        self._actions: list[QAction] = []
        card = Card(theme)
        self.field = QLineEdit()
        self.field.setPlaceholderText("What do you want to do?")
        self.field.setAccessibleName("Search for an action")
        self.field.setFont(font(15))
        self.field.setMinimumHeight(36)
        self.field.setTextMargins(8, 0, 8, 0)
        self.list = QListWidget()
        self.list.setFrameShape(QListWidget.Shape.NoFrame)
        self.list.setAccessibleName("Actions")
        self.list.setUniformItemSizes(True)
        self._rows = _Rows(theme)
        self.list.setItemDelegate(self._rows)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(10, 10, 10, 10)
        inside.addWidget(self.field)
        inside.addWidget(self.list)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(card)
        self.field.textChanged.connect(self._filter)
        self.field.installEventFilter(self)
        self.field.returnPressed.connect(self._choose)
        self.list.itemClicked.connect(lambda _item: self._choose())

    def open_with(self, actions: Sequence[QAction]) -> None:
        """Show the palette over the upper part of its window."""
        self._actions = sorted(actions, key=lambda action: plain(action))
        self.field.clear()
        self._filter("")
        parent = self.parentWidget()
        if parent is not None:
            width = min(560, parent.width() - 40)
            self.resize(width, 380)
            self.move(parent.mapToGlobal(parent.rect().topLeft()))
            self.move(self.x() + (parent.width() - width) // 2, self.y() + 90)
        self.show()
        self.field.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut the corners off: without a compositor, transparency would show as black."""
        super().resizeEvent(event)
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(self.rect()), CORNER, CORNER)
        self.setMask(QRegion(outline.toFillPolygon().toPolygon()))

    def _filter(self, query: str) -> None:
        self.list.clear()
        for action in self._actions:
            if matches(query, plain(action)):
                item = QListWidgetItem(plain(action))
                item.setData(Qt.ItemDataRole.UserRole, action)
                self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _choose(self) -> None:
        item = self.list.currentItem()
        self.hide()
        if item is not None:
            action: QAction = item.data(Qt.ItemDataRole.UserRole)
            action.trigger()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up and down in the field move through the list."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
            if step:
                row = self.list.currentRow() + step
                self.list.setCurrentRow(max(0, min(self.list.count() - 1, row)))
                return True
        return super().eventFilter(watched, event)


def plain(action: QAction) -> str:
    """Return an action's words as they stand in the palette: what it does, without the mark of its mnemonic."""
    words: str = action.property("words")
    return words
