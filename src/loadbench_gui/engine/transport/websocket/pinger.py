"""Pings all open connections of a shard in turn, each at its interval, by one timer for all of them.

The same timer finds the pings that are not answered in time: ten thousand connections are not looked through for them.
"""

from __future__ import annotations

import asyncio
from heapq import heapify, heappop, heappush
from time import perf_counter_ns
from typing import Final, Protocol

_SHORTEST_S: Final = 0.002
"""Between two looks; where pings are due more often, several leave at once."""

_GOLDEN: Final = 0.6180339887498949
"""Its multiples, taken modulo 1, spread over the interval evenly, however many there are."""

_FEW: Final = 64
"""So many closed connections may be kept whatever their share is."""


class Pingable(Protocol):
    """A connection."""

    @property
    def is_open(self) -> bool:
        """Whether it can be pinged, now or ever again."""

    @property
    def waits_since_ns(self) -> int:
        """When the oldest ping was sent that is not answered yet; 0: all are."""

    def ping(self, now_ns: int) -> None:
        """Send a ping."""

    def expire_pings(self, before_ns: int, now_ns: int) -> None:
        """Give up the pings that were sent up to `before_ns`; this may end it."""


class Pinger:
    """_waiting: a heap of (when to look, its number, when its next ping is due, which). _added: how many so far.

    _closed: how many of them have probably ended.
    """

    __slots__ = ("_added", "_closed", "_every_ns", "_loop", "_rests", "_timeout_ns", "_timer", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop, every_s: float, timeout_s: float) -> None:
        self._loop = loop
        self._every_ns = round(every_s * 1e9)
        self._timeout_ns = round(timeout_s * 1e9)
        self._waiting: list[tuple[int, int, int, Pingable]] = []
        self._added = self._closed = 0
        self._rests = False
        self._timer: asyncio.TimerHandle | None = None

    def add(self, connection: Pingable) -> None:
        """Ping a fresh connection, first at a moment of its own within one interval. It is let go of when met closed.

        Those that were opened together would be pinged together for ever.
        """
        self._added += 1
        due_ns = perf_counter_ns() + round(self._every_ns * (self._added * _GOLDEN % 1.0))
        heappush(self._waiting, (due_ns, self._added, due_ns, connection))
        if self._waiting[0][0] == due_ns:
            self._arm()

    def discard(self) -> None:
        """One has ended. Where many come and go, they are not kept until their pings would have been due."""
        self._closed += 1
        if self._closed > _FEW and 2 * self._closed > len(self._waiting):
            self._closed = 0
            self._waiting = [entry for entry in self._waiting if entry[3].is_open]
            heapify(self._waiting)

    def rest(self) -> None:
        """Send no more pings; those under way are still waited for."""
        self._rests = True

    def close(self) -> None:
        """Ping nobody any more."""
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _ring(self) -> None:
        now = perf_counter_ns()
        while self._waiting and self._waiting[0][0] <= now:
            _, number, due_ns, connection = heappop(self._waiting)
            self._look_at(connection, number, due_ns, now)
        self._arm()

    def _look_at(self, connection: Pingable, number: int, due_ns: int, now: int) -> None:
        since_ns = connection.waits_since_ns
        if since_ns and since_ns + self._timeout_ns <= now:
            connection.expire_pings(now - self._timeout_ns, now)
        if not connection.is_open:
            self._closed = max(0, self._closed - 1)
            return
        if due_ns <= now and not self._rests:
            connection.ping(perf_counter_ns())
            due_ns = max(due_ns, now - self._every_ns) + self._every_ns
        since_ns = connection.waits_since_ns
        if since_ns and (self._rests or since_ns + self._timeout_ns < due_ns):
            heappush(self._waiting, (since_ns + self._timeout_ns, number, due_ns, connection))
        elif not self._rests:
            heappush(self._waiting, (due_ns, number, due_ns, connection))

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            ahead_s = (self._waiting[0][0] - perf_counter_ns()) / 1e9
            self._timer = self._loop.call_later(max(_SHORTEST_S, ahead_s), self._ring)
