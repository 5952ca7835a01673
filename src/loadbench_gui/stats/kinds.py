"""What a request is in each kind of load, and so which figures such a load has at all.

HTTP has answers. A stream's life is no latency and ends when the server or the window says so. On WebSockets an echo
makes a round trip, a publication reaches its last subscriber, a pushed message was asked for by nobody, and a
connection that is held asks for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from loadbench_gui.core.plan import ClosedLoad, Workload
from loadbench_gui.core.verdict import Metric


@dataclass(frozen=True, slots=True)
class Kind:
    """Loads of one kind.

    counted: what their requests are called, many of them. own: metrics that only loads of this kind have. latency,
    throughput: why they have none, or "" where they have. paced: whether we decide when the next request is made.
    """

    counted: str
    own: tuple[Metric, ...] = ()
    latency: str = ""
    throughput: str = ""
    paced: bool = True


_ENDLESS: Final = "streams that do not end have no throughput: as many are open at the end as at the beginning"
HTTP: Final = Kind("requests", (Metric.SERVICE_P50, Metric.SERVICE_P99))
_STREAM: Final = Kind("streams", (Metric.FIRST_EVENT_P50, Metric.GAP_P99))
_ENDLESS_STREAM: Final = Kind("streams", _STREAM.own, throughput=_ENDLESS)
_PER_CONNECTION: Final = Metric.MEMORY_PER_CONNECTION
_SOCKETS: Final[dict[str, Kind]] = {
    "echo": Kind("round trips", (Metric.RTT_P50, Metric.RTT_P99, _PER_CONNECTION)),
    "push": Kind(
        "messages",
        (Metric.GAP_P99, _PER_CONNECTION),
        latency="messages that the server pushes were not asked for, so they have no latency",
        paced=False,
    ),
    "fanout": Kind("publications", (Metric.FANOUT_P50, Metric.FANOUT_P99, _PER_CONNECTION)),
    "hold": Kind(
        "connections",
        (_PER_CONNECTION,),
        latency="nothing is asked on connections that are held, so they have no latency",
        throughput="nothing is sent on connections that are held, so they have no throughput",
        paced=False,
    ),
}


def kind_of(workload: Workload) -> Kind:
    """Return what kind of load a workload is."""
    match workload.kind:
        case "http":
            return HTTP
        case "stream":
            return _ENDLESS_STREAM if workload.stream is not None and workload.stream.endless else _STREAM
        case "ws":
            return _SOCKETS[workload.websocket.mode if workload.websocket is not None else "echo"]


def is_matched(workload: Workload) -> bool:
    """Return whether each message of a workload is waited for by name, so that a missing one is known to be missing."""
    return workload.websocket is not None and workload.websocket.mode in ("echo", "fanout")


def at_once(workload: Workload) -> int | None:
    """Return how many requests a closed loop has under way or thinking at any time; None where nobody can say.

    A stream occupies its connection for its whole life, of which its latency is only the beginning.
    """
    if not isinstance(workload.shape, ClosedLoad) or workload.kind == "stream" or not kind_of(workload).paced:
        return None
    if workload.websocket is not None and workload.websocket.mode == "fanout":
        return min(workload.websocket.publishers, workload.shape.connections)
    return workload.shape.connections
