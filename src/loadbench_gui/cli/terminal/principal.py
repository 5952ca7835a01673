"""The latency that a run is about, which depends on what was asked: the first table and the histogram show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import Workload
from loadbench_gui.core.quantiles import Q, adjusted, summarise
from loadbench_gui.core.run import Run
from loadbench_gui.core.streaming import StreamTally
from loadbench_gui.core.websocket import SocketMode, SocketTally


@dataclass(frozen=True, slots=True)
class Column:
    """Figures under a heading. metrics: the beginnings of the metrics' names that doubts about them go by."""

    heading: str
    figures: Q
    metrics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Principal:
    """What is shown in full. title: of the table; caption: of the histogram; longer: "slower", or what else."""

    title: str
    caption: str
    histogram: Histogram
    columns: tuple[Column, ...]
    longer: str = "slower"


WITH_FAILURES: Final = "with failures"
_HTTP: Final = ("latency", "scheduled latency of the successes")
_STREAM: Final = ("first event", "scheduled time to the first event of complete streams")
_ON_BOTH_CLOCKS: Final[dict[SocketMode, tuple[str, str]]] = {
    "echo": ("round trip", "scheduled round trips of the successes"),
    "fanout": ("last subscriber", "scheduled time to the last subscriber of a publication"),
}


def principal(run: Run) -> Principal | None:
    """Return the latency that `run` is about; None where it has none, as where nothing succeeded."""
    found = _principal(run)
    return found if found.histogram.total else None


def _principal(run: Run) -> Principal:
    workload = run.workload
    if workload.kind == "http":
        return _both_clocks(run, _HTTP)
    if workload.kind == "stream":
        return _both_clocks(run, _STREAM, "first_event_")
    mode, tally = mode_of(workload), socket_tally(run)
    if mode in _ON_BOTH_CLOCKS:
        return _both_clocks(run, _ON_BOTH_CLOCKS[mode], *(("rtt_",) if mode == "echo" else ()))
    if mode == "push":
        column = Column("between two", summarise(tally.gap), ("gap_",))
        return Principal("gap", "gaps between two messages of a connection", tally.gap, (column,), "longer")
    return Principal("ping", "from a ping to its pong", tally.ping, (Column("pong", summarise(tally.ping)),))


def _both_clocks(run: Run, words: tuple[str, str], *like_service: str) -> Principal:
    """like_service: the beginnings of other metrics that are counted from the actual send."""
    tally = run.measured
    columns = [
        Column("scheduled", summarise(tally.scheduled), ("",)),
        Column("service", summarise(tally.service), ("service_", *like_service)),
    ]
    if tally.succeeded < tally.issued:
        columns.append(Column(WITH_FAILURES, adjusted(tally)))
    return Principal(*words, tally.scheduled, tuple(columns))


def mode_of(workload: Workload) -> SocketMode:
    """Return what a WebSocket workload does."""
    return workload.websocket.mode if workload.websocket is not None else "echo"


def stream_tally(run: Run) -> StreamTally:
    """Return what happened on the streams of `run`; nothing where it ended too early to have any."""
    return run.measured.stream or StreamTally()


def socket_tally(run: Run) -> SocketTally:
    """Return what happened on the WebSockets of `run`; nothing where it ended too early to have any."""
    return run.measured.websocket or SocketTally()
