"""The open loop: arrivals are due at absolute deadlines that the pacer has drawn; nothing the server does moves them.

A free connection is chosen least recently used, so that all are used alike and each server process gets its share.
"""

from __future__ import annotations

import asyncio
from collections import deque
from time import perf_counter_ns
from typing import Final

from loadbench_gui.core.pacing import peak_rate_rps
from loadbench_gui.core.plan import OpenLoad, Shard
from loadbench_gui.engine.arrivals import Arrivals
from loadbench_gui.engine.issuer import Issuer
from loadbench_gui.engine.kernel_timer import alarm, lead_ns
from loadbench_gui.engine.recorder import Recorder
from loadbench_gui.engine.transport.carrier import Cargo, Carrier
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.turns import NEVER

MOST_AT_ONCE: Final = 256
"""Arrivals taken up in one go: about 0.2 ms where none finds a connection. Answers are read before it goes on."""


class OpenIssuer(Issuer):
    """Arrivals at absolute deadlines; what finds no free connection waits or is dropped, as the load says."""

    def __init__(self, shard: Shard, circuit: Circuit, recorder: Recorder, *, spin: bool) -> None:
        super().__init__(shard, circuit, recorder)
        shape = shard.load.workload.shape
        assert isinstance(shape, OpenLoad)
        self._free: deque[Carrier] = deque()
        self._queue: deque[tuple[int, int, Cargo | None]] = deque()
        self._ahead: Cargo | None = None
        self._queue_limit = queue_limit(shape, circuit.timeout_s, shard.count)
        self._arrivals = Arrivals(circuit, self._left)
        self._spin = spin
        self._spun_ns = 0
        self._events = 0
        self._rest: asyncio.Handle | None = None
        self._alarm = alarm(circuit.loop, self._ring, lead_ns(peak_rate_rps(shape) / shard.count))
        self._shape = shape

    def start(self) -> None:
        """Draw the first arrivals and wait for the first to be due."""
        self._started = True
        self._arrivals.start(self._shape, self._shard, self._window)
        self._draw()
        if self._spin:
            self._last_spin_ns = perf_counter_ns()
            self._circuit.loop.call_soon(self._turn)
        else:
            self._arm()

    def halt(self) -> None:
        """Draw no more arrivals than are due by now: one that a late loop has not taken up yet still counts."""
        if self._halted:
            return
        self._halted = True
        self._arrivals.until_ns = perf_counter_ns()
        self._alarm.close()
        if self._rest is None:
            self._issue()

    @property
    def exhausted(self) -> bool:
        """Whether every arrival has been drawn."""
        return self._circuit.issue_ns == NEVER

    @property
    def idle(self) -> bool:
        """Whether no request is in flight, waits for a connection to open, is queued, or due before the halt."""
        behind = self._halted and not self.exhausted
        return not behind and not self._queue and not any(c.sent_ns or c.wanted for c in self.connections)

    @property
    def spun_ns(self) -> int:
        """Time spent in spins that found nothing to do."""
        return self._spun_ns + self._alarm.spun_ns

    def issued(self) -> tuple[int, int]:
        """Arrivals drawn up to now."""
        return self._arrivals.measured, self._arrivals.others

    def give_up(self, now_ns: int) -> None:
        """Censor what is queued, waits for a connection or is in flight, and what was due but never taken up."""
        self._censor_rest(now_ns)
        self._abandon([c for c in self.connections if c.sent_ns or c.wanted], now_ns)
        self._recorder.censor([entry[0] for entry in self._queue], now_ns, sent=False)
        self._queue.clear()

    def close(self) -> None:
        """Stop the clock and close all connections."""
        self._stop()
        self._alarm.close()
        super().close()

    def opened(self, connection: Carrier) -> None:
        """Send the request that waited for this connection; otherwise it is free."""
        if connection.wanted:
            connection.wanted = False
            connection.send(connection.due_ns, connection.taken_ns, connection.sent_ns or perf_counter_ns())
        else:
            self._offer(connection)

    def answered(self, connection: Carrier, now_ns: int) -> None:
        """Give the connection the request that has waited longest; otherwise it is free."""
        self._events += 1
        if self._queue:
            due, taken, cargo = self._queue.popleft()
            if cargo is not None:
                connection.load(*cargo)
            connection.send(due, taken, perf_counter_ns())
        else:
            self._free.append(connection)
        if now_ns >= self._circuit.issue_ns:
            self._issue()

    def spent(self, connection: Carrier, now_ns: int, *, faulty: bool) -> None:
        """Put a fresh connection in its place."""
        self._events += 1
        self._offer(self._replace(connection))

    def closed(self, connection: Carrier, *, was_free: bool) -> None:
        """A free connection was closed: it stays in line and is replaced when its turn comes."""
        self._events += 1
        if not was_free:
            self._offer(self._replace(connection))

    def _offer(self, connection: Carrier) -> None:
        if not self._queue:
            self._free.append(connection)
            return
        due, taken, cargo = self._queue.popleft()
        if cargo is not None:
            connection.load(*cargo)
        if connection.is_open:
            connection.send(due, taken, perf_counter_ns())
        else:
            connection.want(due, taken)

    def _issue(self) -> None:
        """Take up what is due, at most `MOST_AT_ONCE`; the rest follows once the loop has read what came meanwhile."""
        if self._rest is not None:
            return
        circuit, hand_out, advance = self._circuit, self._hand_out, self._arrivals.advance
        until_ns, mixed = self._arrivals.until_ns, self._ahead is not None
        due = circuit.issue_ns
        self._events += 1
        for _ in range(MOST_AT_ONCE):
            now = perf_counter_ns()
            if due > now or due > until_ns:
                break
            hand_out(due, now)
            due = advance()
            if mixed:
                self._draw()
        else:
            self._rest = circuit.loop.call_soon(self._go_on)
        if due > until_ns:
            self._arrivals.end()
        if now > circuit.turns.due_ns:
            circuit.turns.step(now)

    def _hand_out(self, due_ns: int, now_ns: int) -> None:
        """Give an arrival to the connection that has been free for longest."""
        free = self._free
        if not free:
            self._no_connection(due_ns, now_ns)
            return
        connection = free.popleft()
        if connection.over:
            connection = self._replace(connection)
        if self._ahead is not None:
            connection.load(*self._ahead)
        if connection.is_open:
            connection.send(due_ns, now_ns, now_ns)
        else:
            connection.want(due_ns, now_ns)

    def _go_on(self) -> None:
        self._rest = None
        if self._circuit.issue_ns <= perf_counter_ns():
            self._issue()

    def _stop(self) -> None:
        """Take nothing up any more."""
        self._halted = True
        self._arrivals.end()
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None

    def _censor_rest(self, now_ns: int) -> None:
        """Count the arrivals that were due before the halt and that the loop, late as it was, has not taken up."""
        for waiting in self._arrivals.rest(min(self._arrivals.until_ns, now_ns)):
            self._recorder.censor(waiting, now_ns, sent=False)
        self._stop()

    def _draw(self) -> None:
        """Draw the next arrival's request before it is due: drawing must not delay it."""
        if self._circuit.mixed:
            self._ahead = self._circuit.draw()

    def _no_connection(self, due_ns: int, taken_ns: int) -> None:
        if self._shape.when_busy == "queue" and len(self._queue) < self._queue_limit:
            self._queue.append((due_ns, taken_ns, self._ahead))
        else:
            self._recorder.drop(due_ns)

    def _ring(self) -> None:
        if not self._halted:
            if self._circuit.issue_ns <= perf_counter_ns():
                self._issue()
            self._arm()

    def _arm(self) -> None:
        if self._circuit.issue_ns != NEVER:
            self._alarm.set(self._circuit.issue_ns)

    def _turn(self) -> None:
        """Look at the clock once per turn of the loop; time in which nothing else happened is not work."""
        now = perf_counter_ns()
        events = self._events
        if now >= self._circuit.issue_ns:
            self._issue()
        elif events == self._seen_events:
            self._spun_ns += now - self._last_spin_ns
        self._seen_events = self._events
        self._last_spin_ns = now
        if not self.exhausted:
            self._circuit.loop.call_soon(self._turn)

    _seen_events = 0
    _last_spin_ns = 0


def queue_limit(shape: OpenLoad, timeout_s: float, shards: int) -> int:
    """Return how many arrivals of one shard may wait: its part of the load's limit, or of rate x timeout."""
    limit = shape.queue_limit if shape.queue_limit is not None else max(1, round(peak_rate_rps(shape) * timeout_s))
    return max(1, -(-limit // shards)) if limit else 0
