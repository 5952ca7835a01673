"""Counts with their names in columns: as many as there is room for, painted, so that nothing is laid out anew."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from loadbench_gui.report.palette import Role
from loadbench_gui.ui.models.facts import Fact
from loadbench_gui.ui.theme import Theme, font

LEAST_PX = 158
LINE_PX = 19
APART_PX = 18
NAME_APART_PX = 8
UNLIMITED_PX = 16_777_215
"""Qt's own word for no limit."""


class FactGrid(QWidget):
    """Shows facts, row by row."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self._facts: tuple[Fact, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)
        theme.changed.connect(self.update)

    def show_facts(self, facts: tuple[Fact, ...]) -> None:
        """Show these facts; nothing happens when they are the same."""
        if facts == self._facts:
            return
        grown = len(facts) != len(self._facts)
        self._facts = facts
        self.setAccessibleDescription(", ".join(f"{fact.name} {fact.value}" for fact in facts))
        self.setToolTip("\n".join(f"{fact.name}: {fact.value}" for fact in facts))
        if grown:
            self._fit()
        self.update()

    def set_column(self, width: int | None) -> None:
        """Write all facts beneath each other in a column of this width, or (None) use the room there is."""
        if width is None:
            self.setMinimumWidth(0)
            self.setMaximumWidth(UNLIMITED_PX)
        else:
            self.setFixedWidth(width)
        self._fit()

    @property
    def text(self) -> str:
        """All of it as one line."""
        return self.accessibleDescription()

    def _fit(self) -> None:
        rows = math.ceil(len(self._facts) / self._columns)
        if rows * LINE_PX != self.height():
            self.setFixedHeight(rows * LINE_PX)

    @property
    def _columns(self) -> int:
        return max(1, min(4, self.width() // LEAST_PX))

    def sizeHint(self) -> QSize:
        """As high as its rows."""
        return QSize(LEAST_PX, self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the room for more columns."""
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint names at the left and figures at the right of each column."""
        painter = QPainter(self)
        columns = self._columns
        width = (self.width() - APART_PX * (columns - 1)) / columns
        plain, strong = font(12), font(12, QFont.Weight.DemiBold)
        for i, fact in enumerate(self._facts):
            box = QRectF((i % columns) * (width + APART_PX), i // columns * LINE_PX, width, LINE_PX)
            painter.setFont(plain)
            painter.setPen(self._theme.color(Role.MUTED))
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, fact.name)
            room = int(max(0.0, width - painter.fontMetrics().horizontalAdvance(fact.name) - NAME_APART_PX))
            painter.setFont(strong)
            painter.setPen(self._theme.color(fact.role))
            value = painter.fontMetrics().elidedText(fact.value, Qt.TextElideMode.ElideRight, room)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)
