"""What is going on right now: the strip of figures, the charts, the rounds, the event log."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from loadbench_gui.report.palette import Role
from loadbench_gui.ui import text
from loadbench_gui.ui.bridge import Bridge
from loadbench_gui.ui.format import left
from loadbench_gui.ui.models.figures import FIGURES, key_figures, segments, subtitle
from loadbench_gui.ui.models.live import LiveModel
from loadbench_gui.ui.theme import Theme
from loadbench_gui.ui.widgets.card import Card, Words
from loadbench_gui.ui.widgets.figure import Figure
from loadbench_gui.ui.widgets.log_view import LogView
from loadbench_gui.ui.widgets.panel import Banner, EmptyState, button
from loadbench_gui.ui.widgets.round_strip import RoundStrip
from loadbench_gui.ui.widgets.splitter import splitter

if TYPE_CHECKING:
    from loadbench_gui.ui.charts.board import LiveBoard

LOW_PX = 740
LOG_PX, LOW_LOG_PX = 76, 34


class LivePage(QWidget):
    """Shows the bridge's model. Charts come with `attach_board`, after the window's first paint."""

    def __init__(
        self, theme: Theme, bridge: Bridge, *, stop: Callable[[], None], start_first: Callable[[], None]
    ) -> None:
        super().__init__()
        self._theme, self._bridge = theme, bridge
        self._paused = False
        self._stopping = self._low = False
        self._board: LiveBoard | None = None
        self._stop = stop
        self._build_head()
        self.banner = Banner(theme)
        self._figures = [Figure(theme, name) for name in FIGURES]
        self._log = LogView(theme)
        self._body = self._build_body()
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(20, 16, 20, 14)
        column.setSpacing(12)
        column.addLayout(self._head)
        column.addWidget(self.banner)
        strip = QHBoxLayout()
        strip.setSpacing(12)
        for figure in self._figures:
            strip.addWidget(figure, 1)
        column.addLayout(strip)
        column.addWidget(self._body, 1)
        self._empty = EmptyState(theme, text.LIVE_EMPTY, text.LIVE_EMPTY_WHY, text.COMPARE_THREE, start_first)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(content)
        bridge.tick.connect(self.refresh)
        bridge.beat.connect(self._refresh_in_turns)

    def _build_head(self) -> None:
        theme = self._theme
        self._title = Words(theme, "", pixels=17, weight=QFont.Weight.DemiBold, elide=True)
        self._subtitle = Words(theme, "", role=Role.MUTED, elide=True)
        self.rounds = RoundStrip(theme)
        self._left = Words(theme, "", role=Role.MUTED)
        self.pause_button = button(text.PAUSE, self.toggle_pause)
        self.pause_button.setToolTip(text.PAUSE_HINT)
        self.stop_button = button(text.STOP, self.stop)
        self.stop_button.setToolTip(text.STOP_HINT)
        names = QVBoxLayout()
        names.setSpacing(3)
        names.addWidget(self._title)
        names.addWidget(self._subtitle)
        self._head = QHBoxLayout()
        self._head.setSpacing(12)
        self._head.addLayout(names, 5)
        self._head.addWidget(self.rounds, 2)
        self._head.addWidget(self._left)
        self._head.addWidget(self.pause_button)
        self._head.addWidget(self.stop_button)

    def _build_body(self) -> QSplitter:
        self._board_place = QWidget()
        self._board_layout = QVBoxLayout(self._board_place)
        self._board_layout.setContentsMargins(0, 0, 0, 0)
        log_card = Card(self._theme)
        inside = QVBoxLayout(log_card)
        inside.setContentsMargins(11, 6, 6, 6)
        inside.addWidget(self._log)
        log_card.setMinimumHeight(LOW_LOG_PX)
        body = splitter(Qt.Orientation.Vertical, self._board_place, log_card, name="Charts and event log")
        body.setStretchFactor(0, 1)
        body.setStretchFactor(1, 0)
        body.setSizes([2000, LOG_PX])
        return body

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a low window the log gives way to the charts: its newest line is enough."""
        super().resizeEvent(event)
        low = self.height() < LOW_PX
        if low is not self._low:
            self._low = low
            self._body.setSizes([2000, LOW_LOG_PX if low else LOG_PX])

    @property
    def has_board(self) -> bool:
        """Whether the charts are there."""
        return self._board is not None

    @property
    def board(self) -> LiveBoard | None:
        """The charts, once they are there."""
        return self._board

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The strip of key figures."""
        return tuple(self._figures)

    @property
    def splitters(self) -> tuple[QSplitter, ...]:
        """Everything whose sizes a layout remembers."""
        return (self._body, *(self._board.splitters if self._board else ()))

    def attach_board(self, board: LiveBoard) -> None:
        """Put the charts in their place."""
        self._board = board
        self._board_layout.addWidget(board)
        self.refresh()

    def begin(self) -> None:
        """Clear the page: a comparison is about to start."""
        self._set_paused(False)
        self._stopping = False
        if self._board is not None:
            self._board.forget()
        self._stack.setCurrentIndex(1)
        self.refresh()

    def stop(self) -> None:
        """Ask the comparison to end, and say that it was asked: servers may take their time."""
        self._stopping = True
        self._stop()
        self.refresh()

    def toggle_pause(self) -> None:
        """Hold the picture still, all of it at the same moment, or let it go on; the test does not notice."""
        self.refresh()
        self._set_paused(not self._paused)
        self.refresh()

    def _set_paused(self, paused: bool) -> None:
        self._paused = paused
        self.pause_button.setText(text.RESUME if paused else text.PAUSE)
        self.pause_button.setAccessibleName(self.pause_button.text())

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up on what happened while nobody looked."""
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Draw the model at once, unless nobody can see it or the view is paused."""
        if self._refresh_figures() and self._board is not None:
            self._board.refresh(self._bridge.model)

    def _refresh_in_turns(self) -> None:
        if self._refresh_figures() and self._board is not None:
            self._board.refresh_in_turns(self._bridge.model)

    def _refresh_figures(self) -> bool:
        """Show everything but the charts. Returns whether there is anything to see."""
        if self._paused or not self.isVisible() or self.window().isMinimized():
            return False
        model = self._bridge.model
        if model.plan is None and not model.log and self._stack.currentIndex() == 0:
            return False
        self._stack.setCurrentIndex(1)
        self._refresh_head(model)
        for card, figure in zip(self._figures, key_figures(model), strict=True):
            card.show_figure(figure.value, figure.unit, figure.made_of, figure.role)
            card.rename(figure.name)
        limit, doubts = model.limit, model.doubts
        self.banner.say(
            limit.message if limit else doubts, " ".join(filter(None, (limit.hint, doubts))) if limit else ""
        )
        self._log.refresh(model)
        return True

    def _refresh_head(self, model: LiveModel) -> None:
        self._title.setText(model.plan.name if model.plan else text.GETTING_READY)
        self._subtitle.setText(subtitle(model))
        self.rounds.show_segments(segments(model))
        remaining = model.seconds_left()
        self._left.setText(left(remaining) if remaining is not None else "")
        running = self._bridge.running
        self.stop_button.setEnabled(running and not self._stopping)
        self.stop_button.setText(text.STOPPING if running and self._stopping else text.STOP)
        self.pause_button.setEnabled(running or self._paused)
