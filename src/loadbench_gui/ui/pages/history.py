"""Every comparison that was ever made, newest first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtGui import QFont
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from loadbench_gui.ui import text
from loadbench_gui.ui.models.recent import RecentModel
from loadbench_gui.ui.ports import RecentComparison
from loadbench_gui.ui.theme import Theme
from loadbench_gui.ui.widgets.card import Card, Words
from loadbench_gui.ui.widgets.panel import EmptyState
from loadbench_gui.ui.widgets.recent_table import RecentTable


class HistoryPage(QWidget):
    """A sortable list; a row opens on the Compare page."""

    def __init__(
        self,
        theme: Theme,
        recent: RecentModel,
        *,
        start_first: Callable[[], None],
        open_one: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._recent = recent
        card = Card(theme)
        self.table = RecentTable(theme, recent, open_one, sortable=True)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(15, 8, 15, 12)
        inside.addWidget(self.table)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(20, 16, 20, 14)
        column.setSpacing(12)
        column.addWidget(Words(theme, "History", pixels=17, weight=QFont.Weight.DemiBold))
        column.addWidget(card, 1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(
            EmptyState(theme, text.HISTORY_EMPTY, text.HISTORY_EMPTY_WHY, text.COMPARE_THREE, start_first)
        )
        self._stack.addWidget(content)

    def show_rows(self, rows: Sequence[RecentComparison]) -> None:
        """Show these comparisons."""
        self._recent.show_rows(rows)
        self._stack.setCurrentIndex(1 if rows else 0)
