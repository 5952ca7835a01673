"""Pings all open connections of a shard in turn, each at its interval, by one timer for all of them."""

from __future__ import annotations

import asyncio
from heapq import heappop, heappush, heapreplace
from time import perf_counter_ns
from typing import Final, Protocol

_SHORTEST_S: Final = 0.002
"""Between two looks; where pings are due more often, several leave at once."""

_GOLDEN: Final = 0.6180339887498949
"""Its multiples, taken modulo 1, spread over the interval evenly, however many there are."""


class Pingable(Protocol):
    """A connection."""

    @property
    def is_open(self) -> bool:
        """Whether it can be pinged, now or ever again."""

    def ping(self, now_ns: int) -> None:
        """Send a ping."""


class Pinger:
    """_waiting: a heap of (when its next ping is due, its number, which). _added: how many were added so far."""

    __slots__ = ("_added", "_every_ns", "_loop", "_timer", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop, every_s: float) -> None:
        self._loop = loop
        self._every_ns = round(every_s * 1e9)
        self._waiting: list[tuple[int, int, Pingable]] = []
        self._added = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, connection: Pingable) -> None:
        """Ping a fresh connection, first at a moment of its own within one interval. It is let go of when met closed.

        Those that were opened together would be pinged together for ever.
        """
        self._added += 1
        due_ns = perf_counter_ns() + round(self._every_ns * (self._added * _GOLDEN % 1.0))
        heappush(self._waiting, (due_ns, self._added, connection))
        if self._waiting[0][0] == due_ns:
            self._arm()

    def close(self) -> None:
        """Ping nobody any more."""
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _ring(self) -> None:
        now = perf_counter_ns()
        while self._waiting and self._waiting[0][0] <= now:
            due_ns, number, connection = self._waiting[0]
            if connection.is_open:
                connection.ping(perf_counter_ns())
                heapreplace(self._waiting, (max(due_ns, now - self._every_ns) + self._every_ns, number, connection))
            else:
                heappop(self._waiting)
        self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            ahead_s = (self._waiting[0][0] - perf_counter_ns()) / 1e9
            self._timer = self._loop.call_later(max(_SHORTEST_S, ahead_s), self._ring)
