"""Pings under way on one connection: when each was sent, oldest first.

A bare tuple, as ten thousand idle connections should not have ten thousand objects for what they rarely do.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final, TypeAlias

from loadbench_gui.engine.socket_record import SocketRecord

Pings: TypeAlias = tuple[int, ...]
"""perf_counter nanoseconds; what a ping says is this number, so that its pong tells which one is answered."""

MOST: Final = 1024
PATIENCE_NS: Final = 500_000_000
"""When a connection or the run ends, a ping that is younger may just be on its way: nobody can say."""


def answer(pings: Pings, payload: bytes, record: SocketRecord, now_ns: int) -> Pings:
    """Record what a pong answers, and return what is still waited for. A pong that nobody asked for is no answer."""
    sent_ns = int.from_bytes(payload, "big")
    if sent_ns not in pings:
        return pings
    # It answers those before it as well (RFC 6455, section 5.5.3).
    answered = pings.index(sent_ns) + 1
    for ping_ns in pings[:answered]:
        record.ping.pairs.extend((ping_ns, now_ns - ping_ns))
    return pings[answered:]


def give_up(pings: Pings, before_ns: int, record: SocketRecord) -> Pings:
    """Count those sent up to `before_ns` as unanswered, and return the others."""
    late = bisect_right(pings, before_ns)
    for ping_ns in pings[:late]:
        record.at(ping_ns).pings_unanswered += 1
    return pings[late:]
