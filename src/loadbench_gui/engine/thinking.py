"""The closed loop whose users think: each sends its next request a pause after its last one was answered.

A pause ends at a moment that is known beforehand, so these requests have a due time, and what lies between it and the
sending is recorded like in an open loop. One alarm serves all pauses: it is set to the one that ends first.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from time import perf_counter_ns

from loadbench_gui.core.plan import ClosedLoad, Shard
from loadbench_gui.core.thinking import pauses
from loadbench_gui.engine.closed_loop import FIRST_BACKOFF_S, LONGEST_BACKOFF_S
from loadbench_gui.engine.issuer import Issuer
from loadbench_gui.engine.kernel_timer import alarm, lead_ns
from loadbench_gui.engine.recorder import Recorder
from loadbench_gui.engine.transport.carrier import Carrier
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.turns import NEVER


class ThinkingIssuer(Issuer):
    """A fixed number of users, each with a connection, one request at a time, and pauses of its own.

    _pausing: a heap of (when the pause ends, whose). Those who are in it have no request, and nothing is censored.
    """

    def __init__(self, shard: Shard, circuit: Circuit, recorder: Recorder) -> None:
        super().__init__(shard, circuit, recorder)
        shape = shard.load.workload.shape
        assert isinstance(shape, ClosedLoad)
        seed, users = shard.load.seed, shape.connections
        self._pauses = [
            pauses(shape, seed, shard.index + place * shard.count, users) for place in range(shard.connections)
        ]
        self._pausing: list[tuple[int, int]] = []
        self._backoff_ns = [0] * shard.connections
        self._set_ns = NEVER
        self._alarm = alarm(circuit.loop, self._ring, lead_ns(shard.connections / shape.think_s))

    def start(self) -> None:
        """Let every user think before its first request."""
        self._started = True
        start_ns = self._window.start_ns
        self._pausing = [(start_ns + next(pause), place) for place, pause in enumerate(self._pauses)]
        heapify(self._pausing)
        self._arm()

    def halt(self) -> None:
        """End all thinking: a request that is due by now still counts."""
        if self._started and not self._halted:
            self._wake()
        self._halted = True
        self._pausing.clear()
        self._alarm.close()

    @property
    def exhausted(self) -> bool:
        """Whether the request limit is reached, or the window is over."""
        return self._halted or self._left <= 0

    @property
    def idle(self) -> bool:
        """Whether no request is in flight or waits for its connection to open."""
        return not self._held()

    @property
    def spun_ns(self) -> int:
        """Time spent in looks at the clock that found nothing to do."""
        return self._alarm.spun_ns

    def issued(self) -> tuple[int, int]:
        """A request is drawn when its pause ends, so: those that ended, and those under way."""
        ended, begin, end = self._recorder.ended, self._window.begin_ns, self._window.end_ns
        due = [connection.due_ns for connection in self._held()]
        measured = sum(begin <= due_ns < end for due_ns in due)
        return ended[0] + measured, ended[1] + len(due) - measured

    def give_up(self, now_ns: int) -> None:
        """Censor what waits for a connection or is in flight."""
        self._abandon(self._held(), now_ns)

    def opened(self, connection: Carrier) -> None:
        """Send the request that waited for this connection, if one did."""
        if connection.wanted:
            connection.wanted = False
            connection.send(connection.due_ns, connection.taken_ns, connection.sent_ns or perf_counter_ns())

    def answered(self, connection: Carrier, now_ns: int) -> None:
        """Let the user think."""
        self._backoff_ns[connection.place] = 0
        self._think(connection.place, now_ns)

    def spent(self, connection: Carrier, now_ns: int, *, faulty: bool) -> None:
        """Let the user think, and go on with a fresh connection; at a growing distance while it keeps failing."""
        place = connection.place
        self._replace(connection)
        shortest_ns = self._backoff_ns[place] if faulty else 0
        grown_ns = max(round(FIRST_BACKOFF_S * 1e9), 2 * shortest_ns)
        self._backoff_ns[place] = min(round(LONGEST_BACKOFF_S * 1e9), grown_ns) if faulty else 0
        self._think(place, now_ns, shortest_ns)

    def closed(self, connection: Carrier, *, was_free: bool) -> None:
        """A connection was lost while its user was thinking: the next request opens a fresh one."""
        self._replace(connection)

    def _held(self) -> list[Carrier]:
        return [c for c in self.connections if c.sent_ns or c.wanted]

    def _think(self, place: int, now_ns: int, shortest_ns: int = 0) -> None:
        if self.exhausted:
            return
        heappush(self._pausing, (now_ns + max(shortest_ns, next(self._pauses[place])), place))
        if self._pausing[0][0] <= now_ns:
            self._wake()
        if self._pausing and self._pausing[0][0] < self._set_ns:
            self._arm()

    def _wake(self) -> None:
        """Take up every request whose pause is over."""
        now = perf_counter_ns()
        while self._pausing and self._pausing[0][0] <= now:
            due_ns, place = heappop(self._pausing)
            if due_ns < self._window.end_ns and self._left > 0:
                self._take_up(self.connections[place], due_ns, now)
            now = perf_counter_ns()
        if now > self._circuit.turns.due_ns:
            self._circuit.turns.step(now)

    def _take_up(self, connection: Carrier, due_ns: int, now_ns: int) -> None:
        if due_ns >= self._window.begin_ns:
            self._left -= 1
        sent_ns = now_ns
        if self._circuit.mixed:
            connection.load(*self._circuit.draw())
            sent_ns = perf_counter_ns()
        if connection.is_open and connection.opening is None:
            connection.send(due_ns, now_ns, sent_ns)
        else:
            connection.want(due_ns, now_ns)

    def _ring(self) -> None:
        self._set_ns = NEVER
        if not self._halted:
            self._wake()
            self._arm()

    def _arm(self) -> None:
        if self._pausing and not self._halted:
            self._set_ns = self._pausing[0][0]
            self._alarm.set(self._set_ns)
