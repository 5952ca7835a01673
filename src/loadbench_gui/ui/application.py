"""The application object: what the desktop says to the program as a whole arrives here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication


class Application(QApplication):
    """Hands on the files that a desktop asks the running program to open.

    macOS does not put them on the command line: they come as events, the first one often before there is a window, so
    they wait here for somebody to take them.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        super().__init__(list(arguments))
        self._receive: Callable[[Path], None] | None = None
        self._waiting: list[Path] = []

    def hand_files_to(self, receive: Callable[[Path], None] | None) -> None:
        """Call `receive` with every file from now on, and with those that came earlier; None lets them wait again."""
        self._receive = receive
        if receive is not None:
            early, self._waiting = self._waiting, []
            for path in early:
                receive(path)

    def event(self, event: QEvent) -> bool:
        """Take files; leave everything else to Qt."""
        if not isinstance(event, QFileOpenEvent):
            return super().event(event)
        name = event.file()
        if name and self._receive is not None:
            self._receive(Path(name))
        elif name:
            self._waiting.append(Path(name))
        return bool(name)
