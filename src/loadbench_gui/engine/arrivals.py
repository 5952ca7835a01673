"""The arrivals of one shard in an open loop: which one is next, how many were drawn, and what is left when it ends."""

from __future__ import annotations

from collections.abc import Iterator

from loadbench_gui.core.pacing import CHUNK, arrivals
from loadbench_gui.core.plan import OpenLoad, Shard
from loadbench_gui.engine.recorder import Window
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.turns import NEVER


class Arrivals:
    """`Circuit.issue_ns` always is when the next one is due, so that connections can look at it too.

    measured, others: how many were drawn. until_ns: none that is due later than this is drawn: when the load was
    halted. _left: how many measured ones a request limit still allows.
    """

    __slots__ = ("_begin_ns", "_chunks", "_circuit", "_due", "_left", "_start_ns", "measured", "others", "until_ns")

    def __init__(self, circuit: Circuit, limit: int) -> None:
        self._circuit = circuit
        self._left = limit
        self._chunks: Iterator[list[int]] = iter(())
        self._due: Iterator[int] = iter(())
        self._start_ns = self._begin_ns = 0
        self.measured = self.others = 0
        self.until_ns = NEVER

    def start(self, shape: OpenLoad, shard: Shard, window: Window) -> None:
        """Draw the first ones."""
        horizon_ns = window.end_ns - window.start_ns
        self._chunks = arrivals(shape, shard.load.seed, horizon_ns, shard.index, shard.count)
        self._start_ns, self._begin_ns = window.start_ns, window.begin_ns
        self._circuit.issue_ns = self._next_chunk() if self._left > 0 else NEVER

    def advance(self) -> int:
        """Count the one that is due as drawn, move on to the next, and return when that is due."""
        circuit = self._circuit
        if circuit.issue_ns < self._begin_ns:
            self.others += 1
        else:
            self.measured += 1
            self._left -= 1
            if self._left <= 0:
                circuit.issue_ns = NEVER
                return NEVER
        due_ns = next(self._due, 0) or self._next_chunk()
        circuit.issue_ns = due_ns
        return due_ns

    def rest(self, last_ns: int) -> Iterator[list[int]]:
        """Draw all that is due up to `last_ns`, and yield when, in lists of a bounded length."""
        due_ns = self._circuit.issue_ns
        while due_ns <= last_ns:
            waiting: list[int] = []
            while due_ns <= last_ns and len(waiting) < CHUNK:
                waiting.append(due_ns)
                due_ns = self.advance()
            yield waiting

    def end(self) -> None:
        """Draw nothing any more."""
        self._circuit.issue_ns = NEVER

    def _next_chunk(self) -> int:
        start_ns = self._start_ns
        self._due = iter([start_ns + offset for offset in next(self._chunks, ())])
        return next(self._due, NEVER)
