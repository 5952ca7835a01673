"""WebSockets: what is asked of them, and what happened on many, as mergeable counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from loadbench_gui.core.counts import merge_counts
from loadbench_gui.core.histogram import Histogram

SocketMode: TypeAlias = Literal["echo", "push", "fanout", "hold"]


@dataclass(frozen=True, slots=True)
class SocketSettings:
    """What is done on the connections of a load.

    mode: echo: each message comes back. push: the server sends, we listen. fanout: what one connection publishes
        comes to all. hold: nothing, for as long as the load lasts.
    message: what is sent, in a fan-out after an identifier; b"": `size_bytes` that we make up, with an identifier in
        front where they hold one.
    binary: as a binary message, not as text. fragments: how many frames a message is cut into.
    compress: permessage-deflate is offered. subprotocols: offered in this order.
    hello: sent once on each connection as soon as it is open (a subscription); b"": nothing.
    ping_every_s: each connection is pinged this often; 0: never.
    publishers: how many of the connections publish; all of them are subscribers.
    """

    mode: SocketMode = "echo"
    message: bytes = b""
    size_bytes: int = 32
    binary: bool = False
    fragments: int = 1
    compress: bool = False
    subprotocols: tuple[str, ...] = ()
    hello: bytes = b""
    ping_every_s: float = 0.0
    publishers: int = 1

    @property
    def identifier_bytes(self) -> int:
        """How long the identifier is that a message we make up starts with; 0: it has none."""
        width = 8 if self.binary else 16
        return 0 if self.message or self.size_bytes < width else width

    @property
    def length_bytes(self) -> int:
        """How long each message is that we send, the identifier before one of the user's own included."""
        if not self.message:
            return self.size_bytes
        identifier = 0 if self.mode != "fanout" else 8 if self.binary else 16
        return identifier + len(self.message)


@dataclass(frozen=True, slots=True)
class SocketTally:
    """Messages of one population, times in whole microseconds.

    rtt: actual send -> echo. ping: ping -> pong. gap: from one message of a connection to the next.
    fanout: publish -> each subscriber that got it. skew: first -> last subscriber of each that all of them got.
    lost: messages (fan-out: deliveries) that did not come in time. duplicated: those that came again. reordered: those
        that came after a later one. stray: messages that nobody had asked for.
    close_codes: how connections ended that the server closed, 1006 for those that just broke.
    pings_unanswered: pings whose pong did not come in time, or not before the connection or the run ended, unless they
        had been sent in the half second before.
    numbered: pushed messages of connections on which they carry numbers, without which nobody knows what was lost.
    longest_silence_us: the longest time that an open connection of a push was without a message, also where none ended
        it.
    """

    rtt: Histogram = field(default_factory=Histogram)
    ping: Histogram = field(default_factory=Histogram)
    gap: Histogram = field(default_factory=Histogram)
    fanout: Histogram = field(default_factory=Histogram)
    skew: Histogram = field(default_factory=Histogram)
    sent: int = 0
    received: int = 0
    lost: int = 0
    duplicated: int = 0
    reordered: int = 0
    stray: int = 0
    close_codes: Mapping[int, int] = field(default_factory=dict)
    pings_unanswered: int = 0
    numbered: int = 0
    longest_silence_us: int = 0

    def knows_losses(self, mode: SocketMode) -> bool:
        """Return whether it is known how many messages were lost, came twice or late; if not, their counts say nothing.

        Where we send, each is waited for by name. What a server pushes has to carry numbers.
        """
        return mode in ("echo", "fanout") or bool(self.numbered or self.lost or self.duplicated or self.reordered)

    def __add__(self, other: SocketTally) -> SocketTally:
        return SocketTally(
            self.rtt + other.rtt,
            self.ping + other.ping,
            self.gap + other.gap,
            self.fanout + other.fanout,
            self.skew + other.skew,
            self.sent + other.sent,
            self.received + other.received,
            self.lost + other.lost,
            self.duplicated + other.duplicated,
            self.reordered + other.reordered,
            self.stray + other.stray,
            merge_counts(self.close_codes, other.close_codes),
            self.pings_unanswered + other.pings_unanswered,
            self.numbered + other.numbered,
            max(self.longest_silence_us, other.longest_silence_us),
        )
