"""Sockets that an assembly keeps open all at once (`engine.assembly`): each reports when it opens, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from time import perf_counter_ns
from typing import Final, Protocol, cast

from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.transport.carrier import Carrier
from loadbench_gui.engine.transport.websocket.socket import Socket
from loadbench_gui.engine.transport.websocket.upgrade import Refusal

PARTING_S: Final = 1.0
"""How long the closing handshakes may take, all together."""


class Host(Protocol):
    """What keeps members: an issuer."""

    def joined(self, member: Member) -> None:
        """It is open from now on."""

    def refused(self, member: Member, refusal: Refusal, now_ns: int) -> None:
        """It could not be opened."""

    def lost(self, member: Member, kind: ErrorKind, why: str, now_ns: int) -> None:
        """It was open and has ended, not by us."""


class Member(Socket):
    """One of many sockets; what comes on it was not asked for."""

    __slots__ = ()

    @property
    def host(self) -> Host:
        """Its owner."""
        return cast("Host", self.owner)

    def on_open(self, now: int) -> None:
        """Report it."""
        self.host.joined(self)

    def on_refused(self, refusal: Refusal) -> None:
        """Report it."""
        self.host.refused(self, refusal, perf_counter_ns())

    def on_lost(self, kind: ErrorKind, why: str, now: int) -> None:
        """Report it."""
        self.host.lost(self, kind, why, now)

    def on_message(self, opcode: int, payload: bytes, first_ns: int, now: int) -> None:
        """Count it; it is not kept."""
        self.kit.count_stray(payload, now)


class Held(Member):
    """One that is held: it has to be alive, as far as it is asked."""

    __slots__ = ()

    def on_unanswered(self, now: int) -> None:
        """Nobody is there any more, whatever TCP says."""
        self.take_leave()
        self.on_lost(ErrorKind.READ_TIMEOUT, f"no answer to a ping within {self.circuit.timeout_s:g} s", now)


async def part_all(connections: Iterable[Carrier], patience_s: float = PARTING_S) -> None:
    """Close them in good order with 1000, and wait for the server's answers, but no longer than `patience_s` for all.

    Those that it has not answered by then are left to be cut.
    """
    partings = [one.part() for one in connections if isinstance(one, Socket) and one.is_open]
    waiting = [parting for parting in partings if not parting.done()]
    if waiting:
        await asyncio.wait(waiting, timeout=patience_s)
