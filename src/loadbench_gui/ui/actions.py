"""One registry of actions: menus, shortcuts and the command palette are all made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu


@dataclass(frozen=True, slots=True)
class Spec:
    """An action as it is declared. menu: the title of its menu. checkable ones show a mark while `checked`."""

    key: str
    menu: str
    title: str
    act: Callable[[], object]
    shortcut: str = ""
    hint: str = ""
    checkable: bool = False


class Actions(QObject):
    """All actions of the window, by key."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._menus: dict[str, QMenu] = {}
        self._actions: dict[str, QAction] = {}

    def add(self, specs: Iterable[Spec]) -> None:
        """Create actions with their menu entries and shortcuts."""
        for spec in specs:
            action = QAction(spec.title, self._window)
            action.setObjectName(spec.key)
            action.setToolTip(spec.hint or spec.title)
            action.setStatusTip(spec.hint)
            action.setCheckable(spec.checkable)
            plain = spec.title.replace("&", "").rstrip("…")
            action.setProperty("words", f"Go to {plain}" if spec.menu == "&Go" else plain)
            if spec.shortcut:
                action.setShortcut(QKeySequence(spec.shortcut))
            action.triggered.connect(lambda _checked=False, act=spec.act: act())
            self._menu(spec.menu).addAction(action)
            self._actions[spec.key] = action

    def _menu(self, title: str) -> QMenu:
        if title not in self._menus:
            self._menus[title] = self._window.menuBar().addMenu(title)
        return self._menus[title]

    def __getitem__(self, key: str) -> QAction:
        return self._actions[key]

    def available(self) -> list[QAction]:
        """Return what can be done now, for the command palette."""
        return [action for action in self._actions.values() if action.isEnabled()]
