"""A latency in figures: its percentiles, on both clocks where there are two."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from loadbench_gui.cli.terminal.principal import WITH_FAILURES, Principal
from loadbench_gui.core.caveats import doubted
from loadbench_gui.core.quantiles import PERCENTILES, Q, samples_needed
from loadbench_gui.core.run import Run
from loadbench_gui.report import words
from loadbench_gui.stats.kinds import kind_of

SPECTRUM: Final = ("min", "p50", "p75", "p90", "p95", "p99", "p99_9", "p99_99", "max", "mean", "stdev")
NEEDED: Final = {name: samples_needed(q) for name, q in PERCENTILES}
ONE_IN: Final = {name: round(1 / (1 - q)) for name, q in PERCENTILES if q >= 0.9}


def percentile_name(name: str) -> str:
    """Write a field of Q for people: p99_9 -> "p99.9"."""
    return name.replace("_", ".")


def print_spectrum(console: Console, run: Run, shown: Principal) -> None:
    """Print the percentiles of each column, with what stands behind them."""
    doubts = doubted(run.fitness.caveats)
    wide = console.width >= (66 if len(shown.columns) <= 2 else 80)
    table = figure_table(shown.title, *(column.heading for column in shown.columns), *([""] if wide else []))
    marked = False
    for name in SPECTRUM:
        doubtful = [is_doubtful(name, column.metrics, doubts) for column in shown.columns]
        marked = marked or any(doubtful)
        cells = [cell(c.figures, name, doubtful=d) for c, d in zip(shown.columns, doubtful, strict=True)]
        known = any(getattr(column.figures, name) is not None for column in shown.columns)
        rare = f"1 in {words.count(ONE_IN[name])} is {shown.longer}" if name in ONE_IN and known else ""
        table.add_row(percentile_name(name), *cells, *([Text(rare, "dim")] if wide else []))
    console.print(table)
    for line in _notes(shown, run, marked=marked):
        console.print(Text(line, style="dim"))


def is_doubtful(name: str, metrics: Sequence[str], doubts: Collection[str]) -> bool:
    """Return whether a doubt concerns the percentile `name` of figures whose metrics begin so."""
    return any(f"{metric}{name}" in doubts for metric in metrics)


def _notes(shown: Principal, run: Run, *, marked: bool) -> Iterator[str]:
    if marked:
        yield "? The generator may have spoilt this figure; its reasons are below."
    if any(column.figures.unsupported for column in shown.columns):
        yield "A percentile needs ten requests beyond it; with fewer it would be chance."
    if any(column.heading == WITH_FAILURES for column in shown.columns):
        never = f"failed, timed out and dropped {kind_of(run.workload).counted} count as never answered"
        waits = "; what was unanswered at the end counts as at least the time we waited"
        waited = waits if run.measured.censored else ""
        yield f"With failures: {never}{waited}."


def cell(q: Q, name: str, *, doubtful: bool = False) -> Text:
    """Write the figure `name`, or why there is none."""
    value = getattr(q, name)
    if value is not None:
        text = f"> {words.latency(value)}" if name in q.at_least else words.latency(value)
        return Text(f"? {text}", "yellow") if doubtful else Text(text)
    if name in q.infinite:
        return Text("never" if name in NEEDED or name == "max" else words.UNKNOWN, "red" if name in NEEDED else "dim")
    return Text(f"needs {words.count(NEEDED[name])}" if name in NEEDED else words.UNKNOWN, style="dim")


def figure_table(*headings: str) -> Table:
    """Return a table whose first column is words and the rest figures, at the right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if index and heading else "left", no_wrap=True)
    return table
