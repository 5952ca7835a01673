"""The four live charts in their cards, resized by splitters, on one time axis under one cursor."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from loadbench_gui.ui.charts.chart import Chart
from loadbench_gui.ui.charts.cursor import Cursor
from loadbench_gui.ui.charts.heatmap import HeatmapCard
from loadbench_gui.ui.charts.percentiles import PercentilesCard
from loadbench_gui.ui.charts.resources import ResourcesCard
from loadbench_gui.ui.charts.throughput import ThroughputCard
from loadbench_gui.ui.models.live import WATCH_CAPACITY, LiveModel
from loadbench_gui.ui.models.series import RECENT_S
from loadbench_gui.ui.theme import Theme
from loadbench_gui.ui.widgets.splitter import splitter


class LiveBoard(QWidget):
    """Everything on the Live page that pyqtgraph draws; created once, cleared for each comparison."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.whole_run = False
        self.cursor_line = Cursor()
        self.percentiles = PercentilesCard(theme, self.cursor_line)
        self.throughput = ThroughputCard(theme, self.cursor_line)
        self.heatmap = HeatmapCard(theme, self.cursor_line)
        self.resources = ResourcesCard(theme, self.cursor_line)
        rows = splitter(
            Qt.Orientation.Vertical,
            splitter(Qt.Orientation.Horizontal, self.percentiles, self.throughput, name="Upper charts"),
            splitter(Qt.Orientation.Horizontal, self.heatmap, self.resources, name="Lower charts"),
            name="Chart rows",
        )
        rows.setSizes([1000, 1000])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(rows)
        self.splitters: tuple[QSplitter, ...] = (rows, *rows.findChildren(QSplitter))

    def forget(self) -> None:
        """Clear everything: another comparison begins."""
        for card in (self.percentiles, self.throughput, self.heatmap, self.resources):
            card.forget()

    def refresh(self, model: LiveModel) -> None:
        """Draw what has arrived since the last call; charts without news draw nothing."""
        places = {name: i for i, name in enumerate(model.deployments)}
        index = places.get(model.label.deployment, 0) if model.label else 0
        workload = model.workload_of(model.label)
        view = model.run.view(whole=self.whole_run) if model.run else None
        if workload is not None:
            planned = workload.warmup_s + workload.duration_s
            low, high = (view.low_s, view.high_s) if view else (0.0, min(planned, RECENT_S))
            for chart in self.charts:
                chart.set_run(low, high, workload.warmup_s)
        if view is not None:
            self.percentiles.refresh(model, view, index)
            self.throughput.refresh(model, view, index)
            self.heatmap.refresh(model, view, index)
        self.resources.refresh(model, coarse=view is not None and view.high_s - view.low_s > WATCH_CAPACITY)

    @property
    def charts(self) -> tuple[Chart, ...]:
        """All plots, for what concerns each of them."""
        return (
            self.percentiles.chart,
            self.throughput.chart,
            self.heatmap.chart,
            self.resources.memory,
            self.resources.cpu,
        )
