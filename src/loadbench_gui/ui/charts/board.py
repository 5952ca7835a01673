"""The live charts in their cards, resized by splitters, on one time axis under one cursor.

Four are always there. The panel of a stream or of WebSockets stands beside them in a column of its own. In a window
that is too narrow for three columns it lies between the upper charts and the lower ones: where that is too low for
three rows, the upper two, which have what such a load is about, fill what is seen, and the board scrolls to the third.
"""

from __future__ import annotations

from typing import TypeAlias

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter

from loadbench_gui.core.run import RunLabel
from loadbench_gui.ui import text
from loadbench_gui.ui.charts.chart import Chart
from loadbench_gui.ui.charts.cursor import Cursor
from loadbench_gui.ui.charts.heatmap import HeatmapCard
from loadbench_gui.ui.charts.panel import PanelCard
from loadbench_gui.ui.charts.percentiles import PercentilesCard
from loadbench_gui.ui.charts.resources import ResourcesCard
from loadbench_gui.ui.charts.throughput import ThroughputCard
from loadbench_gui.ui.models.kinds import Kind, holds, kind_of
from loadbench_gui.ui.models.live import WATCH_CAPACITY, LiveModel
from loadbench_gui.ui.models.series import RECENT_S
from loadbench_gui.ui.theme import Theme
from loadbench_gui.ui.widgets.splitter import splitter

Card: TypeAlias = PercentilesCard | ThroughputCard | PanelCard | HeatmapCard | ResourcesCard

WIDE_PX = 1_060
"""Three columns need as much."""
LOW_PX = 660
"""Three rows need as much; below it two are seen at once."""
ROWS = (165, 215, 190)
"""How three rows share the height: the panel has its counts and up to three charts."""
PAUSE_MS = 12
"""Between one card and the next: long enough for whatever else waits for the loop."""


class LiveBoard(QScrollArea):
    """Everything on the Live page that is drawn over time; created once, cleared for each comparison."""

    rested = Signal()
    """All cards have had their turn."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.whole_run = False
        self.cursor_line = Cursor()
        self.percentiles = PercentilesCard(theme, self.cursor_line)
        self.throughput = ThroughputCard(theme, self.cursor_line)
        self.heatmap = HeatmapCard(theme, self.cursor_line)
        self.resources = ResourcesCard(theme, self.cursor_line)
        self.panel = PanelCard(theme, self.cursor_line)
        self._rows = splitter(
            Qt.Orientation.Vertical,
            splitter(Qt.Orientation.Horizontal, self.percentiles, self.throughput, name="Upper charts"),
            splitter(Qt.Orientation.Horizontal, self.heatmap, self.resources, name="Lower charts"),
            name="Chart rows",
        )
        self._all = splitter(Qt.Orientation.Horizontal, self._rows, self.panel, name="Charts and panel")
        self._all.setStretchFactor(0, 2)
        self._all.setSizes([2000, 1000])
        self.splitters: tuple[QSplitter, ...] = (self._all, self._rows, *self._rows.findChildren(QSplitter))
        self._narrow = False
        self._model: LiveModel | None = None
        self._label: RunLabel | None = None
        self._waiting: list[Card] = []
        self._turns = QTimer(self)
        self._turns.setInterval(PAUSE_MS)
        self._turns.timeout.connect(self._draw_next)
        self.setWidget(self._all)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the panel where there is room for it."""
        super().resizeEvent(event)
        self._place_panel()

    def _place_panel(self) -> None:
        narrow = self.width() < WIDE_PX
        if narrow != self._narrow:
            self._narrow = narrow
            self.panel.lay_out(side_by_side=narrow)
            if narrow:
                self._rows.insertWidget(1, self.panel)
                self._rows.setSizes([10 * each for each in ROWS])
            else:
                self._all.addWidget(self.panel)
                self._all.setSizes([2000, 1000])
        self._all.setMinimumHeight(self._least_height())

    def _least_height(self) -> int:
        """Return how high the charts are at least: so that two of three rows fill a board that is too low for three."""
        if not self._narrow or self.panel.isHidden() or self.height() >= LOW_PX:
            return 0
        between = self._rows.handleWidth()
        return round((self.height() - between) * sum(ROWS) / sum(ROWS[:2])) + 2 * between

    def forget(self) -> None:
        """Clear everything: another comparison begins."""
        self._rest()
        for card in self._cards:
            card.forget()

    def refresh(self, model: LiveModel) -> None:
        """Draw what has arrived since the last call, at once; charts without news draw nothing."""
        self._rest()
        self._arrange(model)
        for card in self._cards:
            self._draw(card, model)

    def refresh_in_turns(self, model: LiveModel) -> None:
        """Draw the same one card after another: other work has its turn in between, and no frame takes long."""
        if self._waiting:
            return  # a machine that cannot keep up draws less often
        self._arrange(model)
        self._model, self._label = model, model.label
        self._waiting = list(self._cards)
        self._turns.start()
        self._draw_next()

    def _draw_next(self) -> None:
        model = self._model
        if model is None or not self._waiting or model.label != self._label:
            self._rest()  # another run has other axes: the next refresh arranges them
        else:
            self._draw(self._waiting.pop(0), model)

    def _rest(self) -> None:
        self._turns.stop()
        self._waiting = []
        self.rested.emit()

    @property
    def _cards(self) -> tuple[Card, ...]:
        return (self.percentiles, self.throughput, self.panel, self.heatmap, self.resources)

    def _draw(self, card: Card, model: LiveModel) -> None:
        view = model.run.view(whole=self.whole_run) if model.run else None
        if isinstance(card, ResourcesCard):
            card.refresh(model, coarse=view is not None and view.high_s - view.low_s > WATCH_CAPACITY)
        elif view is not None:
            card.refresh(model, view, _place(model))

    def _arrange(self, model: LiveModel) -> None:
        """Show the charts that the workload has, over the seconds of its run."""
        workload = model.workload_of(model.label)
        view = model.run.view(whole=self.whole_run) if model.run else None
        shown = self.panel.arrange(model)
        if shown is self.panel.isHidden():
            self.panel.setVisible(shown)
            self._place_panel()
        self._introduce(model, kind_of(workload), held=holds(workload))
        if workload is not None:
            planned = workload.warmup_s + workload.duration_s
            low, high = (view.low_s, view.high_s) if view else (0.0, min(planned, RECENT_S))
            for chart in self.charts:
                chart.set_run(low, high, workload.warmup_s)

    def _introduce(self, model: LiveModel, kind: Kind, *, held: bool) -> None:
        """Name what the charts are about before there is anything in them, and say when nothing will be."""
        if self.percentiles.drawn and model.run is None:
            return  # between two runs the last one is still to be seen, under its own name
        deployment = model.label.deployment if model.label else ""
        self.percentiles.introduce(kind, deployment)
        self.heatmap.introduce(kind, deployment)
        self.throughput.introduce(kind, held=held)
        if model.run is None:
            said = text.NOTHING_MEASURED if model.over else text.NOTHING_YET
            for chart in self.charts:
                if model.over or not chart.overlay.traces:
                    chart.show_traces((), said, said)

    @property
    def charts(self) -> tuple[Chart, ...]:
        """All plots, for what concerns each of them."""
        return (
            self.percentiles.chart,
            self.throughput.chart,
            self.heatmap.chart,
            self.resources.memory,
            self.resources.cpu,
            *self.panel.charts,
        )


def _place(model: LiveModel) -> int:
    """Return the place of the deployment that runs in profile order, which is that of the colours."""
    places = {name: i for i, name in enumerate(model.deployments)}
    return places.get(model.label.deployment, 0) if model.label else 0
