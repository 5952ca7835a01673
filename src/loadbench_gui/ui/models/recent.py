"""Comparisons that were made before, as a table model for Home and History."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import IntEnum
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from loadbench_gui.report.words import plural
from loadbench_gui.ui.format import when
from loadbench_gui.ui.ports import RecentComparison

SORT: Final = Qt.ItemDataRole.UserRole
ROW: Final = Qt.ItemDataRole.UserRole.value + 1


class Column(IntEnum):
    """What the columns hold."""

    PROFILE = 0
    RUNS = 1
    VERDICT = 2
    WHEN = 3


_TITLES: Final = ("Profile", "", "Verdict", "When")


class RecentModel(QAbstractTableModel):
    """Newest first, as the history hands them over."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now().astimezone()) -> None:
        super().__init__()
        self._rows: tuple[RecentComparison, ...] = ()
        self._now = now

    def show_rows(self, rows: Sequence[RecentComparison]) -> None:
        """Replace the rows."""
        self.beginResetModel()
        self._rows = tuple(rows)
        self.endResetModel()

    def row(self, position: int) -> RecentComparison:
        """Return the comparison in a row."""
        return self._rows[position]

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """How many comparisons there are."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        """As many as there are titles."""
        return 0 if parent.isValid() else len(_TITLES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's title."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _TITLES[section]
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            return right if section == Column.WHEN else Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell's text, sort key or comparison."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(row, Column(index.column()))
            case Qt.ItemDataRole.ToolTipRole:
                return row.summary or None
            case Qt.ItemDataRole.UserRole:
                return row.started_at if index.column() == Column.WHEN else self._text(row, Column(index.column()))
            case _:
                return row if role == ROW else None

    def _text(self, row: RecentComparison, column: Column) -> str:
        match column:
            case Column.PROFILE:
                return row.profile
            case Column.RUNS:
                return plural(row.runs, "run") + ("" if row.complete else " · stopped early")
            case Column.VERDICT:
                return row.summary or "no verdict"
            case Column.WHEN:
                return when(row.started_at, self._now())
