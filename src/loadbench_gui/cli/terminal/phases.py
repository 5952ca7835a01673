"""What a run's time is made of: the parts of a request, the rhythm of a stream, what happens along a WebSocket."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.text import Text

from loadbench_gui.cli.terminal.principal import Principal, socket_tally, stream_tally
from loadbench_gui.cli.terminal.spectrum import cell, figure_table, is_doubtful, percentile_name
from loadbench_gui.core.caveats import doubted
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import OpenLoad
from loadbench_gui.core.quantiles import summarise
from loadbench_gui.core.run import Run
from loadbench_gui.report import words

WIDE_COLUMNS: Final = 72
"""From here on there is room for counts, and for more percentiles."""

ALONG: Final = (
    (100, ("p50", "p90", "p99", "p99_9", "max")),
    (WIDE_COLUMNS, ("p50", "p90", "p99", "max")),
    (0, ("p50", "p99", "max")),
)
"""How wide a terminal must be for which percentiles."""


@dataclass(frozen=True, slots=True)
class Part:
    """A line of a table. metric: the beginning of the names of metrics that are about it, where there are any."""

    title: str
    of: Callable[[Run], Histogram]
    metric: str = ""


PHASES: Final = (
    Part("sent late, our fault", lambda run: run.measured.dispatch_lag),
    Part("waiting for a connection", lambda run: run.measured.connection_wait),
    Part("first byte", lambda run: run.measured.first_byte),
    Part("download", lambda run: run.measured.download),
    Part("connecting", lambda run: run.traffic.connect),
    Part("TLS handshake", lambda run: run.traffic.tls),
    Part("WebSocket handshake", lambda run: run.traffic.upgrade),
)
"""What each request goes through, then what each new connection does."""
TITLES: Final = {("stream", "download"): "rest of the stream"}
"""What a part is called in loads of one kind."""
ALONG_STREAMS: Final = (
    Part("headers", lambda run: stream_tally(run).headers),
    Part("first event", lambda run: stream_tally(run).first_event, "first_event_"),
    Part("first with content", lambda run: stream_tally(run).first_content),
    Part("between two events", lambda run: stream_tally(run).gap, "gap_"),
)
ALONG_SOCKETS: Final = (
    Part("to each subscriber", lambda run: socket_tally(run).fanout, "fanout_"),
    Part("from first to last", lambda run: socket_tally(run).skew),
    Part("between two messages", lambda run: socket_tally(run).gap, "gap_"),
    Part("ping to pong", lambda run: socket_tally(run).ping),
)


def print_along(console: Console, run: Run, shown: Principal | None) -> None:
    """Print what happens along a stream or a WebSocket, beside the latency that was shown in full."""
    parts = {"http": (), "stream": ALONG_STREAMS, "ws": ALONG_SOCKETS}[run.workload.kind]
    title = "along a stream" if run.workload.kind == "stream" else "along a WebSocket"
    rest = [part for part in parts if shown is None or part.of(run) is not shown.histogram]
    _print_parts(console, run, title, rest, next(names for least, names in ALONG if console.width >= least))


def print_phases(console: Console, run: Run) -> None:
    """Print where the time goes, phase by phase; those that nothing went through are left out."""
    is_open = isinstance(run.workload.shape, OpenLoad)  # Nothing is late or waits in a closed loop: it is no finding.
    found = [part for part in PHASES if (is_open or part.of(run).max_us) and part.title not in _told_elsewhere(run)]
    _print_parts(console, run, "where the time goes", found, ("p50", "p99", "max"), _looked_up(run))


def _told_elsewhere(run: Run) -> tuple[str, ...]:
    """A message has no parts: what comes of it is its round trip, or its way to each subscriber."""
    return ("first byte", "download") if run.workload.kind == "ws" else ()


def _looked_up(run: Run) -> tuple[tuple[str, str], ...]:
    return () if run.lookup_s is None else (("looking the name up", words.latency(run.lookup_s * 1e6)),)


def _print_parts(
    console: Console,
    run: Run,
    title: str,
    parts: Sequence[Part],
    names: Sequence[str],
    once: Sequence[tuple[str, str]] = (),
) -> None:
    """Print a table with a line for each part that has times; once: what happened a single time, and how long."""
    wide, doubts = console.width >= WIDE_COLUMNS, doubted(run.fitness.caveats)
    table = figure_table(title, *(["times"] if wide else []), *map(percentile_name, names))
    for part in parts:
        q = summarise(part.of(run))
        if q.count:
            cells = [
                cell(q, name, doubtful=bool(part.metric) and is_doubtful(name, (part.metric,), doubts))
                for name in names
            ]
            name = TITLES.get((run.workload.kind, part.title), part.title)
            table.add_row(name, *([words.count(q.count)] if wide else []), *cells)
    for what, took in once:
        unknown = [Text(words.UNKNOWN, "dim")] * (len(names) - 1)
        table.add_row(what, *(["1"] if wide else []), *unknown, took)
    if table.row_count:
        console.print()
        console.print(table)
