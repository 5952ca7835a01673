"""Pings all open connections of a shard in turn, each at its interval, by one timer for all of them."""

from __future__ import annotations

import asyncio
from collections import deque
from time import perf_counter_ns
from typing import Final, Protocol

_SHORTEST_S: Final = 0.002
"""Between two looks; where pings are due more often, several leave at once."""


class Pingable(Protocol):
    """A connection."""

    @property
    def is_open(self) -> bool:
        """Whether it can be pinged, now or ever again."""

    def ping(self, now_ns: int) -> None:
        """Send a ping."""


class Pinger:
    """_waiting: (when its next ping is due, which), in the order of those times since all have the same interval."""

    __slots__ = ("_every_ns", "_loop", "_timer", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop, every_s: float) -> None:
        self._loop = loop
        self._every_ns = round(every_s * 1e9)
        self._waiting: deque[tuple[int, Pingable]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, connection: Pingable) -> None:
        """Ping a fresh connection from one interval on. It is let go of when it is met closed."""
        self._waiting.append((perf_counter_ns() + self._every_ns, connection))
        if self._timer is None:
            self._arm()

    def close(self) -> None:
        """Ping nobody any more."""
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _ring(self) -> None:
        self._timer = None
        now = perf_counter_ns()
        while self._waiting and self._waiting[0][0] <= now:
            due_ns, connection = self._waiting.popleft()
            if connection.is_open:
                connection.ping(perf_counter_ns())
                # From when it was due, so that those that left together do not stay together for ever.
                self._waiting.append((max(due_ns, now - self._every_ns) + self._every_ns, connection))
        self._arm()

    def _arm(self) -> None:
        if self._waiting:
            ahead_s = (self._waiting[0][0] - perf_counter_ns()) / 1e9
            self._timer = self._loop.call_later(max(_SHORTEST_S, ahead_s), self._ring)
