"""The main window: the rail, the pages, and what must be said on any of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from loadbench_gui.report.palette import Role
from loadbench_gui.ui import text
from loadbench_gui.ui.theme import Theme
from loadbench_gui.ui.widgets.panel import Banner, TroublePanel
from loadbench_gui.ui.widgets.rail import Rail

PREFERRED_SIZE = QSize(1440, 900)
FRAME_SIZE = QSize(16, 48)
"""Room for what the window manager draws around a window; it is not known before the window is shown."""


class MainWindow(QMainWindow):
    """Pages are added with `add_page`. `painted` is emitted once, after the first paint has reached the screen."""

    painted = Signal()
    close_requested = Signal()
    dropped = Signal(Path)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._has_painted = False
        self._keys: list[str] = []
        self.rail = Rail(theme)
        self.pages = QStackedWidget()
        self.trouble = TroublePanel(theme)
        self.notice = Banner(theme, Role.ACCENT)
        central = QWidget()
        over = QVBoxLayout()
        over.setContentsMargins(20, 16, 20, 0)
        over.setSpacing(8)
        over.addWidget(self.trouble)
        over.addWidget(self.notice)
        self._over = QWidget()
        self._over.setLayout(over)
        self._over.setVisible(False)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._over)
        column.addWidget(self.pages, 1)
        row = QHBoxLayout(central)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addLayout(column, 1)
        self.setCentralWidget(central)
        self.setWindowTitle(text.APP)
        self.setAcceptDrops(True)
        self.setMinimumSize(860, 560)
        self.resize_to_fit()
        self.trouble.dismissed.connect(self._tidy)
        self.notice.add_action("Dismiss", lambda: self.say(""))

    def resize_to_fit(self) -> None:
        """Take the size that the pages were laid out for, or what the screen leaves beside frame and title bar."""
        self.resize(PREFERRED_SIZE.boundedTo(self.screen().availableSize() - FRAME_SIZE))

    def add_page(self, key: str, icon: str, title: str, page: QWidget) -> None:
        """Append a page with its entry on the rail."""
        number = len(self._keys) + 1
        self._keys.append(key)
        self.pages.addWidget(page)
        self.rail.add(key, icon, title, lambda: self.show_page(key), hint=f"{title} (Ctrl+{number})")

    def show_page(self, key: str) -> None:
        """Go to a page."""
        self.pages.setCurrentIndex(self._keys.index(key))
        self.rail.select(key)

    @property
    def page(self) -> str:
        """The key of the page that is shown."""
        return self._keys[self.pages.currentIndex()]

    def say(self, message: str, hint: str = "") -> None:
        """Say something over the page; an empty message takes it away."""
        self.notice.say(message, hint)
        self._tidy()

    def complain(self, show: Callable[[TroublePanel], None]) -> None:
        """Let `show` fill the trouble panel, and make room for it."""
        show(self.trouble)
        self._tidy()

    def settle(self) -> None:
        """Take away what was said about the attempt before."""
        self.trouble.setVisible(False)
        self.say("")

    def _tidy(self) -> None:
        self._over.setVisible(not (self.trouble.isHidden() and self.notice.isHidden()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the background; tell once that the window is there."""
        QPainter(self).fillRect(self.rect(), self._theme.color(Role.BACKGROUND))
        if not self._has_painted:
            self._has_painted = True
            QTimer.singleShot(0, self, self.painted.emit)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Never close here: whoever listens ends what is running first, and quits when that is done."""
        event.ignore()
        self.close_requested.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take profiles."""
        if _profiles(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the first profile that was dropped."""
        paths = _profiles(event)
        if paths:
            event.acceptProposedAction()
            self.dropped.emit(paths[0])


def _profiles(event: QDropEvent) -> list[Path]:
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return [path for path in paths if path.suffix.lower() == ".toml"]
