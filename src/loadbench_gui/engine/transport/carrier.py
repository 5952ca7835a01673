"""What an issuer and a connection know of each other: who decides, and who carries.

A carrier holds one request at a time and keeps its clock. Which client it is made of does not matter to the issuer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol, TypeAlias, runtime_checkable

from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.query import Query
from loadbench_gui.engine.transport.supply import Payload

STALE_WITHIN_NS: Final = 100_000_000
"""A server that ended a connection between two requests is heard of within the time that opening it took, and a little
for busy loops. What is lost later than that was lost by a server that had it: a failure, not to be tried again."""

Cargo: TypeAlias = tuple[Query, Payload]
"""What a connection is given to carry: which request, and the request itself."""


class Carrier(Protocol):
    """One connection and the request on it, with the request's clock.

    due_ns, taken_ns, sent_ns: when its request was due, taken up and sent; `sent_ns` is 0 while there is none.
    place: which of the shard's connections it is. over: it will never carry anything again.
    wanted: a request waits for it to open. resent: its request was lost once by a stale connection.
    """

    due_ns: int
    taken_ns: int
    sent_ns: int
    place: int
    over: bool
    wanted: bool
    resent: bool

    @property
    def is_open(self) -> bool:
        """Whether a request can be written now."""

    @property
    def opening(self) -> asyncio.Task[None] | None:
        """What opens it, while it is on the way to being open."""

    @property
    def cargo(self) -> Cargo:
        """What it carries, or carried last."""

    def load(self, query: Query, payload: Payload) -> None:
        """Take what `send` writes next. Called before each `send` or `want` where `Circuit.mixed`, else never."""

    def open(self) -> None:
        """Start to connect. Ends in `Owner.opened`, or in the wanted request being sent, or in a failure."""

    def want(self, due_ns: int, taken_ns: int) -> None:
        """Carry a request as soon as it is open; start to connect if that has not begun."""

    def send(self, due_ns: int, taken_ns: int, sent_ns: int) -> None:
        """Write the request. The stamps are the caller's; `sent_ns` is taken right before the call."""

    def expire(self, now_ns: int) -> None:
        """Give the request up: it was sent longer than the timeout ago."""

    def close(self) -> None:
        """End it without a word; a request on it is no longer accounted for here, but for its bytes."""

    def settle(self) -> None:
        """Report how many requests it has answered (`Recorder.serve`), once: when it ends or when the run does."""


@runtime_checkable
class Lasting(Protocol):
    """A carrier whose request may last as long as the load does."""

    def conclude(self, now_ns: int) -> None:
        """The load is over: end the request, if it can be called a success by now."""


class Owner(Protocol):
    """Decides what a connection does next: the issuer."""

    def opened(self, connection: Carrier) -> None:
        """A connection is open, with or without a request that waits for it."""

    def answered(self, connection: Carrier, now_ns: int) -> None:
        """A request has ended and its connection can carry the next one."""

    def spent(self, connection: Carrier, now_ns: int, *, faulty: bool) -> None:
        """A request has ended and its connection with it. faulty: because something went wrong on the way."""

    def closed(self, connection: Carrier, *, was_free: bool) -> None:
        """A connection without a request has ended. was_free: it had been open; otherwise it could not be opened."""

    def resend(self, connection: Carrier, sent_ns: int) -> None:
        """A stale connection lost an idempotent request, sent at `sent_ns`, unanswered: carry it to a fresh one."""


Maker: TypeAlias = Callable[[Circuit, Owner, int], Carrier]
"""Makes the connection for a place; it does not open it."""
