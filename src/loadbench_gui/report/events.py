"""The tables of streams and WebSockets: when events and messages come, whether all do, what connections take."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from loadbench_gui.core.counts import merge_counts
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.quantiles import samples_needed, supported_quantile
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import Tally
from loadbench_gui.core.streaming import StreamTally
from loadbench_gui.core.verdict import Metric
from loadbench_gui.core.websocket import SocketMode, SocketTally
from loadbench_gui.report import words
from loadbench_gui.report.charts import swatch
from loadbench_gui.report.page import Cell, Table
from loadbench_gui.stats.sample import LEAST_CONNECTIONS, metric_value


@dataclass(frozen=True, slots=True)
class Arm:
    """All runs of one deployment, put together. index: its place in profile order."""

    index: int
    name: str
    runs: tuple[Run, ...]
    tally: Tally
    upgrade: Histogram

    @property
    def stream(self) -> StreamTally:
        """What its streams did."""
        return self.tally.stream or StreamTally()

    @property
    def socket(self) -> SocketTally:
        """What came of its WebSockets."""
        return self.tally.websocket or SocketTally()

    @property
    def mode(self) -> SocketMode:
        """What its WebSockets did."""
        settings = self.runs[0].workload.websocket
        return settings.mode if settings is not None else "echo"

    @property
    def asks_pings(self) -> bool:
        """Whether its WebSockets were pinged."""
        return any(run.workload.websocket is not None and run.workload.websocket.ping_every_s > 0 for run in self.runs)

    @property
    def measured_s(self) -> float:
        """How long it was measured, all runs together."""
        return sum(run.duration_s for run in self.runs)


_STREAM_TIMES: Final[tuple[tuple[str, Callable[[Arm], Histogram]], ...]] = (
    ("headers", lambda arm: arm.stream.headers),
    ("first event", lambda arm: arm.stream.first_event),
    ("first content", lambda arm: arm.stream.first_content),
    ("gap", lambda arm: arm.stream.gap),
)
_SOCKET_TIMES: Final[tuple[tuple[str, Callable[[Arm], Histogram]], ...]] = (
    ("handshake", lambda arm: arm.upgrade),
    ("round trip", lambda arm: arm.socket.rtt),
    ("fan-out", lambda arm: arm.socket.fanout),
    ("skew", lambda arm: arm.socket.skew),
    ("gap", lambda arm: arm.socket.gap),
    ("ping", lambda arm: arm.socket.ping),
)
_ODD: Final = ("lost", "duplicated", "reordered", "stray")


def events_tables(runs: Sequence[Run], deployments: Sequence[str]) -> tuple[Table, ...]:
    """Return the tables that only loads of these runs' kind have; none for plain requests."""
    of = tuple(
        _arm(i, name, mine)
        for i, name in enumerate(deployments)
        if (mine := tuple(run for run in runs if run.label.deployment == name))
    )
    match runs[0].workload.kind:
        case "stream":
            return _stream_times(of), _streams(of)
        case "ws":
            return tuple(table for table in (_socket_times(of), _messages(of), _memory(of)) if table is not None)
        case "http":
            return ()


def _arm(index: int, name: str, runs: tuple[Run, ...]) -> Arm:
    tally = sum((run.measured for run in runs), Tally())
    return Arm(index, name, runs, tally, sum((run.traffic.upgrade for run in runs), Histogram()))


def _stream_times(of: Sequence[Arm]) -> Table:
    head = (
        Cell("Deployment"),
        *(Cell(title, number=True) for title, _ in _STREAM_TIMES),
        Cell("longest stall", number=True),
        Cell("events per read", number=True),
    )
    rows = tuple(
        (
            _named(arm),
            *(times_cell(pick(arm)) for _, pick in _STREAM_TIMES),
            Cell(words.latency(arm.stream.longest_stall_us if arm.stream.events else None), number=True),
            _per_read(arm.stream.per_read),
        )
        for arm in of
    )
    return Table("When events come, median over all streams or events", head, rows)


def _streams(of: Sequence[Arm]) -> Table:
    titles = ("complete", "truncated", "left at the end", "taken up again", "events", "events/s")
    rows = []
    for arm in of:
        stream, issued = arm.stream, arm.tally.issued
        share = f"{_at_most(stream.complete / issued)} of {words.count(issued)}" if issued else ""
        rows.append(
            (
                _named(arm),
                Cell(words.count(stream.complete), number=True, note=share),
                _odd(stream.truncated),
                Cell(words.count(stream.left), number=True, tone="" if stream.left else "muted"),
                Cell(words.count(stream.reconnected), number=True, tone="" if stream.reconnected else "muted"),
                Cell(words.count(stream.events), number=True),
                _per_second(stream.events, arm),
            )
        )
    head = (Cell("Deployment"), *(Cell(title, number=True) for title in titles))
    return Table("Whether all events came", head, tuple(rows))


def _socket_times(of: Sequence[Arm]) -> Table:
    shown = [(title, pick) for title, pick in _SOCKET_TIMES if any(pick(arm).total for arm in of)]
    head = (Cell("Deployment"), *(Cell(title, number=True) for title, _ in shown))
    rows = tuple((_named(arm), *(times_cell(pick(arm)) for _, pick in shown)) for arm in of)
    return Table("How long messages take, median over all of them", head, rows)


def _messages(of: Sequence[Arm]) -> Table | None:
    seen = ("sent", "received", "close_codes", "pings_unanswered")
    if not any(getattr(arm.socket, name) for arm in of for name in seen):
        return None
    asked, pushed = any(arm.asks_pings for arm in of), any(arm.mode == "push" for arm in of)
    more = (*(("longest silence",) * pushed), *(("pings unanswered",) * asked))
    titles = ("sent", "received", "received/s", *_ODD, *more)
    head = (Cell("Deployment"), *(Cell(title, number=True) for title in titles), Cell("closed by the server"))
    rows = tuple(
        (
            _named(arm),
            Cell(words.count(arm.socket.sent), number=True),
            Cell(words.count(arm.socket.received), number=True),
            _per_second(arm.socket.received, arm),
            *(_odd_of(arm, name) for name in _ODD),
            *((Cell(words.latency(arm.socket.longest_silence_us or None), number=True),) * pushed),
            *((_odd(arm.socket.pings_unanswered),) if asked else ()),
            _codes(arm.socket),
        )
        for arm in of
    )
    return Table("Which messages came, and how connections ended", head, rows)


def _memory(of: Sequence[Arm]) -> Table | None:
    """What a connection takes on both sides; None below the number from which that can be told."""
    if not any(run.peak_connections >= LEAST_CONNECTIONS for arm in of for run in arm.runs):
        return None
    titles = ("connections", "server, each", "server, idle", "server, peak", "generator, each")
    head = (Cell("Deployment"), *(Cell(title, number=True) for title in titles))
    return Table("Memory of open connections, mean of all runs", head, tuple(map(_memory_row, of)))


def _memory_row(arm: Arm) -> tuple[Cell, ...]:
    def mean(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return sum(known) / len(known) if known else None

    targets = [run.target for run in arm.runs if run.target is not None]
    each = mean([metric_value(run, Metric.MEMORY_PER_CONNECTION) for run in arm.runs])
    kinds = "/".join(sorted({target.kind.upper() for target in targets}))
    return (
        _named(arm),
        Cell(words.count(max(run.peak_connections for run in arm.runs)), number=True, note="most at once"),
        Cell(words.size(each), number=True, note=kinds or "not watched"),
        Cell(words.memory(mean([target.idle_bytes for target in targets])), number=True),
        Cell(words.memory(mean([target.peak_bytes for target in targets])), number=True),
        Cell(words.size(mean([run.fitness.bytes_per_connection for run in arm.runs])), number=True),
    )


def times_cell(times: Histogram) -> Cell:
    """Write the median with p99 and the longest beneath it, percentiles only where the samples support them."""
    p50, p99 = supported_quantile(times, 0.5), supported_quantile(times, 0.99)
    if not times.total:
        return Cell(words.UNKNOWN, number=True)
    most = f"max {words.latency(times.max_us)}"
    if p50 is None:
        return Cell(words.UNKNOWN, number=True, note=f"needs {samples_needed(0.5)} samples; {most}")
    return Cell(words.latency(p50), number=True, note=f"p99 {words.latency(p99)}, {most}" if p99 is not None else most)


def _per_read(reads: Histogram) -> Cell:
    mean = reads.mean_us
    if mean is None:
        return Cell(words.UNKNOWN, number=True)
    return Cell(words.significant(mean), number=True, note=f"at most {words.count(round(reads.max_us or 0))}")


def _named(arm: Arm) -> Cell:
    return Cell(arm.name, strong=True, swatch=swatch(arm.index))


def _at_most(share: float) -> str:
    """Write a share rounded down, so that not quite all never reads as 100 %."""
    return f"{math.floor(1_000 * share + 1e-9) / 10:g}{words.NARROW}%"


def _odd(n: int) -> Cell:
    return Cell(words.count(n), number=True, tone="error" if n else "muted")


def _odd_of(arm: Arm, name: str) -> Cell:
    if name == "stray" or arm.socket.knows_losses(arm.mode):
        return _odd(getattr(arm.socket, name))
    return Cell("not known", number=True, tone="muted")


def _per_second(n: int, arm: Arm) -> Cell:
    figure = words.rate_figure(n / arm.measured_s) if arm.measured_s > 0 else words.UNKNOWN
    return Cell(figure, number=True)


def _codes(socket: SocketTally) -> Cell:
    codes = merge_counts(socket.close_codes, {})
    if not codes:
        return Cell("none", tone="muted")
    return Cell(", ".join(f"{words.count(n)} × {code}" for code, n in sorted(codes.items())))
