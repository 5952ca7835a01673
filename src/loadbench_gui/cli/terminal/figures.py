"""The figures of a run that are not latencies: throughput, what became of the requests, transfer, connections, cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from loadbench_gui.cli.terminal import sockets, streams
from loadbench_gui.core.caveats import doubted
from loadbench_gui.core.pacing import expected_arrivals
from loadbench_gui.core.plan import ClosedLoad
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import Tally
from loadbench_gui.core.verdict import Metric
from loadbench_gui.report import words
from loadbench_gui.stats.kinds import Kind, kind_of
from loadbench_gui.stats.sample import metric_value

LABEL_COLUMNS = 12
FATES = {
    "failed": "failed",
    "timed_out": "timed out",
    "censored": "unanswered when the run ended",
    "dropped": "dropped unsent",
}

UNASKED = {"messages": "received", "connections": "held"}
"""What is said of successes that we did not ask for."""


def print_figures(console: Console, run: Run) -> None:
    """Print throughput, what became of the requests, transfer, connections, and what it cost the server."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", min_width=LABEL_COLUMNS, no_wrap=True)
    grid.add_column(overflow="fold")
    for label, value in _rows(run):
        grid.add_row(label, value)
    console.print(grid)


def _rows(run: Run) -> Iterator[tuple[str, Text]]:
    kind = kind_of(run.workload)
    if not kind.throughput:
        is_doubtful = "throughput" in doubted(run.fitness.caveats)
        said = _throughput(run, kind.counted)
        yield "throughput", Text(f"? {said}" if is_doubtful else said, "yellow" if is_doubtful else "bold")
    yield kind.counted, _fates(run.measured, kind)
    match run.workload.kind:
        case "stream":
            yield from streams.rows(run)
        case "ws":
            yield from sockets.rows(run)
        case "http":
            pass
    codes = run.measured.status_codes
    if len(codes) > 1 or any(code >= 300 for code in codes):
        yield "answers", Text(_counts({str(code): n for code, n in sorted(codes.items())}))
    if transfer := _transfer(run):
        yield "transfer", Text(transfer)
    yield "connections" if kind.counted != "connections" else "opened", Text(_connections(run))
    if run.requests_per_process and len(run.requests_per_process) > 1:
        yield "processes", Text(_shares(run.requests_per_process))
    yield from _cost(run, kind)


def _cost(run: Run, kind: Kind) -> Iterator[tuple[str, Text]]:
    target = run.target
    if target is None:
        return
    said = (
        f"{words.memory(target.idle_bytes)} idle, {words.memory(target.peak_bytes)} at its peak,"
        f" {words.memory(target.after_bytes)} after ({target.kind.upper()})"
    )
    each = metric_value(run, Metric.MEMORY_PER_CONNECTION)
    yield "memory", Text(said)
    if each is not None:
        yield "a connection", Text(f"{words.size(each)} of the server's memory, from idle to peak")
    if target.cpu_s_per_1k is not None and not kind.throughput:
        yield "server CPU", Text(f"{words.cpu_seconds(target.cpu_s_per_1k)} per 1,000 {kind.counted}")


def _throughput(run: Run, counted: str) -> str:
    shape = run.workload.shape
    if isinstance(shape, ClosedLoad) or run.duration_s <= 0:
        return words.rate(run.throughput_rps, counted)
    start_s = run.workload.warmup_s
    arrivals = expected_arrivals(shape, start_s + run.duration_s) - expected_arrivals(shape, start_s)
    asked_for = words.rate_figure(arrivals / run.duration_s)
    return f"{words.rate(run.throughput_rps, counted)} of {asked_for} asked for"


def _fates(tally: Tally, kind: Kind) -> Text:
    """Say what became of all requests; those that nobody issued were only there to happen."""
    if kind.paced and tally.succeeded == tally.issued:
        return Text(f"{words.count(tally.issued)} issued, {'all succeeded' if tally.issued else 'none'}")
    if kind.paced:
        text = Text(f"{words.count(tally.issued)} issued, {words.count(tally.succeeded)} succeeded")
    else:
        text = Text(f"{words.count(tally.succeeded)} {UNASKED[kind.counted]}")
    for name, fate in FATES.items():
        if count := getattr(tally, name):
            text.append(", ").append(f"{words.count(count)} {fate}", "red" if name != "censored" else "yellow")
    return text


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{words.count(n)} × {name}" for name, n in counts.items())


def _transfer(run: Run) -> str:
    length_s = run.workload.warmup_s + run.duration_s
    directions = (("received", run.traffic.bytes_received), ("sent", run.traffic.bytes_sent))
    said = ", ".join(f"{words.size(n)} {name} ({words.size(n / length_s)}/s)" for name, n in directions if length_s > 0)
    return said + (", warm-up included" if said and run.workload.warmup_s else "")


def _connections(run: Run) -> str:
    traffic = run.traffic
    said = f"{words.count(run.peak_connections)} at once; {words.count(traffic.opened)} opened"
    if run.workload.kind != "ws":
        said += f", reused {words.count(traffic.reused)} times"
    if traffic.stale:
        said += f", {words.count(traffic.stale)} found stale"
    if traffic.closed_by_server:
        said += f", {words.count(traffic.closed_by_server)} closed by the server"
    return said


def _shares(served: Mapping[str, int]) -> str:
    total = sum(served.values()) or 1
    return ", ".join(f"{pid} answered {words.percent(n / total)}" for pid, n in served.items())
