"""How the cells of the Compare table are painted: a name with its line, a figure with difference and verdict."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter

from loadbench_gui.report.palette import Role
from loadbench_gui.ui.models.metrics import CELL, MetricCell, NameCell
from loadbench_gui.ui.style import paint_line_sample
from loadbench_gui.ui.theme import dash_of, font
from loadbench_gui.ui.widgets.table import RowDelegate, paint_pill, pill_width


class MetricDelegate(RowDelegate):
    """Paints names with their line, and figures with difference and verdict."""

    def paint_cell(self, painter: QPainter, rect: QRect, index: QModelIndex | QPersistentModelIndex) -> None:
        """Paint one cell."""
        cell = index.data(CELL)
        if isinstance(cell, NameCell):
            paint_line_sample(
                painter,
                QPointF(rect.left(), rect.top() + 17.5),
                22,
                self.theme.series(cell.index),
                dash_of(cell.index, 2),
            )
            self._two_lines(painter, rect.adjusted(30, 0, 0, 0), cell.text, cell.note, strong=True)
        elif isinstance(cell, MetricCell):
            self._metric(painter, rect, cell)

    def _metric(self, painter: QPainter, rect: QRect, cell: MetricCell) -> None:
        """Put the verdict beside the figure; where that is too narrow, its word replaces the line beneath."""
        width = pill_width(cell.pill) if cell.pill else 0.0
        figure = QFontMetricsF(font(13)).horizontalAdvance(cell.text)
        if not cell.pill or figure + width + 8 > rect.width():
            self._two_lines(painter, rect, cell.text, cell.pill or cell.note, role=Role(cell.tone))
            return
        self._two_lines(painter, rect, cell.text, cell.note)
        x = min(rect.left() + max(figure, 62.0) + 10, rect.right() - width)
        paint_pill(painter, self.theme, x, rect.top() + 17.0, cell.pill, Role(cell.tone))

    def _two_lines(
        self, painter: QPainter, rect: QRect, words: str, note: str, *, strong: bool = False, role: Role = Role.MUTED
    ) -> None:
        painter.setPen(self.theme.color(Role.TEXT))
        painter.setFont(font(13, QFont.Weight.DemiBold if strong else QFont.Weight.Normal))
        elide = Qt.TextElideMode.ElideRight
        upper, lower = rect.adjusted(0, 8, 0, -rect.height() + 27), rect.adjusted(0, 25, 0, -3)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(upper, left, painter.fontMetrics().elidedText(words, elide, rect.width()))
        painter.setPen(self.theme.color(role))
        painter.setFont(font(11))
        painter.drawText(lower, left, painter.fontMetrics().elidedText(note, elide, rect.width()))
