"""The answer: the verdict sentence on top, then the interval, the evidence, and what to do next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QSortFilterProxyModel, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QScrollArea,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Comparison, Gate
from loadbench_gui.report import series, tables, words
from loadbench_gui.report.endings import is_cut_short
from loadbench_gui.report.figures.forest import forest, height_for
from loadbench_gui.report.figures.spectrum import Spectrum, spectrum
from loadbench_gui.report.palette import Role
from loadbench_gui.ui import text
from loadbench_gui.ui.charts.scene_view import SceneView
from loadbench_gui.ui.format import day_and_time
from loadbench_gui.ui.models.kinds import Kind, kind_of
from loadbench_gui.ui.models.metrics import SORT, MetricsModel, metrics_table, usual_metrics
from loadbench_gui.ui.theme import Theme, code_font, font
from loadbench_gui.ui.widgets.card import Card, TitledCard, Words
from loadbench_gui.ui.widgets.gates import GatesRow
from loadbench_gui.ui.widgets.metric_cells import MetricDelegate
from loadbench_gui.ui.widgets.panel import Banner, EmptyState, button
from loadbench_gui.ui.widgets.run_order import RunOrder
from loadbench_gui.ui.widgets.splitter import splitter
from loadbench_gui.ui.widgets.table import Table

MANY_ROUNDS = 100
"""Nobody adds as many: what is noisier than that is settled by removing the noise."""


@dataclass(frozen=True, slots=True)
class CompareActions:
    """What the buttons do; each gets the comparison that is shown."""

    run_again: Callable[[Comparison], None]
    export: Callable[[Comparison, tuple[Run, ...]], None]
    copy: Callable[[str], None]
    start_first: Callable[[], None]


class ComparePage(QWidget):
    """Shows one comparison; `show_comparison` replaces it."""

    def __init__(self, theme: Theme, actions: CompareActions) -> None:
        super().__init__()
        self._theme, self._actions = theme, actions
        self._comparison: Comparison | None = None
        self._runs: tuple[Run, ...] = ()
        self._build_head()
        self._build_verdict()
        self._build_figures()
        self._build_table()
        self._build_foot()
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(20, 16, 20, 14)
        column.setSpacing(12)
        column.addLayout(self._head)
        column.addWidget(self.banner)
        column.addWidget(self._verdict_card)
        column.addWidget(self._figures, 1)
        column.addWidget(self._table_card)
        column.addLayout(self._foot)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(content)
        empty = EmptyState(theme, text.COMPARE_EMPTY, text.COMPARE_EMPTY_WHY, text.COMPARE_THREE, actions.start_first)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(empty)
        self._stack.addWidget(scroll)

    def _build_head(self) -> None:
        theme = self._theme
        self._title = Words(theme, "", pixels=17, weight=QFont.Weight.DemiBold, elide=True)
        self._subtitle = Words(theme, "", role=Role.MUTED, elide=True)
        self.workload = QComboBox()
        self.workload.setAccessibleName("Workload")
        self.workload.view().setAccessibleName("Workloads")
        self.workload.currentTextChanged.connect(lambda _name: self._show_workload())
        self.again_button = button(text.RUN_AGAIN, self._run_again)
        self.copy_button = button(text.COPY_COMMAND, self.copy_command)
        self.export_button = button(text.EXPORT, self.export, primary=True)
        names = QVBoxLayout()
        names.setSpacing(3)
        names.addWidget(self._title)
        names.addWidget(self._subtitle)
        self._head = QHBoxLayout()
        self._head.setSpacing(12)
        self._head.addLayout(names, 1)
        for widget in (self.workload, self.again_button, self.copy_button, self.export_button):
            self._head.addWidget(widget)
        self.banner = Banner(theme)

    def _build_verdict(self) -> None:
        theme = self._theme
        self._verdict_card = Card(theme)
        self._sentence = Words(theme, "", pixels=18, weight=QFont.Weight.DemiBold)
        self._sentence.setWordWrap(True)
        self._note = Words(theme, "", role=Role.MUTED)
        self._note.setWordWrap(True)
        self._gates = GatesRow(theme)
        column = QVBoxLayout(self._verdict_card)
        column.setContentsMargins(18, 16, 18, 14)
        column.setSpacing(8)
        column.addWidget(self._sentence)
        column.addWidget(self._note)
        column.addWidget(self._gates)

    def _build_figures(self) -> None:
        theme = self._theme
        self._forest_card = TitledCard(theme, "Difference from the baseline", "95 % intervals; band: threshold")
        self._forest = SceneView(theme, "Difference from the baseline")
        self.all_button = QCheckBox("All metrics")
        self.all_button.setFont(font(12))
        self.all_button.setAccessibleName("Show all metrics in the chart of differences")
        self.all_button.toggled.connect(lambda _on: self._show_workload())
        self._forest_card.head.addWidget(self.all_button)
        self._spectrum_card = TitledCard(theme, "Latency by percentile", "scheduled, all rounds")
        self._spectrum = SceneView(theme, "Latency by percentile")
        for card, view in ((self._forest_card, self._forest), (self._spectrum_card, self._spectrum)):
            card.body.setContentsMargins(15, 4, 15, 8)
            card.body.addWidget(view)
        self._figures = splitter(
            Qt.Orientation.Horizontal, self._forest_card, self._spectrum_card, name="Compare charts"
        )

    def _build_table(self) -> None:
        self._model = MetricsModel()
        self._sorted = QSortFilterProxyModel()
        self._sorted.setSourceModel(self._model)
        self._sorted.setSortRole(SORT)
        self._delegate = MetricDelegate(self._theme)
        self.table = Table(self._theme, self._sorted, "Deployments and metrics", row_height=46)
        self.table.setItemDelegate(self._delegate)
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._table_card = Card(self._theme)
        inside = QVBoxLayout(self._table_card)
        inside.setContentsMargins(14, 8, 14, 12)
        inside.addWidget(self.table)

    def _build_foot(self) -> None:
        self._order = RunOrder(self._theme)
        self._command = Words(self._theme, "", role=Role.MUTED, pixels=12, elide=True)
        self._command.setFont(code_font())
        self._command.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._foot = QHBoxLayout()
        self._foot.setSpacing(24)
        self._foot.addWidget(self._order, 1)
        self._foot.addWidget(self._command, 1)

    @property
    def comparison(self) -> Comparison | None:
        """What is shown."""
        return self._comparison

    @property
    def sentence(self) -> str:
        """The verdict sentence on top."""
        return self._sentence.text()

    def show_comparison(self, comparison: Comparison, runs: tuple[Run, ...]) -> None:
        """Show another comparison."""
        self._comparison, self._runs = comparison, runs
        schedule = comparison.schedule
        self._title.setText(comparison.profile)
        self._subtitle.setText(" · ".join((
            words.plural(schedule.rounds, "round"),
            words.plural(len(runs), "run"),
            day_and_time(comparison.started_at),
            f"baseline {comparison.baseline}",
        )))  # fmt: skip
        self._sentence.setText(comparison.summary)
        self._sentence.setAccessibleName(comparison.summary)
        self._note.setText(_notes(comparison))
        self._gates.show_gates((*_likeness(comparison), *comparison.gates))
        self.banner.say(*_warning(comparison, runs))
        self._order.show_runs(runs, comparison.deployments)
        self._command.setText(comparison.command)
        self.copy_button.setEnabled(bool(comparison.command))
        workloads = list(dict.fromkeys(run.label.workload for run in runs))
        self.workload.blockSignals(True)
        self.workload.clear()
        self.workload.addItems(workloads)
        self.workload.blockSignals(False)
        self.workload.setVisible(len(workloads) > 1)
        self._show_workload()
        self._stack.setCurrentIndex(1)

    def _show_workload(self) -> None:
        comparison, name = self._comparison, self.workload.currentText()
        if comparison is None or not name:
            return
        runs = [run for run in self._runs if run.label.workload == name]
        shown = None if self.all_button.isChecked() else usual_metrics(comparison, self._runs, name)
        judged = [m for m in comparison.metrics if m.workload == name and (shown is None or m.metric in shown)]
        self._model.show_table(metrics_table(comparison, self._runs, name))
        self.table.setFixedHeight(self.table.sizeHint().height())
        self._forest_card.title.setText(f"Difference from {comparison.baseline}")
        self._forest_card.legend.show_entries(
            tuple((d, i) for i, d in enumerate(comparison.deployments) if any(m.deployment == d for m in judged))
        )
        self._forest.setMinimumHeight(round(max(150.0, height_for(judged) if judged else 0.0)))
        self._forest.show_scene(partial(forest, judged, comparison.deployments))
        arms = series.arms(runs, comparison.deployments)
        self._spectrum_card.legend.show_entries(tuple((arm.name, arm.index) for arm in arms))
        kind = kind_of(runs[0].workload if runs else None)
        title = f"{kind.latency or 'Latency'} by percentile"
        self._spectrum_card.title.setText(title)
        self._spectrum_card.caption.setText(f"{kind.clock}, all rounds")
        self._spectrum.show_scene(
            partial(spectrum, [_spectrum_of(arm, kind) for arm in arms], title=title, counted=kind.samples)
        )

    def copy_command(self) -> None:
        """Hand the command line that repeats this comparison to the clipboard."""
        if self._comparison is not None:
            self._actions.copy(self._comparison.command)

    def export(self) -> None:
        """Write the report."""
        if self._comparison is not None:
            self._actions.export(self._comparison, self._runs)

    def _run_again(self) -> None:
        if self._comparison is not None:
            self._actions.run_again(self._comparison)


def _spectrum_of(arm: series.Arm, kind: Kind) -> Spectrum:
    """Return the latencies of a deployment, all rounds merged: what counts as one in this kind of load."""
    return Spectrum(arm.index, arm.name, sum((kind.times(r.measured, r.traffic) for r in arm.runs), Histogram()))


def _notes(comparison: Comparison) -> str:
    more = tables.more_rounds(comparison)
    if more > MANY_ROUNDS:
        return (
            f"{tables.noise_note(comparison)} The primary metric would need more than {MANY_ROUNDS} further rounds: "
            "make this machine quieter first."
        )
    settle = f" About {words.plural(more, 'more round')} would settle the primary metric." if more else ""
    return tables.noise_note(comparison) + settle


def _likeness(comparison: Comparison) -> tuple[Gate, ...]:
    """Return what differs besides the framework as a caveat among the gates."""
    if comparison.like_for_like:
        return ()
    what = ", ".join(d.what for d in comparison.differences if d.matters) or "more than the framework"
    detail = (
        f"The deployments differ in {what}. Make them equal in the profile, or read the verdict as one on the whole."
    )
    return (Gate("not like for like:", None, what, detail),)


def _warning(comparison: Comparison, runs: Sequence[Run]) -> tuple[str, str]:
    """Return what casts doubt on the whole, and what to do about it; empty strings when nothing does."""
    if not comparison.complete:
        done = sum(not is_cut_short(run.stop_reason, sealed=run.sealed) for run in runs)
        planned = len(comparison.schedule.entries)
        return (
            f"Stopped after {done} of {words.plural(planned, 'run')}.",
            "What was measured is kept and shown. Run again for a verdict on the whole schedule.",
        )
    return "", ""
