"""The table of earlier comparisons, on Home and on History: Enter or a click opens one."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHeaderView

from loadbench_gui.ui.models.recent import SORT, Column, RecentModel
from loadbench_gui.ui.theme import Theme
from loadbench_gui.ui.widgets.table import RowDelegate, Table


class RecentTable(Table):
    """Sortable where asked; `open_one` gets the comparison's id."""

    def __init__(self, theme: Theme, model: RecentModel, open_one: Callable[[str], None], *, sortable: bool) -> None:
        self._sorted = QSortFilterProxyModel()
        self._sorted.setSourceModel(model)
        self._sorted.setSortRole(SORT)
        super().__init__(theme, self._sorted, "Earlier comparisons", row_height=34)
        self._recent, self._open_one = model, open_one
        self._delegate = RowDelegate(theme)
        self.setItemDelegate(self._delegate)
        self.setSortingEnabled(sortable)
        if sortable:
            self.sortByColumn(Column.WHEN, Qt.SortOrder.DescendingOrder)
        header = self.horizontalHeader()
        header.setSectionResizeMode(Column.PROFILE, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(Column.RUNS, QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(Column.VERDICT, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(Column.WHEN, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(Column.RUNS, 150)
        header.resizeSection(Column.WHEN, 130)
        self.clicked.connect(self._open)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the selected row."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._open(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def _open(self, index: QModelIndex) -> None:
        self._open_one(self._recent.row(self._sorted.mapToSource(index).row()).comparison_id)
