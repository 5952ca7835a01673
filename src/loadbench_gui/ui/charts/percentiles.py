"""Latency percentiles of the run that is on: p50, p90, p99 and p99.9 of the scheduled latency on a log axis."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from loadbench_gui.core.quantiles import samples_needed
from loadbench_gui.core.trailing import Reading
from loadbench_gui.report import words
from loadbench_gui.report.figures.axis import latency_labels
from loadbench_gui.ui.charts.chart import Chart
from loadbench_gui.ui.charts.cursor import Cursor, Floats, Trace
from loadbench_gui.ui.charts.curve import line_pen
from loadbench_gui.ui.models.kinds import Kind
from loadbench_gui.ui.models.live import LiveModel
from loadbench_gui.ui.models.series import P50, QUANTILE_NAMES, QUANTILES, RunSeries, T, View
from loadbench_gui.ui.theme import Theme, dash_of
from loadbench_gui.ui.widgets.card import TitledCard

_OPACITY = (0.8, 0.85, 1.0, 0.7)
_P99_ROW = 2


class PercentilesCard(TitledCard):
    """The chart with its card; the window each percentile is taken over stands in the title row."""

    def __init__(self, theme: Theme, cursor: Cursor) -> None:
        super().__init__(theme, "Latency percentiles", "scheduled")
        self.chart = Chart(theme, cursor, "Latency percentiles", latency_labels, log=True)
        self.body.addWidget(self.chart)
        self._curves = [self.chart.add_curve() for _ in QUANTILES]
        self._heavy = self.chart.add_curve()
        self._range: tuple[float, float] | None = None
        self._seen: tuple[int, float, float, float] | None = None
        self._index = 0
        self._recolor()
        theme.changed.connect(self._recolor)

    def forget(self) -> None:
        """Start the axis anew and clear the lines: another comparison begins."""
        self._range, self._seen = None, None
        for curve in (*self._curves, self._heavy):
            curve.clear()
        self.aside.setText("")
        self.chart.forget()

    @property
    def drawn(self) -> bool:
        """Whether there is a run in the chart; it stays until there is something of the next one."""
        return self._seen is not None

    def introduce(self, kind: Kind, deployment: str) -> None:
        """Say what will be drawn, and of which deployment."""
        self.title.setText(f"{kind.latency or 'Latency'} percentiles")
        self.caption.setText(f"{deployment}, {kind.clock}" if deployment else kind.clock)

    def refresh(self, model: LiveModel, view: View, index: int) -> None:
        """Draw what has arrived since; `index` is the deployment's place in profile order."""
        run = model.run
        if run is None:
            return
        x = view.column(T)
        if view.key == self._seen:
            return
        self._seen = view.key
        if index != self._index:
            self._index = index
            self._recolor()
        columns = [view.column(P50 + i) for i in range(len(QUANTILES))]
        self._fit(columns)
        for curve, values in zip(self._curves, columns, strict=True):
            curve.set_data(x, self.chart.axis_values(values))
        self._heavy.set_data(x, self.chart.axis_values(columns[_P99_ROW]) + self.chart.pixel_height())
        readings = run.latency()
        self.aside.setText(window_words(readings))
        self.chart.show_traces(self._traces(x, columns), _summary(run, readings), _message(run))

    def _recolor(self) -> None:
        for i, curve in enumerate(self._curves):
            curve.set_pen(line_pen(self.theme.series(self._index, _OPACITY[i]), dash_of(self._index)))
        self._heavy.set_pen(line_pen(self.theme.series(self._index), dash_of(self._index)))

    def _fit(self, columns: list[Floats]) -> None:
        """Widen the axis to the data; it never narrows during a comparison, so that deployments can be compared."""
        known = np.concatenate(columns)
        known = known[known > 0]
        if len(known):
            low, high = float(known.min()), float(known.max())
            if self._range is not None:
                low, high = min(low, self._range[0]), max(high, self._range[1])
            self._range = (low, high)
            self.chart.set_log_range(low, max(high, low * 2))

    def _traces(self, x: Floats, columns: list[Floats]) -> tuple[Trace, ...]:
        color = self.theme.series(self._index)
        return tuple(
            Trace(name, color, x, column, words.latency, label=name, strong=i == _P99_ROW)
            for i, (name, column) in reversed(list(enumerate(zip(QUANTILE_NAMES, columns, strict=True))))
        )


def window_words(
    readings: Sequence[Reading],
    names: Sequence[str] = QUANTILE_NAMES,
    quantiles: Sequence[float] = QUANTILES,
    needed: str = " samples",
) -> str:
    """Say over which window each percentile is taken: "p50, p90 over 1 s · p99 over 2 s · p99.9 needs 10,000 samples".

    needed: of what, where there is room to say it.
    """
    parts: list[str] = []
    named = zip(names, quantiles, readings, strict=True)
    for window, group in groupby(named, key=lambda item: item[2].window_s):
        items = list(group)
        said = ", ".join(name for name, _, _ in items)
        if window is None:
            many = words.count(samples_needed(items[0][1]))
            parts.append(f"{said} needs {many}{needed}" if len(items) == 1 else f"{said}: too few{needed}")
        else:
            parts.append(f"{said} over {window} s")
    return " · ".join(parts)


def _summary(run: RunSeries, readings: list[Reading]) -> str:
    values = (f"{name} {words.latency(r.value_us)}" for name, r in zip(QUANTILE_NAMES, readings, strict=True))
    what = run.kind.latency or "Latency"
    subject = f"Scheduled {what.lower()}" if run.kind.scheduled else f"{what}, {run.kind.clock},"
    return f"{subject} now: {', '.join(values)}. {window_words(readings)}."


def _message(run: RunSeries) -> str:
    if run.counts.succeeded or not run.counts.errors or run.latency()[0].value_us is not None:
        return ""
    return f"No {run.kind.samples} have succeeded yet" if run.kind.scheduled else "Nothing has come yet"
