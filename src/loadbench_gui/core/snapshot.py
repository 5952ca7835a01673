"""What happened, as mergeable counts: the wire format, the chart's source and the stored blob are all made of these.

A snapshot never holds raw requests and never a percentile; both would be wrong once merged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from loadbench_gui.core.counts import merge_counts
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.streaming import StreamTally
from loadbench_gui.core.websocket import SocketTally

T = TypeVar("T", StreamTally, SocketTally)
N = TypeVar("N", int, float)


class ErrorKind(StrEnum):
    """Why a request did not succeed. `READ_TIMEOUT` and `CONNECT_TIMEOUT` count as timed out, the rest as failed."""

    DNS = "dns"
    CONNECT_REFUSED = "connect_refused"
    CONNECT_TIMEOUT = "connect_timeout"
    CONNECT_FAILED = "connect_failed"
    TLS = "tls"
    RESET = "reset"
    CLOSED_EARLY = "closed_early"
    READ_TIMEOUT = "read_timeout"
    PROTOCOL = "protocol"
    BAD_STATUS = "bad_status"
    BAD_BODY = "bad_body"
    STALE = "stale"
    LIMIT = "limit"
    """This machine ran out of ports or open files."""
    BODY_FILE = "body_file"
    """The file that is sent as the body could not be read to its end."""
    INCOMPLETE = "incomplete"
    """A stream ended in good order, but before its expected end."""
    WS_CLOSE = "ws_close"
    """The server closed the WebSocket with a message under way, or while it was to be held."""


TIMEOUT_KINDS = frozenset({ErrorKind.CONNECT_TIMEOUT, ErrorKind.READ_TIMEOUT})


@dataclass(frozen=True, slots=True)
class SampleExchange:
    """One exchange that went wrong, kept so that a person can see what happened. Times in seconds of the run."""

    kind: ErrorKind
    at_s: float
    request: bytes
    response_head: bytes
    body_start: bytes


@dataclass(frozen=True, slots=True)
class Tally:
    """Requests of one population: counts, and latencies in whole microseconds.

    issued == succeeded + failed + timed_out + censored + dropped, once every request has ended.
    service: actual send -> last byte, successes. scheduled: intended send -> last byte, successes.
    dispatch_lag: intended send -> taken up by the issuer, all dispatched. connection_wait: taken up -> written.
    first_byte: actual send -> first byte, successes. download: first byte -> last byte, successes.
    censored_at: intended send -> the moment we stopped waiting, for requests still in flight at the end.
    unsent: of those censored, how many had not been written by then: no connection was free for them, or open.
    stream, websocket: what only loads of that kind have; None for others.

    What a request is, and its last byte, depends on the protocol. A stream: one from its request to its end, and its
    latency ends with its first event. A WebSocket: a message and its echo; a publication and its last subscriber; a
    message that was pushed, which has no latency; or a connection that was held.
    """

    service: Histogram = field(default_factory=Histogram)
    scheduled: Histogram = field(default_factory=Histogram)
    dispatch_lag: Histogram = field(default_factory=Histogram)
    connection_wait: Histogram = field(default_factory=Histogram)
    first_byte: Histogram = field(default_factory=Histogram)
    download: Histogram = field(default_factory=Histogram)
    censored_at: Histogram = field(default_factory=Histogram)
    issued: int = 0
    succeeded: int = 0
    failed: int = 0
    timed_out: int = 0
    censored: int = 0
    dropped: int = 0
    errors: Mapping[ErrorKind, int] = field(default_factory=dict)
    status_codes: Mapping[int, int] = field(default_factory=dict)
    stream: StreamTally | None = None
    websocket: SocketTally | None = None
    unsent: int = 0

    def __add__(self, other: Tally) -> Tally:
        add = _Sums()
        return Tally(
            service=add(self.service, other.service),
            scheduled=add(self.scheduled, other.scheduled),
            dispatch_lag=add(self.dispatch_lag, other.dispatch_lag),
            connection_wait=add(self.connection_wait, other.connection_wait),
            first_byte=add(self.first_byte, other.first_byte),
            download=add(self.download, other.download),
            censored_at=add(self.censored_at, other.censored_at),
            issued=self.issued + other.issued,
            succeeded=self.succeeded + other.succeeded,
            failed=self.failed + other.failed,
            timed_out=self.timed_out + other.timed_out,
            censored=self.censored + other.censored,
            dropped=self.dropped + other.dropped,
            errors=merge_counts(self.errors, other.errors),
            status_codes=merge_counts(self.status_codes, other.status_codes),
            stream=_sum_parts(self.stream, other.stream),
            websocket=_sum_parts(self.websocket, other.websocket),
            unsent=self.unsent + other.unsent,
        )

    @property
    def ended(self) -> int:
        """Requests whose fate is known."""
        return self.succeeded + self.failed + self.timed_out + self.censored + self.dropped


@dataclass(frozen=True, slots=True)
class Traffic:
    """What passed the sockets during one interval, whichever population it belongs to.

    completed: successes whose last byte arrived in the interval, inside the measured window.
    connect: microseconds to open each connection (TCP or Unix socket). tls: of each handshake after that. upgrade: of
    each WebSocket handshake after those.
    """

    completed: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    opened: int = 0
    reused: int = 0
    stale: int = 0
    closed_by_server: int = 0
    open_connections: int = 0
    """The most connections that were open at once during the interval; shards are added up, intervals never."""
    connect: Histogram = field(default_factory=Histogram)
    tls: Histogram = field(default_factory=Histogram)
    upgrade: Histogram = field(default_factory=Histogram)

    def __add__(self, other: Traffic) -> Traffic:
        return Traffic(
            self.completed + other.completed,
            self.bytes_sent + other.bytes_sent,
            self.bytes_received + other.bytes_received,
            self.opened + other.opened,
            self.reused + other.reused,
            self.stale + other.stale,
            self.closed_by_server + other.closed_by_server,
            self.open_connections + other.open_connections,
            self.connect + other.connect,
            self.tls + other.tls,
            self.upgrade + other.upgrade,
        )


@dataclass(frozen=True, slots=True)
class WorkerHealth:
    """The generator's evidence on itself for one interval.

    work_cpu_s: CPU seconds spent working (empty spins left out). span_s: length of the interval in real time.
    loop_busy: busy time per turn of the event loop, i.e. how long bytes may have waited unread.
    gc_pause_us: longest garbage-collection pause inside the interval.
    run_delay_s: time in which the worker could have run and had no CPU; None where the system does not tell.
    grown_bytes: memory that the worker has taken since before its first connection, at the end of the interval.
    """

    work_cpu_s: float = 0.0
    span_s: float = 0.0
    loop_busy: Histogram = field(default_factory=Histogram)
    gc_pause_us: float = 0.0
    run_delay_s: float | None = None
    grown_bytes: int | None = None
    """None where the system does not tell; shards are added up, intervals never."""

    def __add__(self, other: WorkerHealth) -> WorkerHealth:
        return WorkerHealth(
            self.work_cpu_s + other.work_cpu_s,
            max(self.span_s, other.span_s),
            self.loop_busy + other.loop_busy,
            max(self.gc_pause_us, other.gc_pause_us),
            _sum_known(self.run_delay_s, other.run_delay_s),
            _sum_known(self.grown_bytes, other.grown_bytes),
        )


@dataclass(frozen=True, slots=True)
class ShardSnapshot:
    """What one shard did during interval `index` (closed every `interval_s` since the common start).

    measured: requests due inside the measured window; warmup: all others. Both by completion time, so that the
    sum of `measured` over all intervals is exactly the run's population.
    last: nothing follows from this shard. Only then is `served` filled: how many requests each connection answered,
    by its local port, over the whole run; a Unix socket has none.
    """

    shard: int
    index: int
    measured: Tally
    warmup: Tally
    traffic: Traffic
    health: WorkerHealth
    samples: tuple[SampleExchange, ...] = ()
    last: bool = False
    served: Mapping[int, int] = field(default_factory=dict)


def _sum_known(a: N | None, b: N | None) -> N | None:
    return b if a is None else a if b is None else a + b


class _Sums:
    """Adds histograms; what is one object on both sides stays one.

    In a closed loop several clocks read the same, and a run is kept in hundreds of tallies.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], Histogram] = {}

    def __call__(self, a: Histogram, b: Histogram) -> Histogram:
        key = id(a), id(b)
        if key not in self._known:
            self._known[key] = a + b
        return self._known[key]


def _sum_parts(a: T | None, b: T | None) -> T | None:
    return b if a is None else a if b is None else a + b
