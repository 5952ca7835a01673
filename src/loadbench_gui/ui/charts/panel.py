"""The stream or WebSocket panel: its own times and numbers over the run, and its counts; for such runs only."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from loadbench_gui.report import words
from loadbench_gui.report.figures.axis import latency_labels, plain_labels, ticks_from_zero
from loadbench_gui.ui.charts.chart import Chart
from loadbench_gui.ui.charts.cursor import Cursor, Floats, Trace
from loadbench_gui.ui.charts.curve import line_pen
from loadbench_gui.ui.charts.percentiles import window_words
from loadbench_gui.ui.format import rate
from loadbench_gui.ui.models.facts import facts
from loadbench_gui.ui.models.live import LiveModel
from loadbench_gui.ui.models.panel import (
    MOST_NUMBERS,
    MOST_TIMES,
    PANEL_NAMES,
    PANEL_QUANTILES,
    NumbersRow,
    Panel,
    PanelSeries,
    TimesRow,
    panel_of,
)
from loadbench_gui.ui.models.series import T, View
from loadbench_gui.ui.theme import Theme, dash_of
from loadbench_gui.ui.widgets.card import TitledCard, TitleRow
from loadbench_gui.ui.widgets.fact_grid import FactGrid

_OPACITY = (0.8, 1.0, 0.65)
COUNTS_PX = 176
"""The width of the counts beside the plots."""
_P99 = 1


class PanelCard(TitledCard):
    """The charts with their card. Everything is created once; what a workload does not have is hidden."""

    def __init__(self, theme: Theme, cursor: Cursor) -> None:
        super().__init__(theme, "Streams")
        self.facts = FactGrid(theme, "Counts")
        self.times = [TimesPlot(theme, cursor) for _ in range(MOST_TIMES)]
        self.numbers = [NumbersPlot(theme, cursor) for _ in range(MOST_NUMBERS)]
        counts = QVBoxLayout()
        counts.setContentsMargins(7, 2, 7, 4)
        counts.addWidget(self.facts, 0, Qt.AlignmentFlag.AlignTop)
        self._plots = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._plots.setSpacing(0)
        for plot in self._all_plots:
            self._plots.addWidget(plot, _share(plot))
        self._inside = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._inside.setSpacing(0)
        self._inside.addLayout(counts)
        self._inside.addLayout(self._plots, 1)
        self.body.addLayout(self._inside, 1)
        self._panel: Panel | None = None
        self._side_by_side = False
        self._seen: tuple[int, float, float, float] | None = None
        self._index = 0
        self.setVisible(False)

    @property
    def _all_plots(self) -> tuple[TimesPlot | NumbersPlot, ...]:
        return (*self.times, *self.numbers)

    @property
    def charts(self) -> tuple[Chart, ...]:
        """The plots that the workload has."""
        return tuple(plot.chart for plot in self._all_plots if self._panel and not plot.isHidden())

    def forget(self) -> None:
        """Start the axes anew: another comparison begins."""
        self._seen = None
        self.caption.setText("")
        self.facts.show_facts(())
        for plot in self._all_plots:
            plot.forget()

    def arrange(self, model: LiveModel) -> bool:
        """Show what the workload of the run has, if it has any of it. Returns whether there is a panel."""
        panel = panel_of(model.workload_of(model.label))
        if panel != self._panel:
            self._panel = panel
            self.forget()
            if panel is not None:
                self._show_rows(panel)
        return panel is not None

    def _show_rows(self, panel: Panel) -> None:
        self.title.setText(panel.title)
        for i, times in enumerate(self.times):
            times.take(panel.times[i] if i < len(panel.times) else None)
        # The last plot is always in use: it is the one with the seconds beneath.
        first = MOST_NUMBERS - len(panel.numbers)
        for i, numbers in enumerate(self.numbers):
            numbers.take(panel.numbers[i - first] if i >= first else None)
        self._label_time()

    def lay_out(self, *, side_by_side: bool) -> None:
        """Put counts and plots beneath each other in a column of the board, or side by side in a row of it."""
        if side_by_side != self._side_by_side:
            self._side_by_side = side_by_side
            way = QBoxLayout.Direction.LeftToRight if side_by_side else QBoxLayout.Direction.TopToBottom
            self._inside.setDirection(way)
            self._plots.setDirection(way)
            for plot in self._all_plots:
                self._plots.setStretchFactor(plot, 1 if side_by_side else _share(plot))
            self.facts.set_column(COUNTS_PX if side_by_side else None)
            self._label_time()

    def _label_time(self) -> None:
        for plot in self._all_plots:
            plot.chart.label_time(wanted=self._side_by_side or plot is self.numbers[-1])

    def refresh(self, model: LiveModel, view: View, index: int) -> None:
        """Draw what has arrived since; `index` is the deployment's place in profile order."""
        run, panel = model.run, self._panel
        if run is None or run.panel is None or panel is None:
            return
        self.facts.show_facts(facts(model))
        if view.key == self._seen:
            return
        self._seen = view.key
        name = model.label.deployment if model.label else ""
        self.caption.setText(f"{name}, from its start" if name else "")
        for i, times in enumerate(self.times[: len(panel.times)]):
            times.draw(view.column(T), view.panel_times(i), run.panel, i, index)
        first = MOST_NUMBERS - len(panel.numbers)
        for i in range(len(panel.numbers)):
            self.numbers[first + i].draw(view.column(T), view.panel_numbers(i), index)


class TimesPlot(QWidget):
    """p50 and p99 of a time, and its longest where that is asked for, on a log axis."""

    def __init__(self, theme: Theme, cursor: Cursor) -> None:
        super().__init__()
        self._theme = theme
        self.head = TitleRow(theme, "", "")
        self.chart = Chart(theme, cursor, "", latency_labels, log=True, time_labels=False)
        _stack(self, self.head, self.chart)
        self._curves = [self.chart.add_curve() for _ in _OPACITY]
        self._heavy = self.chart.add_curve()
        self._row: TimesRow | None = None
        self._range: tuple[float, float] | None = None
        self._index = 0
        theme.changed.connect(self._recolor)
        self._recolor()

    def take(self, row: TimesRow | None) -> None:
        """Show another time, or hide."""
        self._row = row
        self.setVisible(row is not None)
        if row is not None:
            self.head.title.setText(row.title)
            self.head.caption.setText(row.clock)
            self.chart.setAccessibleName(f"{row.title}, {row.clock}")

    def forget(self) -> None:
        """Start the axis anew and clear the lines."""
        self._range = None
        for curve in (*self._curves, self._heavy):
            curve.clear()
        self.chart.forget()
        self.head.aside.setText("")

    def draw(self, x: Floats, columns: tuple[Floats, ...], series: PanelSeries, row: int, index: int) -> None:
        """Draw p50, p99 and longest in the colour of the deployment."""
        if index != self._index:
            self._index = index
            self._recolor()
        self._fit(columns)
        for curve, values in zip(self._curves, columns, strict=True):
            curve.set_data(x, self.chart.axis_values(values))
        self._heavy.set_data(x, self.chart.axis_values(columns[_P99]) + self.chart.pixel_height())
        readings = series.readings(row)
        said = window_words(readings, PANEL_NAMES, PANEL_QUANTILES, needed="")
        self.head.aside.setText(said)
        shown = self._row
        if shown is None:
            return
        names = (*PANEL_NAMES, shown.longest)
        color = self._theme.series(self._index)
        traces = tuple(
            Trace(name, color, x, values, words.latency, label=name, strong=i == _P99)
            for i, (name, values) in reversed(list(enumerate(zip(names, columns, strict=True))))
            if name
        )
        now = ", ".join(f"{name} {words.latency(r.value_us)}" for name, r in zip(PANEL_NAMES, readings, strict=True))
        nothing = all(np.isnan(column).all() for column in columns)
        self.chart.show_traces(traces, f"{shown.title}, {shown.clock}, now: {now}. {said}.", _missing(x, nothing))

    def _fit(self, columns: tuple[Floats, ...]) -> None:
        known = np.concatenate(columns)
        known = known[known > 0]
        if len(known):
            low, high = float(known.min()), float(known.max())
            if self._range is not None:
                low, high = min(low, self._range[0]), max(high, self._range[1])
            self._range = (low, high)
            self.chart.set_log_range(low, max(high, low * 2))

    def _recolor(self) -> None:
        dash = dash_of(self._index)
        for curve, opacity in zip(self._curves, _OPACITY, strict=True):
            curve.set_pen(line_pen(self._theme.series(self._index, opacity), dash))
        self._heavy.set_pen(line_pen(self._theme.series(self._index), dash))


class NumbersPlot(QWidget):
    """A number over time on an axis from zero."""

    def __init__(self, theme: Theme, cursor: Cursor) -> None:
        super().__init__()
        self._theme = theme
        self.head = TitleRow(theme, "", "")
        self.chart = Chart(theme, cursor, "", plain_labels)
        _stack(self, self.head, self.chart)
        self._curve = self.chart.add_curve()
        self._row: NumbersRow | None = None
        self._top = 0.0
        self._index = 0
        theme.changed.connect(self._recolor)
        self._recolor()

    def take(self, row: NumbersRow | None) -> None:
        """Show another number, or hide."""
        self._row = row
        self.setVisible(row is not None)
        if row is not None:
            self.head.title.setText(row.title)
            self.head.caption.setText(row.unit)
            self.chart.setAccessibleName(f"{row.title}, {row.unit}")

    def forget(self) -> None:
        """Start the axis anew and clear the line."""
        self._top = 0.0
        self._curve.clear()
        self.chart.forget()

    def draw(self, x: Floats, values: Floats, index: int) -> None:
        """Draw the number in the colour of the deployment."""
        if index != self._index:
            self._index = index
            self._recolor()
        highest = float(values.max()) if len(values) else 0.0
        if highest > self._top or not self._top:
            self._top = max(highest, 1.0)
            self.chart.set_y(ticks_from_zero(self._top * 1.12, 3))
        self._curve.set_data(x, values)
        row = self._row
        if row is not None:
            written = partial(rate, unit=row.unit)
            trace = Trace(row.title.lower(), self._theme.series(self._index), x, values, written)
            now = written(float(values[-1])) if len(values) else words.UNKNOWN
            self.chart.show_traces((trace,), f"{row.title} now: {now}.")

    def _recolor(self) -> None:
        self._curve.set_pen(line_pen(self._theme.series(self._index), dash_of(self._index)))


def _share(plot: TimesPlot | NumbersPlot) -> int:
    """Return its share of the height where plots lie beneath each other: times have a log axis."""
    return 4 if isinstance(plot, TimesPlot) else 3


def _stack(parent: QWidget, head: TitleRow, chart: Chart) -> None:
    # Side by side all have their share of the width, whatever their words ask for.
    parent.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
    column = QVBoxLayout(parent)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(head)
    column.addWidget(chart, 1)


def _missing(x: Floats, nothing: bool) -> str:
    return "Too few so far" if nothing and len(x) else ""
