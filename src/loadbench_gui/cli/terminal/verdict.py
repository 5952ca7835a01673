"""The verdict of a comparison: the sentence, one line a metric, and what stands in its way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from loadbench_gui.core.verdict import Comparison, Gate, Metric, MetricVerdict, Verdict
from loadbench_gui.report import words
from loadbench_gui.stats.wording import gate_words

VERDICT_STYLE: Final = {
    Verdict.FASTER: "green",
    Verdict.LESS: "green",
    Verdict.SLOWER: "red",
    Verdict.MORE: "red",
    Verdict.MEASURABLE: "yellow",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.NONE: "yellow",
    Verdict.UNDETERMINED: "yellow",
    Verdict.EQUIVALENT: "",
}


def print_comparison(console: Console, comparison: Comparison) -> None:
    """Print the verdict: the sentence, one line a metric, then the gates that did not hold."""
    console.print()
    console.print(Text(comparison.summary, style="bold"))
    workloads = tuple(dict.fromkeys(metric.workload for metric in comparison.metrics))
    for workload in workloads:
        if len(workloads) > 1:
            console.print(Text(f"\n{workload}", style="bold"))
        console.print(_verdict_table(comparison, workload))
    print_gates(console, comparison.gates)


def _verdict_table(comparison: Comparison, workload: str) -> Table:
    """One row a verdict, the primary metric first; a metric is named once for all its deployments."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    # Where there is little room, names are broken and figures are not.
    table.add_column("metric")
    table.add_column("deployment")
    for heading in (comparison.baseline, "value", "change", "95 % CI"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True, min_width=12)
    named = None
    for metric in comparison.metrics:
        if metric.workload != workload:
            continue
        name = metric.metric.value.replace("p99_9", "p99.9").replace("_", " ")
        shown = "" if name == named else name
        named = name
        table.add_row(Text(shown, "bold" if metric.primary else ""), *_verdict_cells(metric))
    return table


def _verdict_cells(metric: MetricVerdict) -> tuple[Text, ...]:
    return (
        Text(metric.deployment),
        Text(_value(metric.metric, metric.baseline_value), style="dim"),
        Text(_value(metric.metric, metric.value)),
        Text(words.change(metric.ratio)),
        Text(words.change_interval(metric.ci95)),
        Text("no verdict" if metric.verdict is Verdict.NONE else metric.verdict.value, VERDICT_STYLE[metric.verdict]),
    )


def _value(metric: Metric, value: float | None) -> str:
    return words.metric_value(metric, value).replace(f"{words.NARROW}requests/s", "/s")


def print_gates(console: Console, gates: Sequence[Gate]) -> None:
    """Print what stops or qualifies a verdict, and whom it concerns; gates that hold are one line."""
    held = dict.fromkeys(f"✓ {gate_words(gate, gates)}" for gate in gates if gate.passed)
    if held:
        console.print(Text("   ".join(held), style="green"))
    everyone = set().union(*(gate.deployments for gate in gates))
    several = len({gate.workload for gate in gates if gate.workload}) > 1
    for gate in dict.fromkeys(gate for gate in gates if not gate.passed):
        style = "red" if gate.passed is False else "yellow"
        named = set(gate.deployments) == everyone or gate.detail.startswith(gate.deployments)
        concerned = "" if named else ", ".join(gate.deployments)
        where = " ".join(filter(None, (gate.workload if several else "", concerned)))
        head = f"{'✗' if gate.passed is False else '!'} {gate.name}{where and f' ({where})'}: "
        console.print(Text.assemble((head, style), gate.detail))
