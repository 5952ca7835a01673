"""The live charts in their cards, resized by splitters, on one time axis under one cursor.

Four are always there. The panel of a stream or of WebSockets stands beside them in a column of its own; in a window
that is too narrow for three columns it lies beneath them, and the board scrolls where it is too low for three rows.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter

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

WIDE_PX = 1_060
"""Three columns need as much."""
LOW_PX = 700
"""Three rows need as much."""


class LiveBoard(QScrollArea):
    """Everything on the Live page that pyqtgraph draws; created once, cleared for each comparison."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.whole_run = False
        self.cursor_line = Cursor()
        self.percentiles = PercentilesCard(theme, self.cursor_line)
        self.throughput = ThroughputCard(theme, self.cursor_line)
        self.heatmap = HeatmapCard(theme, self.cursor_line)
        self.resources = ResourcesCard(theme, self.cursor_line)
        self.panel = PanelCard(theme, self.cursor_line)
        rows = splitter(
            Qt.Orientation.Vertical,
            splitter(Qt.Orientation.Horizontal, self.percentiles, self.throughput, name="Upper charts"),
            splitter(Qt.Orientation.Horizontal, self.heatmap, self.resources, name="Lower charts"),
            name="Chart rows",
        )
        rows.setSizes([1000, 1000])
        self._all = splitter(Qt.Orientation.Horizontal, rows, self.panel, name="Charts and panel")
        self._all.setStretchFactor(0, 2)
        self._all.setSizes([2000, 1000])
        self.splitters: tuple[QSplitter, ...] = (self._all, rows, *rows.findChildren(QSplitter))
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
        self.panel.lay_out(side_by_side=narrow)
        way = Qt.Orientation.Vertical if narrow else Qt.Orientation.Horizontal
        if self._all.orientation() != way:
            self._all.setOrientation(way)
            self._all.setSizes([2000, 1000])
        self._all.setMinimumHeight(LOW_PX if narrow and not self.panel.isHidden() else 0)

    def forget(self) -> None:
        """Clear everything: another comparison begins."""
        for card in (self.percentiles, self.throughput, self.heatmap, self.resources, self.panel):
            card.forget()

    def refresh(self, model: LiveModel) -> None:
        """Draw what has arrived since the last call; charts without news draw nothing."""
        places = {name: i for i, name in enumerate(model.deployments)}
        index = places.get(model.label.deployment, 0) if model.label else 0
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
        if view is not None:
            self.percentiles.refresh(model, view, index)
            self.throughput.refresh(model, view, index)
            self.heatmap.refresh(model, view, index)
            self.panel.refresh(model, view, index)
        self.resources.refresh(model, coarse=view is not None and view.high_s - view.low_s > WATCH_CAPACITY)

    def _introduce(self, model: LiveModel, kind: Kind, *, held: bool) -> None:
        """Name what the charts are about before there is anything in them, and say when nothing will be."""
        if self.percentiles.drawn and model.run is None:
            return  # between two runs the last one is still to be seen, under its own name
        deployment = model.label.deployment if model.label else ""
        self.percentiles.introduce(kind, deployment)
        self.heatmap.introduce(kind, deployment)
        self.throughput.introduce(kind, held=held)
        if model.over and model.run is None:
            for chart in self.charts:
                chart.show_traces((), text.NOTHING_MEASURED, text.NOTHING_MEASURED)

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
