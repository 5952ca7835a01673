"""What the window remembers between launches, in a file of the data folder: never anything a result depends on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtWidgets import QMainWindow, QSplitter

from loadbench_gui.ui.theme import Choice

LAYOUT_VERSION: Final = 1
"""Sizes saved under another version are not restored."""


class Settings:
    """Typed access to the settings file."""

    def __init__(self, folder: Path) -> None:
        self._store = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)

    @property
    def theme(self) -> Choice:
        """Which scheme the user asked for."""
        value = self._store.value("theme")
        return "light" if value == "light" else "dark" if value == "dark" else "system"

    @theme.setter
    def theme(self, choice: Choice) -> None:
        self._store.setValue("theme", choice)

    @property
    def chart_hz(self) -> int | None:
        """How often charts are drawn; None leaves it to the machine."""
        value = self._store.value("chart_hz")
        return int(value) if isinstance(value, str | int) and str(value).isdigit() and int(value) > 0 else None

    @chart_hz.setter
    def chart_hz(self, hz: int) -> None:
        self._store.setValue("chart_hz", hz)

    def knows_host(self, host: str) -> bool:
        """Whether the user has allowed traffic to `host` before."""
        return bool(self._store.value(f"hosts/{host}", ""))

    def remember_host(self, host: str) -> None:
        """Do not ask about `host` again."""
        self._store.setValue(f"hosts/{host}", "allowed")

    def restore(self, window: QMainWindow, splitters: Sequence[QSplitter]) -> None:
        """Put window and splitters back where they were; what does not fit is left at its default."""
        if str(self._store.value("layout/version")) != str(LAYOUT_VERSION):
            return
        geometry = self._store.value("layout/geometry")
        if isinstance(geometry, QByteArray):
            window.restoreGeometry(geometry)
        self.restore_splitters(splitters)

    def restore_splitters(self, splitters: Sequence[QSplitter]) -> None:
        """Put splitters back where they were, by their names."""
        if str(self._store.value("layout/version")) != str(LAYOUT_VERSION):
            return
        for splitter in splitters:
            state = self._store.value(f"layout/{splitter.objectName()}")
            if isinstance(state, QByteArray):
                splitter.restoreState(state)

    def save(self, window: QMainWindow, splitters: Sequence[QSplitter]) -> None:
        """Remember where window and splitters are."""
        self._store.setValue("layout/version", LAYOUT_VERSION)
        self._store.setValue("layout/geometry", window.saveGeometry())
        for splitter in splitters:
            self._store.setValue(f"layout/{splitter.objectName()}", splitter.saveState())
        self._store.sync()

    def forget_layout(self) -> None:
        """Let the defaults come back."""
        self._store.remove("layout")
