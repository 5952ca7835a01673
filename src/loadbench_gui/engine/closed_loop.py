"""The closed loop: each connection sends its next request when the last one was answered."""

from __future__ import annotations

from time import perf_counter_ns
from typing import Final

from loadbench_gui.core.plan import Shard
from loadbench_gui.engine.issuer import Issuer
from loadbench_gui.engine.recorder import Recorder
from loadbench_gui.engine.transport.carrier import Carrier
from loadbench_gui.engine.transport.circuit import Circuit

FIRST_BACKOFF_S: Final = 0.002
LONGEST_BACKOFF_S: Final = 0.25


class ClosedIssuer(Issuer):
    """A fixed number of connections, each with one request at a time. `left` counts requests not yet drawn."""

    def __init__(self, shard: Shard, circuit: Circuit, recorder: Recorder) -> None:
        super().__init__(shard, circuit, recorder)
        self._backoff_s = [0.0] * shard.connections

    def start(self) -> None:
        """Set every connection going."""
        self._started = True
        if self._shard.requests_limit is None:
            self._circuit.until_ns = self._window.end_ns
        for connection in list(self.connections):
            self._next(connection)

    def halt(self) -> None:
        """Let each connection finish what it has."""
        self._halted = True
        self._circuit.until_ns = 0

    @property
    def exhausted(self) -> bool:
        """Whether the request limit is reached, or the window is over."""
        return self._halted or self._left <= 0

    @property
    def idle(self) -> bool:
        """Requests that wait for a connection to open count as in flight while a limit has drawn them."""
        return not any(c.sent_ns or (c.wanted and not self._halted) for c in self.connections)

    def issued(self) -> tuple[int, int]:
        """A request is drawn by being sent, or by its share of a limit: those that ended, fly or wait to connect."""
        ended, flying, waiting = self._recorder.ended, self._in_flight(), len(self._limited())
        return ended[0] + flying[0] + waiting, ended[1] + flying[1]

    def give_up(self, now_ns: int) -> None:
        """Censor what is in flight, and what a limit drew but no connection ever took."""
        self._abandon([c for c in self.connections if c.sent_ns] + self._limited(), now_ns)

    def opened(self, connection: Carrier) -> None:
        """Send the request that waited for this connection, if one did."""
        if not connection.wanted:
            return
        limited = self._waits_limited(connection)
        connection.wanted = False
        if connection.sent_ns:
            connection.send(connection.due_ns, connection.taken_ns, connection.sent_ns)
        elif self._may_send(now := perf_counter_ns()):
            if connection.due_ns < self._window.begin_ns <= now:
                # It began to wait during the warm-up, but counts as measured: it is one of the limit after all.
                if self._left <= 0:
                    return
                self._left -= 1
            connection.send(now, now, now)
        elif limited:
            self._recorder.censor([connection.due_ns], perf_counter_ns(), sent=False)

    def answered(self, connection: Carrier, now_ns: int) -> None:
        """Send the next request on the same connection."""
        self._backoff_s[connection.place] = 0.0
        self._next(connection)

    def spent(self, connection: Carrier, now_ns: int, *, faulty: bool) -> None:
        """Go on with a fresh connection; at a growing distance while it keeps failing."""
        fresh = self._replace(connection)
        if not faulty:
            self._backoff_s[connection.place] = 0.0
            self._next(fresh)
            return
        delay_s = self._backoff_s[connection.place]
        self._backoff_s[connection.place] = min(LONGEST_BACKOFF_S, max(FIRST_BACKOFF_S, 2 * delay_s))
        self._circuit.loop.call_later(delay_s, self._next, fresh)

    def closed(self, connection: Carrier, *, was_free: bool) -> None:
        """A connection was lost before it had a request."""
        fresh = self._replace(connection)
        if self._started:
            self._next(fresh)

    def _limited(self) -> list[Carrier]:
        return [c for c in self.connections if self._waits_limited(c)]

    def _waits_limited(self, connection: Carrier) -> bool:
        """Whether it is yet to open for a measured request of a limit. Without a limit, nobody would miss that."""
        if self._shard.requests_limit is None or not connection.wanted or connection.sent_ns:
            return False
        return self._window.begin_ns <= connection.due_ns < self._window.end_ns

    def _may_send(self, now_ns: int) -> bool:
        """Asked with the very clock reading that becomes the request's: a second look may lie beyond the window."""
        return not self._halted and now_ns < self._window.end_ns

    def _next(self, connection: Carrier) -> None:
        now = perf_counter_ns()
        if self._circuit.mixed and self._left > 0 and self._may_send(now):
            connection.load(*self._circuit.draw())
            now = perf_counter_ns()
        if not self._may_send(now) or self._left <= 0:
            return
        if now >= self._window.begin_ns:
            self._left -= 1
        if connection.is_open and connection.opening is None:
            connection.send(now, now, now)
        else:
            connection.want(now, now)
