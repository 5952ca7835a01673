"""Tables on cards: no frame, thin lines between rows, one row selected at a time, Enter or a click opens it."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from loadbench_gui.report.palette import Role
from loadbench_gui.ui.theme import Theme, font


class Header(QHeaderView):
    """Muted titles over a line; an arrow where the table is sorted."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._theme = theme
        self.setFont(font(12))
        self.setFixedHeight(32)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.setHighlightSections(False)
        theme.changed.connect(self.viewport().update)

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        """Paint one title."""
        model = self.model()
        title = model.headerData(logicalIndex, Qt.Orientation.Horizontal, Qt.ItemDataRole.DisplayRole) or ""
        align = model.headerData(logicalIndex, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole)
        painter.save()
        painter.fillRect(rect, self._theme.color(Role.SURFACE))
        painter.setPen(self._theme.color(Role.BORDER))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        painter.setFont(font(12))
        painter.setPen(self._theme.color(Role.MUTED))
        if self.isSortIndicatorShown() and self.sortIndicatorSection() == logicalIndex:
            title += " ▾" if self.sortIndicatorOrder() is Qt.SortOrder.DescendingOrder else " ▴"
        flags = align if align is not None else Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(rect.adjusted(8, 0, -8, 0), flags, title)
        painter.restore()


class Table(QTableView):
    """A table over `model`; `sizeHint` is as high as its rows, so that it can lie on a page without scroll bars."""

    def __init__(self, theme: Theme, model: QAbstractItemModel, name: str, row_height: int) -> None:
        super().__init__()
        self._theme = theme
        self.setModel(model)
        self.setAccessibleName(name)
        self.setHorizontalHeader(Header(theme, self))
        self.verticalHeader().setVisible(False)
        self.verticalHeader().setDefaultSectionSize(row_height)
        self.verticalHeader().setMinimumSectionSize(row_height)
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        model.modelReset.connect(self.updateGeometry)
        theme.changed.connect(self.viewport().update)

    def sizeHint(self) -> QSize:
        """Header and all rows."""
        rows = self.model().rowCount() if self.model() is not None else 0
        return QSize(600, 34 + rows * self.verticalHeader().defaultSectionSize())

    def minimumSizeHint(self) -> QSize:
        """Header and one row."""
        return QSize(200, 34 + self.verticalHeader().defaultSectionSize())


class RowDelegate(QStyledItemDelegate):
    """Paints selection, hover and the line beneath a row; what is in the cell is for `paint_cell`."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint one cell."""
        rect: QRect = option.rect
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, self.theme.color(Role.SELECTED))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, self.theme.color(Role.GRID, 0.6))
        painter.setPen(self.theme.color(Role.BORDER))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        self.paint_cell(painter, rect.adjusted(8, 0, -8, 0), index)
        painter.restore()

    def paint_cell(self, painter: QPainter, rect: QRect, index: QModelIndex | QPersistentModelIndex) -> None:
        """Paint the words: the first column strong, the last one to the right, cut where they are too long."""
        last = index.column() == index.model().columnCount() - 1
        strong = index.column() == 0
        painter.setFont(font(13, QFont.Weight.DemiBold if strong else QFont.Weight.Normal))
        painter.setPen(self.theme.color(Role.TEXT if index.column() in (0, 2) else Role.MUTED))
        words = painter.fontMetrics().elidedText(
            str(index.data(Qt.ItemDataRole.DisplayRole)), Qt.TextElideMode.ElideRight, rect.width()
        )
        align = Qt.AlignmentFlag.AlignRight if last else Qt.AlignmentFlag.AlignLeft
        painter.drawText(rect, align | Qt.AlignmentFlag.AlignVCenter, words)


def paint_pill(painter: QPainter, theme: Theme, x: float, middle: float, word: str, role: Role) -> float:
    """Paint a verdict's word in a rounded outline from `x` to the right; returns its width in px."""
    made = font(12, QFont.Weight.Medium)
    width = pill_width(word)
    box = QRectF(x + 0.5, middle - 10.5, width - 1, 21)
    quiet = role in (Role.MUTED, Role.TEXT)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.color(role, 0.45), 1))
    painter.setBrush(theme.color(role, 0.0 if quiet else 0.06))
    painter.drawRoundedRect(box, 10.5, 10.5)
    painter.setFont(made)
    painter.setPen(theme.color(role))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, word)
    return width


def pill_width(word: str) -> float:
    """Return how wide a pill with this word is."""
    return QFontMetricsF(font(12, QFont.Weight.Medium)).horizontalAdvance(word) + 22
