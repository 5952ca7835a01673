"""Ctrl+K: type a few letters of anything that can be done, Enter does it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from loadbench_gui.ui.theme import Theme, font
from loadbench_gui.ui.widgets.card import Card


def matches(query: str, title: str) -> bool:
    """Whether the letters of `query` occur in `title` in this order, case and spaces aside."""
    rest = iter(title.lower())
    return all(letter in rest for letter in query.lower() if not letter.isspace())


class CommandPalette(QDialog):
    """Opened with `open_with`; closes itself when something was chosen or Escape pressed."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAccessibleName("Command palette")
        self._actions: list[QAction] = []
        card = Card(theme)
        self.field = QLineEdit()
        self.field.setPlaceholderText("What do you want to do?")
        self.field.setAccessibleName("Search for an action")
        self.field.setFont(font(15))
        self.field.setMinimumHeight(36)
        self.list = QListWidget()
        self.list.setFrameShape(QListWidget.Shape.NoFrame)
        self.list.setAccessibleName("Actions")
        self.list.setUniformItemSizes(True)
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

    def _filter(self, query: str) -> None:
        self.list.clear()
        for action in self._actions:
            if matches(query, plain(action)):
                shortcut = action.shortcut().toString()
                item = QListWidgetItem(f"{plain(action)}    {shortcut}" if shortcut else plain(action))
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
    """Return an action's words without the mark of its mnemonic."""
    return action.text().replace("&", "")
