"""The open loop over WebSockets: a message is written when it is due, whatever is under way on its connection.

Connections take turns. One that is opening, or whose server does not read, is left out until it can take messages; what
is due while there is no other waits, or is dropped, as in any open loop.
"""

from __future__ import annotations

from time import perf_counter_ns
from typing import Protocol, cast

from loadbench_gui.engine.open_loop import OpenIssuer
from loadbench_gui.engine.transport.carrier import Carrier


class Pipe(Carrier, Protocol):
    """A connection that carries several messages at once.

    full: the server takes no more for now. parked: put aside until it does; it reports `opened` then.
    """

    full: bool
    parked: bool

    @property
    def waiting(self) -> list[int]:
        """When those messages were due whose echoes are waited for."""

    def expire_before(self, before_ns: int, now_ns: int) -> None:
        """Give up the messages that were sent up to `before_ns`."""


class MessageIssuer(OpenIssuer):
    """An open loop whose connections are free again as soon as their message is written."""

    @property
    def idle(self) -> bool:
        """Whether nothing waits for an echo, for a connection or for its turn."""
        behind = self._halted and not self.exhausted
        return not behind and not self._queue and not any(pipe.wanted or pipe.waiting for pipe in self._pipes)

    def expire(self, now_ns: int) -> None:
        """Give up the messages that were sent longer than the timeout ago."""
        for pipe in self._pipes:
            pipe.expire_before(now_ns - self._timeout_ns, now_ns)

    def give_up(self, now_ns: int) -> None:
        """Censor what is queued, waits for a connection or for its echo, and what was due but never taken up."""
        self._censor_rest(now_ns)
        sent: list[int] = []
        unsent = [entry[0] for entry in self._queue]
        self._queue.clear()
        for pipe in self._pipes:
            waiting = pipe.waiting
            if pipe.wanted:
                unsent.append(pipe.due_ns)
            sent += waiting
            if waiting or pipe.wanted:
                pipe.close()
                pipe.wanted = False
        self._recorder.censor(sent, now_ns)
        self._recorder.censor(unsent, now_ns, sent=False)

    def opened(self, connection: Carrier) -> None:
        """Send what waited for this connection, and all that waited for any."""
        pipe = cast("Pipe", connection)
        if pipe.wanted:
            pipe.wanted = False
            pipe.send(pipe.due_ns, pipe.taken_ns, perf_counter_ns())
        while self._queue and pipe.is_open and not pipe.full:
            due_ns, taken_ns, _ = self._queue.popleft()
            pipe.send(due_ns, taken_ns, perf_counter_ns())
        self._line_up(pipe)

    def answered(self, connection: Carrier, now_ns: int) -> None:
        """Look at the clock, since it was read anyway."""
        self._events += 1
        if now_ns >= self._circuit.issue_ns:
            self._issue()

    def closed(self, connection: Carrier, *, was_free: bool) -> None:
        """One that was in line stays there, to be replaced when its turn comes."""
        super().closed(connection, was_free=was_free and not cast("Pipe", connection).parked)

    @property
    def _pipes(self) -> list[Pipe]:
        return cast("list[Pipe]", self.connections)

    def _line_up(self, pipe: Pipe) -> None:
        """It takes its turns, or waits until the server reads on."""
        pipe.parked = pipe.full
        if not pipe.full:
            self._free.append(pipe)

    def _hand_out(self, due_ns: int, now_ns: int) -> None:
        """Give a message to the connection whose turn it is."""
        while self._free:
            pipe = cast("Pipe", self._free.popleft())
            if pipe.full:
                pipe.parked = True
            elif pipe.is_open:
                pipe.send(due_ns, now_ns, now_ns)
                self._line_up(pipe)
                return
            else:
                fresh = self._replace(pipe) if pipe.over else pipe
                fresh.want(due_ns, now_ns)
                return
        self._no_connection(due_ns, now_ns)
