"""WebSockets that are all open at once: opened a few at a time, reopened when they are lost, closed in good order.

What a request is differs from mode to mode; here is what push, fan-out and hold share.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from time import perf_counter_ns
from typing import Final, cast

from loadbench_gui.core.plan import SocketSettings
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.issuer import Issuer
from loadbench_gui.engine.opener import Opener
from loadbench_gui.engine.socket_record import SocketRecord
from loadbench_gui.engine.transport.carrier import Carrier
from loadbench_gui.engine.transport.websocket.member import Member, part_all
from loadbench_gui.engine.transport.websocket.pinger import Pinger
from loadbench_gui.engine.transport.websocket.upgrade import Refusal

_SAMPLE_BYTES: Final = 2048


class Assembly(Issuer):
    """Keeps its members open. A subclass calls `_gather` in its constructor, and says what it makes of what happens.

    Where a mode has no better account of it, each failure to open a connection inside the window, or to keep it, is a
    request that failed, and so is each that is not open when the window begins.

    _down: why each place that is not open is not, as far as is known: kind and status. _failures: (measured, other)
    requests that are nothing but a connection that failed.
    """

    _opener: Opener
    _down: dict[int, tuple[ErrorKind, int]]
    _failures: list[int]
    _record: SocketRecord
    _beginning: asyncio.TimerHandle | None = None
    _is_over = False

    def _gather(self) -> None:
        self._record = cast("SocketRecord", self._recorder.side)
        self._opener = Opener(self._circuit.loop, self._open_place)
        self._down = {}
        self._failures = [0, 0]

    # What subclasses say

    def _begin(self) -> None:
        """The window begins."""
        for kind, status in self._down.values():
            self._fail(kind, self._window.begin_ns, status)

    def _has_joined(self, member: Member) -> None:
        """It is open."""

    def _has_failed(self, member: Member, kind: ErrorKind, status: int, now_ns: int) -> None:
        """It could not be opened, and nobody has ended the load."""
        if self._started:
            self._fail(kind, now_ns, status)

    def _has_left(self, member: Member, kind: ErrorKind, now_ns: int) -> None:
        """It was open, and is no longer."""
        if self._started and not self._is_over:
            self._fail(kind, now_ns)

    # For the runner

    async def prepare(self, gap_s: float, patience_s: float) -> None:
        """Open all, however long that takes, as long as it gets on."""
        await self._opener.open_all(range(len(self.connections)), self._circuit.timeout_s)

    def start(self) -> None:
        """Wait for the window to begin."""
        self._started = True
        ahead_s = (self._window.begin_ns - perf_counter_ns()) / 1e9
        self._beginning = self._circuit.loop.call_later(max(0.0, ahead_s), self._begin)

    def halt(self) -> None:
        """Open nothing any more."""
        self._halted = True
        self._stop_opening()

    @property
    def exhausted(self) -> bool:
        """Whether the window is over."""
        return self._halted

    def issued(self) -> tuple[int, int]:
        """Return how many connections failed as requests of their own."""
        return self._failures[0], self._failures[1]

    def expire(self, now_ns: int) -> None:
        """Nothing here has a time limit: ten thousand connections are not looked through for one."""

    def give_up(self, now_ns: int) -> None:
        """Nothing is waited for."""

    async def depart(self) -> None:
        """Close all in good order."""
        self._stop_opening()
        await part_all(self._members())

    # For members

    def joined(self, member: Member) -> None:
        """Forget what was wrong."""
        self._down.pop(member.place, None)
        self._opener.is_open(member.place)
        self._has_joined(member)

    def refused(self, member: Member, refusal: Refusal, now_ns: int) -> None:
        """Try again later."""
        self._down[member.place] = (refusal.kind, refusal.status)
        head = refusal.head or f"(no answer: {refusal.why})".encode()
        self._keep(refusal.kind, now_ns, refusal.request, head, refusal.body)
        if not self._is_over:
            self._has_failed(member, refusal.kind, refusal.status, now_ns)
            self._opener.ask_again(member.place)
        self._opener.is_not_open(member.place)

    def lost(self, member: Member, kind: ErrorKind, why: str, now_ns: int) -> None:
        """Open it again."""
        self._down[member.place] = (kind, 0)
        self._keep(kind, now_ns, b"(a WebSocket that was open)", f"({why})".encode())
        self._has_left(member, kind, now_ns)
        if not self._is_over:
            self._opener.ask_again(member.place)

    def close(self) -> None:
        """Open nothing any more and close all connections."""
        self._stop_opening()
        if self._pinger is not None:
            self._pinger.close()
        super().close()

    # For carriers in general; members have more to say.

    def opened(self, connection: Carrier) -> None:
        """Not called: see `joined`."""

    def answered(self, connection: Carrier, now_ns: int) -> None:
        """Not called: members have no requests of their own."""

    def spent(self, connection: Carrier, now_ns: int, *, faulty: bool) -> None:
        """Not called: see `lost`."""

    def closed(self, connection: Carrier, *, was_free: bool) -> None:
        """Not called: see `refused` and `lost`."""

    # Inside

    @property
    def _settings(self) -> SocketSettings:
        settings = self._shard.load.workload.websocket
        assert settings is not None
        return settings

    @property
    def _pinger(self) -> Pinger | None:
        return next(self._members()).kit.pinger

    def _stop_pinging(self) -> None:
        """Send no more pings: those that are under way are waited for, as long as requests would be."""
        if self._pinger is not None:
            self._pinger.rest()

    def _members(self) -> Iterator[Member]:
        return (cast("Member", connection) for connection in self.connections)

    def _open_place(self, place: int) -> None:
        connection = self.connections[place]
        if connection.over:
            connection = self._replace(connection)
        connection.open()

    def _stop_opening(self) -> None:
        self._is_over = True
        self._opener.stop()
        if self._beginning is not None:
            self._beginning.cancel()

    def _fail(self, kind: ErrorKind, now_ns: int, status: int = 0) -> None:
        """Count a connection that failed as a request; it was due now. After the window nothing is."""
        if now_ns >= self._recorder.counted_until_ns:
            return
        self._failures[now_ns < self._window.begin_ns] += 1
        self._recorder.fail(kind, (now_ns, now_ns, 0), now_ns, status)

    def _keep(self, kind: ErrorKind, now_ns: int, request: bytes, head: bytes, body: bytes = b"") -> None:
        if self._recorder.wants_sample(kind):
            parts = (part[:_SAMPLE_BYTES] for part in (request, head, body))
            self._recorder.keep_sample(kind, now_ns, *parts)
