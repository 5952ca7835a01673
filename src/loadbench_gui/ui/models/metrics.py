"""Deployments and metrics of one workload as a sortable table model; every figure and verdict comes from the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Comparison, Metric, MetricVerdict
from loadbench_gui.report import series, tables, words
from loadbench_gui.stats.kinds import kind_of
from loadbench_gui.stats.sample import SERVICE

SORT: Final = Qt.ItemDataRole.UserRole.value
CELL: Final = Qt.ItemDataRole.UserRole.value + 1

_USUAL: Final = (Metric.P99, Metric.P50, Metric.THROUGHPUT, Metric.MEMORY_PEAK, Metric.CPU_PER_1K)


@dataclass(frozen=True, slots=True)
class NameCell:
    """The first column: a deployment with its place in profile order, and what its figures are made of."""

    text: str
    index: int
    note: str


@dataclass(frozen=True, slots=True)
class MetricCell:
    """A figure, the difference from the baseline beneath it, and its verdict as a word with a colour role."""

    text: str
    note: str
    value: float | None
    pill: str = ""
    tone: str = "muted"
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class MetricsTable:
    """The table of one workload, ready to be shown."""

    metrics: tuple[Metric, ...]
    names: tuple[NameCell, ...]
    cells: tuple[tuple[MetricCell, ...], ...]


def usual_metrics(comparison: Comparison, runs: Sequence[Run], workload: str) -> tuple[Metric, ...]:
    """Return the metrics that most questions about `workload` are about, the primary one first.

    What loads of its kind have of their own comes before what all have; what no run has a value of is left out.
    """
    mine = [run for run in runs if run.label.workload == workload]
    own = () if not mine else tuple(m for m in kind_of(mine[0].workload).own if m not in SERVICE)
    usual = tuple(m for m in _USUAL if not (own and m is Metric.P50))
    known = {m for m in (*own, *usual) if any(series.value(run, m) is not None for run in mine)}
    wanted = (m for m in (comparison.primary, *own, *usual) if m in known or m is comparison.primary)
    return tuple(dict.fromkeys(wanted))


def metrics_table(comparison: Comparison, runs: Sequence[Run], workload: str) -> MetricsTable:
    """Put the table of `workload` together, the primary metric first."""
    verdicts = {(m.metric, m.deployment): m for m in comparison.metrics if m.workload == workload}
    metrics = usual_metrics(comparison, runs, workload)
    kinds = {kind_of(run.workload) for run in runs if run.label.workload == workload}
    counted = kinds.pop().counted if kinds else "requests"
    names, cells = [], []
    for index, name in enumerate(comparison.deployments):
        mine = [r for r in runs if (r.label.deployment, r.label.workload) == (name, workload)]
        samples = sum(run.measured.succeeded for run in mine)
        made_of = f"{words.plural(len(mine), 'run')} · {words.count(samples)} samples"
        names.append(NameCell(name, index, made_of))
        judged = any(name == comparison.baseline or (m, name) in verdicts for m in metrics)
        shown = metrics if judged else ()
        cells.append(tuple(_cell(comparison, verdicts, metric, name, mine, counted) for metric in shown))
    blank = tuple(MetricCell(words.UNKNOWN, "", None) for _ in metrics)
    return MetricsTable(metrics, tuple(names), tuple(row or blank for row in cells))


def _cell(
    comparison: Comparison,
    verdicts: dict[tuple[Metric, str], MetricVerdict],
    metric: Metric,
    name: str,
    runs: Sequence[Run],
    counted: str,
) -> MetricCell:
    value = tables.geometric_mean([series.value(run, metric) for run in runs]) if runs else None
    text = words.metric_value(metric, value, counted).removesuffix(" per connection")
    if name == comparison.baseline:
        compared = any(m is metric for m, _ in verdicts)
        return MetricCell(text, "baseline" if compared else "", value)
    verdict = verdicts.get((metric, name))
    if verdict is None:
        return MetricCell(text, "", value)
    note = words.change(verdict.ratio)
    if verdict.ci95 is not None:
        note = f"{note} ({words.change_interval(verdict.ci95)})"
    return MetricCell(
        text,
        note if verdict.ratio is not None else "",
        value,
        words.VERDICT_WORDS[verdict.verdict],
        words.VERDICT_TONES[verdict.verdict],
        " ".join((verdict.sentence, *verdict.caveats)),
    )


class MetricsModel(QAbstractTableModel):
    """Rows are deployments, columns metrics."""

    def __init__(self) -> None:
        super().__init__()
        self._table = MetricsTable((), (), ())

    def show_table(self, table: MetricsTable) -> None:
        """Replace everything."""
        self.beginResetModel()
        self._table = table
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        """One per deployment."""
        return 0 if parent.isValid() else len(self._table.names)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        """The name, then the metrics."""
        return 0 if parent.isValid() else 1 + len(self._table.metrics)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's title."""
        shown = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole)
        if orientation is not Qt.Orientation.Horizontal or role not in shown:
            return None
        return "Deployment" if section == 0 else words.METRIC_LABELS[self._table.metrics[section - 1]]

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell's text, sort key or cell value."""
        if not index.isValid():
            return None
        row, column = index.row(), index.column()
        if column == 0:
            name = self._table.names[row]
            return {Qt.ItemDataRole.DisplayRole: name.text, SORT: name.index, CELL: name}.get(role)
        cell = self._table.cells[row][column - 1]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return " ".join(part for part in (cell.text, cell.note, cell.pill) if part)
            case Qt.ItemDataRole.ToolTipRole:
                return cell.sentence or None
            case Qt.ItemDataRole.UserRole:
                return cell.value if cell.value is not None else float("inf")
            case _:
                return cell if role == CELL else None
