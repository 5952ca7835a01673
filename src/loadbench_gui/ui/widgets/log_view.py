"""The event log: newest line at the bottom, warnings and errors coloured and signed."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from loadbench_gui.report.palette import Role
from loadbench_gui.ui.models.live import LiveModel, LogLine
from loadbench_gui.ui.models.log import LINE, LogModel
from loadbench_gui.ui.theme import Theme, font

_ROLES = {"info": Role.MUTED, "warning": Role.WARNING, "error": Role.ERROR}


class _Lines(QStyledItemDelegate):
    """Paints a line in the colour of its level."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint one line, cut with an ellipsis where it is too long (the tool tip has all of it)."""
        line: LogLine = index.data(LINE)
        rect: QRect = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, self._theme.color(Role.SELECTED))
        painter.setFont(font(12))
        painter.setPen(self._theme.color(_ROLES[line.level]))
        text = painter.fontMetrics().elidedText(
            index.data(Qt.ItemDataRole.DisplayRole), Qt.TextElideMode.ElideRight, rect.width() - 8
        )
        painter.drawText(rect.adjusted(4, 0, -4, 0), Qt.AlignmentFlag.AlignVCenter, text)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """One line of 12 px type."""
        return QSize(0, 20)


class LogView(QListView):
    """Follows the newest line unless someone has scrolled back."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._lines = LogModel()
        self._following = True
        self._delegate = _Lines(theme)
        self.setModel(self._lines)
        self.setItemDelegate(self._delegate)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Event log")
        theme.changed.connect(self.viewport().update)

    def refresh(self, model: LiveModel) -> None:
        """Show what has been logged since."""
        self._following = self._at_end
        if self._lines.show_lines(model.log) and self._following:
            self.scrollToBottom()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stay with the newest line in whatever room there is."""
        super().resizeEvent(event)
        if self._following:
            self.scrollToBottom()

    @property
    def _at_end(self) -> bool:
        bar = self.verticalScrollBar()
        return bar.value() >= bar.maximum() - 4
