"""Calm panels: a banner over a page, a list of what is wrong with a profile, and the one action of an empty page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from loadbench_gui.report.palette import Role
from loadbench_gui.ui.theme import Theme, code_font
from loadbench_gui.ui.widgets.card import Card, Words

MAX_SHOWN = 12


def button(text: str, act: Callable[[], None], *, primary: bool = False, big: bool = False) -> QPushButton:
    """Return a push button that calls `act`."""
    made = QPushButton(text)
    made.setProperty("primary", primary)
    made.setProperty("big", big)
    made.setAccessibleName(text)
    made.setAutoDefault(True)
    made.clicked.connect(lambda _checked=False: act())
    return made


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong: where (may be empty), what, and what to do about it."""

    message: str
    hint: str = ""
    where: str = ""


class Banner(Card):
    """A sentence over a page, with what to do; hidden until there is something to say."""

    def __init__(self, theme: Theme, role: Role = Role.WARNING) -> None:
        super().__init__(theme)
        self.edge = role
        self._message = Words(theme, "", role=role, weight=QFont.Weight.DemiBold)
        self._message.setWordWrap(True)
        self._hint = Words(theme, "", role=Role.TEXT)
        self._hint.setWordWrap(True)
        self._actions = QHBoxLayout()
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addWidget(self._message)
        column.addWidget(self._hint)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 12, 10)
        row.addLayout(column, 1)
        row.addLayout(self._actions)
        self.setVisible(False)

    def add_action(self, text: str, act: Callable[[], None]) -> QPushButton:
        """Put a button at the right."""
        made = button(text, act)
        self._actions.addWidget(made)
        return made

    def say(self, message: str, hint: str = "") -> None:
        """Show a message; an empty one hides the banner."""
        self._message.setText(message)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self.setAccessibleName(f"{message} {hint}".strip())
        self.setVisible(bool(message))


class TroublePanel(Card):
    """What is wrong, all at once, each with its place and what to do; never a stack of dialogs."""

    dismissed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self.edge = Role.ERROR
        self._title = Words(theme, "", weight=QFont.Weight.DemiBold, pixels=15)
        self._list = QVBoxLayout()
        self._list.setSpacing(10)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        self.close_button = button("Dismiss", self._dismiss)
        head.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 14, 14, 16)
        column.setSpacing(10)
        column.addLayout(head)
        column.addLayout(self._list)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setVisible(False)

    def show_troubles(self, title: str, troubles: list[Trouble]) -> None:
        """Show them; more than a dozen are counted, not listed."""
        while (item := self._list.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self._title.setText(title)
        for trouble in troubles[:MAX_SHOWN]:
            self._list.addWidget(_TroubleRow(self.theme, trouble))
        if len(troubles) > MAX_SHOWN:
            self._list.addWidget(Words(self.theme, f"… and {len(troubles) - MAX_SHOWN} more.", role=Role.MUTED))
        self.setAccessibleName(title)
        self.setAccessibleDescription(" ".join(f"{t.where} {t.message} {t.hint}".strip() for t in troubles[:MAX_SHOWN]))
        self.setVisible(True)

    def _dismiss(self) -> None:
        self.setVisible(False)
        self.dismissed.emit()


class _TroubleRow(QWidget):
    """Where and what in the first line, what to do in the second."""

    def __init__(self, theme: Theme, trouble: Trouble) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        if trouble.where:
            where = Words(theme, trouble.where, role=Role.ERROR)
            where.setFont(code_font())
            column.addWidget(where)
        message = Words(theme, trouble.message)
        message.setWordWrap(True)
        column.addWidget(message)
        if trouble.hint:
            hint = Words(theme, trouble.hint, role=Role.MUTED)
            hint.setWordWrap(True)
            column.addWidget(hint)


class EmptyState(QWidget):
    """Why there is nothing here, and the one thing to do about it."""

    def __init__(self, theme: Theme, title: str, text: str, action: str, act: Callable[[], None]) -> None:
        super().__init__()
        self._theme = theme
        heading = Words(theme, title, pixels=18, weight=QFont.Weight.DemiBold)
        heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words = Words(theme, text, role=Role.MUTED)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words.setWordWrap(True)
        words.setFixedWidth(440)
        words.setFixedHeight(words.heightForWidth(440))
        self.button = button(action, act, primary=True)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addStretch(2)
        column.addWidget(heading, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(words, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the page's background, so that an empty state may lie over something else."""
        QPainter(self).fillRect(self.rect(), self._theme.color(Role.BACKGROUND))
