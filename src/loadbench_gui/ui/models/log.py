"""The event log as a list model: bounded, newest last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from loadbench_gui.ui.models.live import LogLine

LINE: Final = Qt.ItemDataRole.UserRole
_SIGNS: Final = {"info": "", "warning": "! ", "error": "✗ "}


class LogModel(QAbstractListModel):
    """Lines of the log; `show_lines` takes over what the live model holds."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[LogLine, ...] = ()

    def show_lines(self, lines: Sequence[LogLine]) -> bool:
        """Take over the log. Returns whether anything is new."""
        new = tuple(lines)
        if new == self._lines:
            return False
        if self._lines and new[: len(self._lines)] == self._lines:
            self.beginInsertRows(QModelIndex(), len(self._lines), len(new) - 1)
            self._lines = new
            self.endInsertRows()
        else:
            self.beginResetModel()
            self._lines = new
            self.endResetModel()
        return True

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """How many lines there are."""
        return 0 if parent.isValid() else len(self._lines)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the line as text, or as a `LogLine` in role LINE."""
        if not index.isValid():
            return None
        line = self._lines[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            moment = datetime.fromtimestamp(line.at).astimezone()
            return f"{moment:%H:%M:%S}  {_SIGNS[line.level]}{line.text}"
        return line if role == LINE else None
