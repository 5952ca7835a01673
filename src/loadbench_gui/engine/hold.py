"""Holding connections: each is a request that lasts as long as the window does."""

from __future__ import annotations

from typing import cast

from loadbench_gui.core.plan import Shard
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.assembly import Assembly
from loadbench_gui.engine.recorder import Recorder
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.websocket.member import Member


class HoldIssuer(Assembly):
    """Counts, when the window begins, which connections are open, and at its end, which of those still are.

    A connection that is lost in between has failed, and so has one that leaves a ping unanswered. It is opened again,
    so that the server goes on to hold what it was asked to, but is not counted again.

    _in_doubt: those that have a ping under way when the window ends; whether they are alive is still to be seen.
    """

    def __init__(self, shard: Shard, circuit: Circuit, recorder: Recorder) -> None:
        super().__init__(shard, circuit, recorder)
        self._gather()
        self._held = bytearray(shard.connections)
        self._in_doubt: set[int] = set()
        self._has_begun = self._has_ended = False

    def issued(self) -> tuple[int, int]:
        """Every connection is a request, from the moment at which the window begins."""
        return (self._shard.connections if self._has_begun else 0), 0

    @property
    def idle(self) -> bool:
        """Whether nothing is held any more, and all that was held is known to be alive, or not to be."""
        return self._has_ended and not self._in_doubt

    def conclude(self, now_ns: int) -> None:
        """Count what was held to the end."""
        if self._has_ended:
            return
        self._has_ended = True
        self._stop_pinging()
        asked = (member.place for member in self._members() if member.waits_since_ns)
        self._in_doubt = {place for place in asked if self._held[place]}
        self._recorder.hold(self._held.count(1) - len(self._in_doubt), self._window.begin_ns, now_ns)

    def expire(self, now_ns: int) -> None:
        """See who has answered since the window ended. Before, the pinger does that."""
        for place in list(self._in_doubt):
            member = cast("Member", self.connections[place])
            member.expire_pings(now_ns - self._timeout_ns, now_ns)
            if place in self._in_doubt and not member.waits_since_ns:
                self._in_doubt.discard(place)
                self._recorder.hold(1, self._window.begin_ns, now_ns)

    def give_up(self, now_ns: int) -> None:
        """Nobody is asked to hold anything any longer."""
        self.conclude(now_ns)
        self._recorder.censor([self._window.begin_ns] * len(self._in_doubt), now_ns)
        self._in_doubt.clear()

    def _begin(self) -> None:
        self._has_begun = True
        begin_ns = self._window.begin_ns
        for place, connection in enumerate(self.connections):
            if connection.is_open:
                self._held[place] = 1
            else:
                kind, status = self._down.get(place, (ErrorKind.CONNECT_TIMEOUT, 0))
                self._recorder.fail(kind, (begin_ns, begin_ns, 0), begin_ns, status)

    def _has_failed(self, member: Member, kind: ErrorKind, status: int, now_ns: int) -> None:
        """It is counted when the window begins, or was when it was lost."""

    def _has_left(self, member: Member, kind: ErrorKind, now_ns: int) -> None:
        """It was not held to the end, unless that has passed and nobody has looked yet, or doubts it."""
        place = member.place
        is_counted = self._has_ended or now_ns >= self._window.end_ns
        if place in self._in_doubt or (self._held[place] and not is_counted):
            self._in_doubt.discard(place)
            self._held[place] = 0
            begin_ns = self._window.begin_ns
            self._recorder.fail(kind, (begin_ns, begin_ns, begin_ns), now_ns)
