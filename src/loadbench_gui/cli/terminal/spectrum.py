"""Latencies in figures: the percentiles on both clocks, and the parts that a request's time is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from loadbench_gui.core.caveats import doubted
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import OpenLoad
from loadbench_gui.core.quantiles import PERCENTILES, Q, adjusted, samples_needed, summarise
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import Tally
from loadbench_gui.report import words

SPECTRUM: Final = ("min", "p50", "p75", "p90", "p95", "p99", "p99_9", "p99_99", "max", "mean", "stdev")
NEEDED: Final = {name: samples_needed(q) for name, q in PERCENTILES}
ONE_IN: Final = {name: round(1 / (1 - q)) for name, q in PERCENTILES if q >= 0.9}

PHASES: Final[tuple[tuple[str, Callable[[Run], Histogram]], ...]] = (
    ("sent late, our fault", lambda run: run.measured.dispatch_lag),
    ("waiting for a connection", lambda run: run.measured.connection_wait),
    ("first byte", lambda run: run.measured.first_byte),
    ("download", lambda run: run.measured.download),
    ("connecting", lambda run: run.traffic.connect),
    ("TLS handshake", lambda run: run.traffic.tls),
)
"""What each request goes through, then what each new connection does."""


def percentile_name(name: str) -> str:
    """Write a field of Q for people: p99_9 -> "p99.9"."""
    return name.replace("_", ".")


def print_spectrum(console: Console, run: Run) -> None:
    """Print the percentiles: of successes on both clocks and, where some failed, of all requests."""
    tally, doubts = run.measured, doubted(run.fitness.caveats)
    columns = {"scheduled": summarise(tally.scheduled), "service": summarise(tally.service)}
    if tally.succeeded < tally.issued:
        columns["with failures"] = adjusted(tally)
    wide = console.width >= (66 if len(columns) == 2 else 80)
    table = _table("latency", *columns, *([""] if wide else []))
    for name in SPECTRUM:
        cells = [
            _cell(q, name, doubtful=(f"service_{name}" if clock == "service" else name) in doubts)
            for clock, q in columns.items()
        ]
        known = any(getattr(q, name) is not None for q in columns.values())
        note = Text(f"1 in {words.count(ONE_IN[name])} is slower" if name in ONE_IN and known else "", "dim")
        table.add_row(percentile_name(name), *cells, *([note] if wide else []))
    console.print(table)
    marked = any(name.removeprefix("service_") in SPECTRUM for name in doubts)
    for line in _notes(columns, tally, marked=marked):
        console.print(Text(line, style="dim"))


def _notes(columns: Mapping[str, Q], tally: Tally, *, marked: bool) -> Iterator[str]:
    if marked:
        yield "? The generator may have spoilt this figure; its reasons are below."
    if any(q.unsupported for q in columns.values()):
        yield "A percentile needs ten requests beyond it; with fewer it would be chance."
    if "with failures" in columns:
        never = "failed, timed out and dropped requests count as never answered"
        waited = "; what was unanswered at the end counts as at least the time we waited" if tally.censored else ""
        yield f"With failures: {never}{waited}."


def _cell(q: Q, name: str, *, doubtful: bool = False) -> Text:
    value = getattr(q, name)
    if value is not None:
        text = f"> {words.latency(value)}" if name in q.at_least else words.latency(value)
        return Text(f"? {text}", "yellow") if doubtful else Text(text)
    if name in q.infinite:
        return Text("never" if name in NEEDED or name == "max" else words.UNKNOWN, "red" if name in NEEDED else "dim")
    return Text(f"needs {words.count(NEEDED[name])}" if name in NEEDED else words.UNKNOWN, style="dim")


def print_phases(console: Console, run: Run) -> None:
    """Print where the time goes, phase by phase; those that nothing went through are left out."""
    wide = console.width >= 72
    table = _table("where the time goes", *(["times"] if wide else []), "p50", "p99", "max")
    is_open = isinstance(run.workload.shape, OpenLoad)  # Nothing is late or waits in a closed loop: it is no finding.
    for title, of in PHASES:
        found = of(run)
        if found.total and (is_open or found.max_us):
            q = summarise(found)
            times = [words.count(q.count)] if wide else []
            table.add_row(title, *times, *(_cell(q, name) for name in ("p50", "p99", "max")))
    if run.lookup_s is not None:
        unknown = Text(words.UNKNOWN, "dim")
        looked_up = words.latency(run.lookup_s * 1e6)
        table.add_row("looking the name up", *(["1"] if wide else []), unknown, unknown, looked_up)
    if table.row_count:
        console.print(table)


def _table(*headings: str) -> Table:
    """Return a table whose first column is words and the rest figures."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if index and heading else "left", no_wrap=True)
    return table
