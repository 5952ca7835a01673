"""What a request of a workload is called, which of its times is the latency, and what is counted a second.

An HTTP request, a stream, a round trip, a publication: the charts are the same for all of them, only the words and
the histogram they are drawn from differ. Where there is no request that takes a time (an endless stream, a message
that was pushed, a connection that is held), the time that matters instead takes its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import SocketSettings, Workload
from loadbench_gui.core.snapshot import Tally, Traffic
from loadbench_gui.core.streaming import StreamTally
from loadbench_gui.core.websocket import SocketTally

Times: TypeAlias = Callable[[Tally, Traffic], Histogram]
Number: TypeAlias = Callable[[Tally, Traffic], int]

_NO_STREAM: Final = StreamTally()
_NO_SOCKET: Final = SocketTally()


@dataclass(frozen=True, slots=True)
class Kind:
    """The words and the readings of one kind of workload.

    samples: what the latency is a sample of. rate: the unit of `counted` a second, `rate_short` where there is less
    room. throughput: the name of that figure. latency: what takes the time; "" is the answer to a request. clock: from
    where to where. scheduled: whether it is the scheduled latency, with a service time beside it.
    """

    samples: str = "requests"
    rate: str = "requests/s"
    rate_short: str = "req/s"
    throughput: str = "Throughput"
    latency: str = ""
    clock: str = "scheduled"
    scheduled: bool = True
    counted: Number = lambda tally, _: tally.succeeded
    times: Times = lambda tally, _: tally.scheduled

    def percentile(self, name: str) -> str:
        """Name a percentile of the latency: "p99", "First event p99"."""
        return f"{self.latency} {name}" if self.latency else name


def stream_of(tally: Tally) -> StreamTally:
    """Return what streams did, nothing where there were none."""
    return tally.stream or _NO_STREAM


def socket_of(tally: Tally) -> SocketTally:
    """Return what WebSockets did, nothing where there were none."""
    return tally.websocket or _NO_SOCKET


HTTP: Final = Kind()
STREAM: Final = Kind("streams", "streams/s", "streams/s", latency="First event")
ENDLESS: Final = Kind(
    "gaps", "events/s", "events/s", latency="Gap", clock="between events", scheduled=False,
    counted=lambda tally, _: stream_of(tally).events, times=lambda tally, _: stream_of(tally).gap,
)  # fmt: skip
ECHO: Final = Kind("round trips", "round trips/s", "trips/s", latency="Round trip")
FANOUT: Final = Kind("publications", "publications/s", "publ./s", latency="Last subscriber")
PUSH: Final = Kind(
    "gaps", "messages/s", "msg/s", latency="Gap", clock="between messages", scheduled=False,
    times=lambda tally, _: socket_of(tally).gap,
)  # fmt: skip
_PINGED: Final = Kind(
    "pings", "opened/s", "opened/s", "Connections", "Ping", "ping to pong", scheduled=False,
    counted=lambda _, traffic: traffic.opened, times=lambda tally, _: socket_of(tally).ping,
)  # fmt: skip
_HELD: Final = Kind(
    "handshakes", "opened/s", "opened/s", "Connections", "Handshake", "request to answer", scheduled=False,
    counted=lambda _, traffic: traffic.opened, times=lambda _, traffic: traffic.upgrade,
)  # fmt: skip


def kind_of(workload: Workload | None) -> Kind:
    """Return the kind of a workload; one that is not known yet counts as HTTP."""
    if workload is None:
        return HTTP
    match workload.kind:
        case "http":
            return HTTP
        case "stream":
            return ENDLESS if workload.stream is not None and workload.stream.endless else STREAM
        case "ws":
            return _kind_of_socket(workload.websocket or SocketSettings())
        case _:
            assert_never(workload.kind)


def _kind_of_socket(settings: SocketSettings) -> Kind:
    match settings.mode:
        case "echo":
            return ECHO
        case "push":
            return PUSH
        case "fanout":
            return FANOUT
        case "hold":
            return _PINGED if settings.ping_every_s else _HELD
        case _:
            assert_never(settings.mode)


def holds(workload: Workload | None) -> bool:
    """Whether connections are only held, so that nothing is done a second."""
    return workload is not None and workload.websocket is not None and workload.websocket.mode == "hold"
