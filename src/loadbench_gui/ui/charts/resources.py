"""Memory and CPU of the servers' process trees, and the generator's: each deployment's latest run on one time axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loadbench_gui.report import words
from loadbench_gui.report.figures.axis import memory_labels, ticks_from_zero
from loadbench_gui.ui.charts.chart import Chart
from loadbench_gui.ui.charts.cursor import Cursor, Floats, Trace
from loadbench_gui.ui.charts.curve import line_pen
from loadbench_gui.ui.models.live import LiveModel, Watched
from loadbench_gui.ui.theme import Theme, dash_of
from loadbench_gui.ui.widgets.card import TitledCard, TitleRow

MAX_SERIES = 6
GENERATOR = -1
_KINDS = {"pss": "PSS", "uss": "USS", "rss": "RSS (counts shared pages more than once)"}


class ResourcesCard(TitledCard):
    """Memory above, CPU beneath."""

    def __init__(self, theme: Theme, cursor: Cursor) -> None:
        super().__init__(theme, "Memory", "of the process tree")
        self.memory = Chart(theme, cursor, "Memory of the process tree", memory_labels, time_labels=False)
        self.cpu = Chart(theme, cursor, "CPU of the process tree", _core_labels)
        self.body.addWidget(self.memory, 3)
        self.body.addWidget(TitleRow(theme, "CPU", "cores"))
        self.body.addWidget(self.cpu, 2)
        order = [*range(MAX_SERIES), GENERATOR]
        self._memory = {i: self.memory.add_curve() for i in order}
        self._cpu = {i: self.cpu.add_curve() for i in order}
        self._tops = [0.0, 0.0]
        # What each line shows. A line stays until its deployment's next run has been looked at, and so does its name.
        self._drawn: dict[int, tuple[Trace, Trace]] = {}
        self._seen: tuple[tuple[tuple[int, int, int], ...], bool] = ((), False)
        self._recolor()
        theme.changed.connect(self._recolor)

    def forget(self) -> None:
        """Start the axes anew and clear the lines: another comparison begins."""
        self._tops, self._seen = [0.0, 0.0], ((), False)
        self._drawn.clear()
        self.legend.show_entries(())
        for curve in (*self._memory.values(), *self._cpu.values()):
            curve.clear()
        for chart in (self.memory, self.cpu):
            chart.forget()

    def refresh(self, model: LiveModel, *, coarse: bool = False) -> None:
        """Draw what has arrived since, for every deployment that has been watched."""
        shown = _shown(model)
        seen = tuple((index, id(w), len(w.column(0)) and round(float(w.column(0)[-1]) * 1e3)) for _, index, w in shown)
        if (seen, coarse) == self._seen:
            return
        self._seen = (seen, coarse)
        for name, index, watched in shown:
            x, used, cores = (watched.column(i, coarse=coarse) for i in range(3))
            self._memory[index].set_data(x, used)
            self._cpu[index].set_data(x, cores)
            color = self.theme.series(index)
            self._drawn[index] = (
                Trace(name, color, x, used, words.memory),
                Trace(name, color, x, cores, _cores),
            )
        order = sorted(self._drawn, key=lambda index: (index == GENERATOR, index))
        memory, cpu = ([self._drawn[index][which] for index in order] for which in (0, 1))
        self._fit(self.memory, 0, [t.y for t in memory], 16 * words.MIB)
        self._fit(self.cpu, 1, [t.y for t in cpu], 0.5)
        self.legend.show_entries(tuple((self._drawn[index][0].name, index) for index in order))
        kind = next((w.kind for _, index, w in shown if index >= 0), "pss")
        self.caption.setText(f"{_KINDS[kind]} of the process tree")
        self.memory.show_traces(tuple(memory), _latest("Memory", memory))
        self.cpu.show_traces(tuple(cpu), _latest("CPU", cpu))

    def _fit(self, chart: Chart, which: int, columns: list[Floats], least: float) -> None:
        highest = max((float(np.nanmax(c)) for c in columns if len(c) and not np.all(np.isnan(c))), default=0.0)
        highest = max(highest, least)
        if highest > self._tops[which]:
            self._tops[which] = highest
            unit, count = (words.MIB, 4) if which == 0 else (1, 2)
            ticks = [t * unit for t in ticks_from_zero(highest * 1.08 / unit, count)]
            chart.set_y(ticks)

    def _recolor(self) -> None:
        for curves in (self._memory, self._cpu):
            for index, curve in curves.items():
                curve.set_pen(line_pen(self.theme.series(index), dash_of(index)))


def _shown(model: LiveModel) -> list[tuple[str, int, Watched]]:
    places = {name: i for i, name in enumerate(model.deployments)}
    shown = [
        (name, places[name], watched)
        for name, watched in model.targets.items()
        if places.get(name, MAX_SERIES) < MAX_SERIES and len(watched.column(0))
    ]
    shown.sort(key=lambda item: item[1])
    if len(model.generator.column(0)):
        shown.append(("generator", GENERATOR, model.generator))
    return shown


def _cores(value: float) -> str:
    return f"{value:.2f} cores"


def _core_labels(ticks: Sequence[float]) -> tuple[str, ...]:
    return tuple(f"{tick:g}" for tick in ticks)


def _latest(what: str, traces: list[Trace]) -> str:
    newest = []
    for trace in traces:
        known = trace.y[~np.isnan(trace.y)]
        if len(known):
            newest.append(f"{trace.name} {trace.text(float(known[-1]))}")
    return f"{what} now: {', '.join(newest)}." if newest else f"{what}: nothing measured yet."
