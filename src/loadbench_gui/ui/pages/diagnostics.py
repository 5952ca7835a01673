"""What loadbench runs on and what went wrong inside it, ready for a bug report."""

from __future__ import annotations

import platform
import sys
import traceback
from collections import deque
from datetime import datetime
from types import TracebackType

from PySide6.QtCore import QObject, Signal, qVersion
from PySide6.QtGui import QFont, QGuiApplication, QShowEvent, QTextOption
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from loadbench_gui import __version__
from loadbench_gui.assets import notices_dir
from loadbench_gui.report.palette import Role
from loadbench_gui.trust import authorities
from loadbench_gui.ui import text
from loadbench_gui.ui.theme import Theme, code_font
from loadbench_gui.ui.widgets.card import Card, Words
from loadbench_gui.ui.widgets.panel import button

MAX_INCIDENTS = 50


class Diagnostics(QObject):
    """Collects what went wrong inside the program; `happened` carries one line for people."""

    happened = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._incidents: deque[str] = deque(maxlen=MAX_INCIDENTS)

    def record(self, error: BaseException, where: str) -> None:
        """Keep an unforeseen failure with its traceback, and say that it happened."""
        lines = "".join(traceback.format_exception(error))
        self._incidents.append(f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S} {where}\n{lines}")
        print(lines, file=sys.stderr, end="")  # noqa: T201 - a terminal that started the window should see it too
        self.happened.emit(f"{type(error).__name__}: {error}")

    def excepthook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Take the place of `sys.excepthook`: a slot that fails must not end in silence."""
        self.record(error.with_traceback(trace), "in the window")

    def report(self) -> str:
        """Return environment and incidents as text."""
        facts = (
            f"loadbench {__version__}",
            f"Python {platform.python_version()} on {platform.platform()}",
            f"Qt {qVersion()}, platform plug-in {QGuiApplication.platformName()}",
            f"Certificate authorities: {authorities()}",
            text.LICENCES.format(folder=notices_dir() or text.LICENCES_OF_PACKAGES),
        )
        return "\n".join([*facts, "", *(self._incidents or [text.QUIET])])


class DiagnosticsPage(QWidget):
    """The report as text, with one button that copies it."""

    def __init__(self, theme: Theme, diagnostics: Diagnostics) -> None:
        super().__init__()
        self._diagnostics = diagnostics
        self.view = QPlainTextEdit()
        self.view.setReadOnly(True)
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.setFont(code_font())
        self.view.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.view.setAccessibleName("Diagnostics report")
        self.copy_button = button("Copy for a bug report", self._copy, primary=True)
        head = QHBoxLayout()
        names = QVBoxLayout()
        names.setSpacing(3)
        names.addWidget(Words(theme, "Diagnostics", pixels=17, weight=QFont.Weight.DemiBold))
        names.addWidget(Words(theme, text.DIAGNOSTICS_INTRO, role=Role.MUTED, elide=True))
        head.addLayout(names, 1)
        head.addWidget(self.copy_button)
        card = Card(theme)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(12, 12, 12, 12)
        inside.addWidget(self.view)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 14)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(card, 1)
        diagnostics.happened.connect(self._follow)

    def showEvent(self, event: QShowEvent) -> None:
        """Say it anew; not before, because the report takes a moment that the program's start has not."""
        super().showEvent(event)
        self.refresh()

    def _follow(self) -> None:
        if self.isVisible():
            self.refresh()

    def refresh(self) -> None:
        """Show what there is now."""
        self.view.setPlainText(self._diagnostics.report())

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._diagnostics.report())
