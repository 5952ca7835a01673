"""Holding connections: each is a request that lasts as long as the window does."""

from __future__ import annotations

from loadbench_gui.core.plan import Shard
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.assembly import Assembly
from loadbench_gui.engine.recorder import Recorder
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.websocket.member import Member


class HoldIssuer(Assembly):
    """Counts, when the window begins, which connections are open, and at its end, which of those still are.

    A connection that is lost in between has failed. It is opened again, so that the server goes on to hold what it was
    asked to, but is not counted again.
    """

    def __init__(self, shard: Shard, circuit: Circuit, recorder: Recorder) -> None:
        super().__init__(shard, circuit, recorder)
        self._gather()
        self._held = bytearray(shard.connections)
        self._has_begun = self._has_ended = False

    def issued(self) -> tuple[int, int]:
        """Every connection is a request, from the moment at which the window begins."""
        return (self._shard.connections if self._has_begun else 0), 0

    @property
    def idle(self) -> bool:
        """Whether nothing is held any more."""
        return self._has_ended

    def conclude(self, now_ns: int) -> None:
        """Count what was held to the end."""
        if not self._has_ended:
            self._has_ended = True
            self._recorder.hold(self._held.count(1), self._window.begin_ns, now_ns)

    def give_up(self, now_ns: int) -> None:
        """Nobody is asked to hold anything any longer."""
        self.conclude(now_ns)

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
        """It was not held to the end, unless that has passed and nobody has looked yet."""
        if self._held[member.place] and now_ns < self._window.end_ns and not self._has_ended:
            self._held[member.place] = 0
            begin_ns = self._window.begin_ns
            self._recorder.fail(kind, (begin_ns, begin_ns, begin_ns), now_ns)
