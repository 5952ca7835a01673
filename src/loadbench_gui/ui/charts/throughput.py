"""Answered requests a second against what was offered, and errors: the only red line of the window."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import Qt

from loadbench_gui.core.plan import LoadShape, Workload
from loadbench_gui.report import words
from loadbench_gui.report.figures.axis import plain_labels, ticks_from_zero
from loadbench_gui.report.palette import Role
from loadbench_gui.ui.charts.chart import Chart
from loadbench_gui.ui.charts.cursor import Cursor, Floats, Trace
from loadbench_gui.ui.charts.curve import line_pen
from loadbench_gui.ui.format import rate
from loadbench_gui.ui.models.kinds import Kind, holds
from loadbench_gui.ui.models.live import LiveModel
from loadbench_gui.ui.models.series import ERRORS, THROUGHPUT, T, View, offered_at
from loadbench_gui.ui.theme import Theme, dash_of
from loadbench_gui.ui.widgets.card import TitledCard

_OFFERED_DASH = [4.0, 4.0]


class ThroughputCard(TitledCard):
    """The chart with its card."""

    def __init__(self, theme: Theme, cursor: Cursor) -> None:
        super().__init__(theme, "Throughput and errors", "requests/s")
        self.chart = Chart(theme, cursor, "Throughput and errors", plain_labels)
        self.body.addWidget(self.chart)
        self._offered = self.chart.add_curve()
        self._answered = self.chart.add_curve()
        self._errors = self.chart.add_curve()
        self._top = 0.0
        self._seen: tuple[int, float, float, float] | None = None
        self._index = 0
        self._recolor()
        theme.changed.connect(self._recolor)

    def forget(self) -> None:
        """Start the axis anew and clear the lines: another comparison begins."""
        self._top, self._seen = 0.0, None
        for curve in (self._answered, self._offered, self._errors):
            curve.clear()
        self.aside.setText("")
        self.chart.forget()

    def introduce(self, kind: Kind, *, held: bool) -> None:
        """Say what will be drawn; held: connections are, so that there is no throughput."""
        self.title.setText("Connections opened and errors" if held else "Throughput and errors")
        self.caption.setText(kind.rate)

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
        workload = model.workload_of(model.label)
        answered, errors = view.column(THROUGHPUT), view.column(ERRORS)
        offered_x, offered = _offered_line(workload.shape, view.low_s, view.high_s) if workload else (x[:0], x[:0])
        highest = max((float(a.max()) for a in (answered, errors, offered) if len(a)), default=1.0)
        if highest > self._top:
            self._top = highest
            ticks = ticks_from_zero(highest * 1.12, 4)
            self.chart.set_y(ticks)
        self._answered.set_data(x, answered)
        self._errors.set_data(x, errors)
        self._offered.set_data(offered_x, offered)
        self.aside.setText("- - offered" if len(offered) else _unasked(workload))
        written = partial(rate, unit=run.kind.rate)
        color = self.theme.series(self._index)
        name = model.label.deployment if model.label else "answered"
        traces = (
            Trace(name, color, x, answered, written),
            *((Trace("offered", self.theme.color(Role.MUTED), offered_x, offered, written),) if len(offered) else ()),
            Trace("errors", self.theme.color(Role.ERROR), x, errors, _errors_text),
        )
        summary = f"{written(run.rate_rps)} in the last second, {words.count(run.counts.errors)} errors so far."
        self.chart.show_traces(traces, summary)

    def _recolor(self) -> None:
        pen = line_pen(self.theme.color(Role.MUTED), _OFFERED_DASH)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        self._offered.set_pen(pen)
        self._answered.set_pen(line_pen(self.theme.series(self._index), dash_of(self._index)))
        self._errors.set_pen(line_pen(self.theme.color(Role.ERROR), []))


def _offered_line(shape: LoadShape, low_s: float, high_s: float) -> tuple[Floats, Floats]:
    """Return the planned arrival rate over the run at no more than 600 points; empty for a closed loop."""
    if offered_at(shape, 0.0) is None:
        return np.empty(0), np.empty(0)
    x = np.linspace(low_s, high_s, 240)
    return x, np.array([offered_at(shape, float(t)) or 0.0 for t in x])


def _unasked(workload: Workload | None) -> str:
    """Say what sets the pace where no rate is offered."""
    if holds(workload):
        return ""
    pushed = workload is not None and workload.websocket is not None and workload.websocket.mode == "push"
    if pushed or (workload is not None and workload.stream is not None and workload.stream.endless):
        return "the server sets the pace"
    return "closed loop: as fast as the server answers"


def _errors_text(rps: float) -> str:
    return "none" if rps == 0 else f"{words.rate_figure(rps)}{words.NARROW}/s"
