"""When to send. An issuer owns the connections of one shard and decides what each does next.

Here is what closed and open loops share: the connections, the opening of them, the timeouts and the end.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final

from loadbench_gui.core.plan import Shard
from loadbench_gui.engine.recorder import Recorder, Window
from loadbench_gui.engine.transport.carrier import Carrier, Lasting
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.factory import maker

_UNLIMITED: Final = 1 << 62


class Issuer(ABC):
    """What both models share: the connections, the opening of them, the timeouts and the end."""

    def __init__(self, shard: Shard, circuit: Circuit, recorder: Recorder) -> None:
        self._shard = shard
        self._circuit = circuit
        self._recorder = recorder
        self._timeout_ns = int(circuit.timeout_s * 1e9)
        self._left = _UNLIMITED if shard.requests_limit is None else shard.requests_limit
        self._started = self._halted = False
        self._make = maker(shard.load, mixed=circuit.mixed)
        self.connections = [self._make(circuit, self, place) for place in range(shard.connections)]

    @property
    def _window(self) -> Window:
        return self._recorder.window

    # For the runner

    async def prepare(self, gap_s: float, patience_s: float) -> None:
        """Open the connections; see `open_all`."""
        await open_all(self, gap_s, patience_s)

    @abstractmethod
    def start(self) -> None:
        """Begin to send: the common start has come."""

    @abstractmethod
    def halt(self) -> None:
        """Draw no more requests; those that were drawn are still sent and waited for."""

    @abstractmethod
    def issued(self) -> tuple[int, int]:
        """Return how many (measured, other) requests were drawn so far."""

    @abstractmethod
    def give_up(self, now_ns: int) -> None:
        """Censor what is still waiting or in flight."""

    @property
    @abstractmethod
    def exhausted(self) -> bool:
        """Whether no request will be drawn any more."""

    @property
    def idle(self) -> bool:
        """Whether nothing is in flight and nothing waits."""
        return not any(c.sent_ns for c in self.connections)

    @property
    def spun_ns(self) -> int:
        """Time spent in empty spins so far."""
        return 0

    def expire(self, now_ns: int) -> None:
        """Give up the requests that were sent longer than the timeout ago."""
        before = now_ns - self._timeout_ns
        late = [c for c in self.connections if 0 < c.sent_ns <= before]
        for connection in late:
            connection.expire(now_ns)

    def conclude(self, now_ns: int) -> None:
        """The window is over, once: end what lasts as long as it does. Other requests end by themselves."""
        stream = self._shard.load.workload.stream
        if stream is not None and stream.endless:
            for connection in list(self.connections):
                if isinstance(connection, Lasting):
                    connection.conclude(now_ns)
            self.give_up(now_ns)

    async def depart(self) -> None:
        """All is over: take leave of the server where the protocol has a way to, and do not wait for it long."""
        if self._shard.load.workload.kind == "ws":
            from loadbench_gui.engine.transport.websocket.member import part_all

            await part_all(self.connections)

    def settle(self) -> None:
        """Have every connection report what it has answered."""
        for connection in self.connections:
            connection.settle()

    def close(self) -> None:
        """Draw nothing more, whatever timers are still to ring, and close all connections."""
        self.halt()
        for connection in self.connections:
            connection.close()

    # For connections: see `transport.carrier.Owner`

    @abstractmethod
    def opened(self, connection: Carrier) -> None:
        """A connection is open, with or without a request that waits for it."""

    @abstractmethod
    def answered(self, connection: Carrier, now_ns: int) -> None:
        """A request has ended and its connection can carry the next one."""

    @abstractmethod
    def spent(self, connection: Carrier, now_ns: int, *, faulty: bool) -> None:
        """A request has ended and its connection with it."""

    @abstractmethod
    def closed(self, connection: Carrier, *, was_free: bool) -> None:
        """A connection without a request has ended."""

    def resend(self, connection: Carrier, sent_ns: int) -> None:
        """Open a fresh connection for the request that a stale one lost, with its first clock."""
        fresh = self._replace(connection)
        fresh.load(*connection.cargo)
        fresh.resent = True
        fresh.sent_ns = sent_ns
        fresh.want(connection.due_ns, connection.taken_ns)

    def _replace(self, connection: Carrier) -> Carrier:
        fresh = self._make(self._circuit, self, connection.place)
        self.connections[connection.place] = fresh
        return fresh

    def _abandon(self, held: Sequence[Carrier], now_ns: int) -> None:
        """Close these connections and censor the requests that they have, or that wait for them."""
        for connection in held:
            connection.close()
        self._recorder.censor([c.due_ns for c in held if c.sent_ns], now_ns)
        self._recorder.censor([c.due_ns for c in held if not c.sent_ns], now_ns, sent=False)
        for connection in held:
            connection.sent_ns, connection.wanted = 0, False

    def _in_flight(self) -> tuple[int, int]:
        begin, end = self._window.begin_ns, self._window.end_ns
        due = [c.due_ns for c in self.connections if c.sent_ns]
        measured = sum(begin <= due_ns < end for due_ns in due)
        return measured, len(due) - measured


async def open_all(issuer: Issuer, gap_s: float, patience_s: float) -> None:
    """Open the shard's connections one after the other, `gap_s` apart, and wait for the last at most `patience_s`.

    Failures are met again, and counted, when a request wants the connection.
    """
    loop = asyncio.get_running_loop()
    begin = loop.time()
    for number, connection in enumerate(list(issuer.connections)):
        connection.open()
        ahead_s = begin + (number + 1) * gap_s - loop.time()
        if ahead_s > 0.001:
            await asyncio.sleep(ahead_s)
    openings = [task for c in issuer.connections if (task := c.opening) is not None]
    if openings:
        await asyncio.wait(openings, timeout=patience_s)
