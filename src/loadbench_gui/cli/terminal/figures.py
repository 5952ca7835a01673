"""The head of a result: what was asked, and the figures that are not latencies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from loadbench_gui.core.caveats import doubted
from loadbench_gui.core.pacing import expected_arrivals
from loadbench_gui.core.plan import ClosedLoad, Request
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import Tally
from loadbench_gui.report import words

LABEL_COLUMNS = 12
FATES = {
    "failed": "failed",
    "timed_out": "timed out",
    "censored": "unanswered when the run ended",
    "dropped": "dropped unsent",
}


def print_head(console: Console, run: Run) -> None:
    """Print which address was asked for what, and how."""
    request = run.workload.request
    who = "" if run.label.deployment in run.url else f"{run.label.deployment}  "
    method = "" if request.method == "GET" else f"{request.method} "
    what = run.url if run.workload.also else f"{method}{run.url}{request.path}"
    console.print()
    console.print(Text(f"{who}{what}", style="bold"))
    for line in mix(run.workload.requests):
        console.print(Text(f"  {line}"))
    console.print(Text(_how(run), style="dim"))
    if not run.sealed:
        console.print(Text(f"Cut short: {run.stop_reason or 'it did not end as planned'}.", style="yellow"))


def mix(requests: tuple[Request, ...]) -> Iterator[str]:
    """Yield the share of each request where there are several."""
    total = sum(request.weight for request in requests)
    if len(requests) > 1:
        for request in requests:
            yield f"{words.percent(request.weight / total):>5} {request.method} {request.path}"


def _how(run: Run) -> str:
    warm = f" after {words.seconds(run.workload.warmup_s)} of warm-up" if run.workload.warmup_s else ""
    by = {"fast": "", "httpx": ", sent by httpx"}.get(run.client, f", sent by {run.client}")
    where = ", from this process" if run.engine == "in-app" else ""
    return f"{words.shape(run.workload.shape)}, {words.seconds(run.duration_s)}{warm}{by}{where}"


def print_figures(console: Console, run: Run) -> None:
    """Print throughput, what became of the requests, transfer, connections, and what it cost the server."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", min_width=LABEL_COLUMNS, no_wrap=True)
    grid.add_column(overflow="fold")
    for label, value in _rows(run):
        grid.add_row(label, value)
    console.print(grid)


def _rows(run: Run) -> Iterator[tuple[str, Text]]:
    doubtful = "throughput" in doubted(run.fitness.caveats)
    yield (
        "throughput",
        Text(f"? {_throughput(run)}" if doubtful else _throughput(run), "yellow" if doubtful else "bold"),
    )
    yield "requests", _fates(run.measured)
    codes = run.measured.status_codes
    if len(codes) > 1 or any(code >= 300 for code in codes):
        yield "answers", Text(_counts({str(code): n for code, n in sorted(codes.items())}))
    yield "transfer", Text(_transfer(run))
    yield "connections", Text(_connections(run))
    if run.requests_per_process and len(run.requests_per_process) > 1:
        yield "processes", Text(_shares(run.requests_per_process))
    if run.target is not None:
        target = run.target
        yield (
            "memory",
            Text(
                f"{words.memory(target.idle_bytes)} idle, {words.memory(target.peak_bytes)} at its peak,"
                f" {words.memory(target.after_bytes)} after ({target.kind.upper()})"
            ),
        )
        if target.cpu_s_per_1k is not None:
            yield "server CPU", Text(f"{words.cpu_seconds(target.cpu_s_per_1k)} per 1,000 requests")


def _throughput(run: Run) -> str:
    shape = run.workload.shape
    if isinstance(shape, ClosedLoad) or run.duration_s <= 0:
        return words.rate(run.throughput_rps)
    start_s = run.workload.warmup_s
    arrivals = expected_arrivals(shape, start_s + run.duration_s) - expected_arrivals(shape, start_s)
    return f"{words.rate(run.throughput_rps)} of {words.rate_figure(arrivals / run.duration_s)} asked for"


def _fates(tally: Tally) -> Text:
    text = Text(f"{words.count(tally.issued)} issued, ")
    if tally.succeeded == tally.issued:
        return text + Text("all succeeded" if tally.issued else "none")
    text.append(f"{words.count(tally.succeeded)} succeeded")
    for name, fate in FATES.items():
        if count := getattr(tally, name):
            text.append(", ").append(f"{words.count(count)} {fate}", "red" if name != "censored" else "yellow")
    return text


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{words.count(n)} × {name}" for name, n in counts.items())


def _transfer(run: Run) -> str:
    length_s = run.workload.warmup_s + run.duration_s
    directions = (("received", run.traffic.bytes_received), ("sent", run.traffic.bytes_sent))
    said = ", ".join(f"{_volume(n)} {name} ({_volume(n / length_s)}/s)" for name, n in directions if length_s > 0)
    return said + (", warm-up included" if run.workload.warmup_s else "")


def _volume(count_bytes: float) -> str:
    """Write bytes in the unit that suits: what a small run moved must not read as 0.0 MiB."""
    if count_bytes >= words.MIB:
        return words.memory(count_bytes)
    return f"{words.significant(count_bytes / 1024)}{words.NARROW}KiB"


def _connections(run: Run) -> str:
    traffic = run.traffic
    said = f"{words.count(run.peak_connections)} at once; {words.count(traffic.opened)} opened"
    said += f", reused {words.count(traffic.reused)} times"
    if traffic.stale:
        said += f", {words.count(traffic.stale)} found stale"
    if traffic.closed_by_server:
        said += f", {words.count(traffic.closed_by_server)} closed by the server"
    return said


def _shares(served: Mapping[str, int]) -> str:
    total = sum(served.values()) or 1
    return ", ".join(f"{pid} answered {words.percent(n / total)}" for pid, n in served.items())
