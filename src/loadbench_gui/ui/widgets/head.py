"""The first row of a card: title and caption at the left, what belongs to them at the right, or else beneath."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtWidgets import QLabel, QLayout, QLayoutItem

APART = 10
BETWEEN_LINES = 3


class Head(QLayout):
    """The first two widgets are title and caption; all others go to the right, and to a second line where it is tight.

    A caption that says what a chart shows must not give way to words beside it. Once there are two lines it stays so
    until the width changes, because a chart that grows and shrinks with its caption cannot be read.
    """

    def __init__(self) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self._broken_at = -1

    def addItem(self, item: QLayoutItem) -> None:
        """Append an item."""
        self._items.append(item)

    def count(self) -> int:
        """How many items there are."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Return an item."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Remove an item and return it."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """It grows to the sides only."""
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:
        """Narrower may mean higher."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of one line, or of two."""
        margins = self.contentsMargins()
        high = self._line(self._left)
        if self._breaks(width - margins.left() - margins.right()):
            high += BETWEEN_LINES + self._line(self._right)
        else:
            high = max(high, self._line(self._right))
        return high + margins.top() + margins.bottom()

    def sizeHint(self) -> QSize:
        """Return what everything takes side by side."""
        margins = self.contentsMargins()
        shown = (*self._left, *self._right)
        return QSize(self._wide(shown) + margins.left() + margins.right(), self._line(shown))

    def minimumSize(self) -> QSize:
        """Everything but the title may be cut short."""
        margins = self.contentsMargins()
        title = self._items[0].minimumSize() if self._items else QSize()
        return QSize(title.width() + margins.left() + margins.right(), self._line(self._left))

    def setGeometry(self, rect: QRect) -> None:
        """Place the items."""
        super().setGeometry(rect)
        inside = rect.marginsRemoved(self.contentsMargins())
        left, right = self._left, self._right
        for item in self._items[2:]:
            if item not in right:
                item.setGeometry(QRect(inside.left(), inside.top(), 0, 0))
        if self._breaks(inside.width()):
            self._broken_at = inside.width()
            upper, lower = self._line(left), self._line(right)
            self._row(left, QRect(inside.left(), inside.top(), inside.width(), upper))
            self._row(right, QRect(inside.left(), inside.top() + upper + BETWEEN_LINES, inside.width(), lower))
            return
        self._broken_at = -1
        aside = self._wide(right)
        self._row(left, inside.adjusted(0, 0, -(aside + APART if right else 0), 0))
        self._row(right, QRect(inside.right() + 1 - aside, inside.top(), aside, inside.height()))

    def _row(self, items: list[QLayoutItem], rect: QRect) -> None:
        """Place items side by side, each as wide as it wants to be while there is room."""
        x, end = rect.left(), rect.right() + 1
        for item in items:
            width = max(0, min(_wish(item).width(), end - x))
            item.setGeometry(QRect(x, rect.top(), width, rect.height()))
            x += width + APART

    def _breaks(self, width: int) -> bool:
        right = self._right
        return bool(right) and (width == self._broken_at or self._wide((*self._left, *right)) > width)

    @property
    def _left(self) -> list[QLayoutItem]:
        return self._items[:2]

    @property
    def _right(self) -> list[QLayoutItem]:
        return [item for item in self._items[2:] if not item.isEmpty() and _says_something(item)]

    @staticmethod
    def _wide(items: tuple[QLayoutItem, ...] | list[QLayoutItem]) -> int:
        return sum(_wish(item).width() for item in items) + APART * max(0, len(items) - 1)

    @staticmethod
    def _line(items: tuple[QLayoutItem, ...] | list[QLayoutItem]) -> int:
        return max((_wish(item).height() for item in items), default=0)


def _wish(item: QLayoutItem) -> QSize:
    """Return how large an item wants to be; an item of a widget that may be cut short says that it wants nothing."""
    widget = item.widget()
    return widget.sizeHint() if widget is not None else item.sizeHint()


def _says_something(item: QLayoutItem) -> bool:
    widget = item.widget()
    return bool(widget.text()) if isinstance(widget, QLabel) else _wish(item).width() > 0
