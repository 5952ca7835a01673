"""Opens many connections, a bounded number at a time, and those that were lost again, at a growing distance.

Ten thousand at once would overflow the server's queue of those that knock, and each that is turned away there knocks
again only a second later. A few at a time are as fast, and take as long as the server needs.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

AT_ONCE: Final = 64
FIRST_BACKOFF_S: Final = 0.01
LONGEST_BACKOFF_S: Final = 1.0
_FORGIVEN_AFTER_S: Final = 2.0
"""A connection that lasted this long has nothing to do with how often it was lost before."""


class Opener:
    """Asks `open_place` to open connections; is told of each when it is open, or when it is not going to be.

    A place is asked for once at a time; `stop` ends all asking.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, open_place: Callable[[int], None]) -> None:
        self._loop = loop
        self._open_place = open_place
        self._waiting: deque[int] = deque()
        self._under_way: set[int] = set()
        self._untried: set[int] = set()
        # Of those that were lost: how long the next one waits, and since when.
        self._backoff_s: dict[int, tuple[float, float]] = {}
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._settled = asyncio.Event()
        self._opened = 0
        self._pumping = self._stopped = False

    def ask(self, place: int) -> None:
        """Open this place when its turn comes."""
        if not self._stopped:
            self._waiting.append(place)
            self._pump()

    def ask_again(self, place: int) -> None:
        """Open it anew, the later the more often it was lost lately; also one that opens and is lost at once."""
        if self._stopped or place in self._timers:
            return
        now_s = self._loop.time()
        delay_s, since_s = self._backoff_s.get(place, (0.0, now_s))
        if now_s - since_s > delay_s + _FORGIVEN_AFTER_S:
            delay_s = 0.0
        self._backoff_s[place] = min(LONGEST_BACKOFF_S, max(FIRST_BACKOFF_S, 2 * delay_s)), now_s
        self._timers[place] = self._loop.call_later(delay_s, self._is_time, place)

    def is_open(self, place: int) -> None:
        """It is open."""
        self._opened += 1
        self._settle(place)

    def is_not_open(self, place: int) -> None:
        """It could not be opened."""
        self._settle(place)

    async def open_all(self, places: range, patience_s: float) -> None:
        """Open them and wait until each was tried, as long as one opens every `patience_s`."""
        self._untried = set(places)
        for place in places:
            self._waiting.append(place)
        self._pump()
        opened = -1
        while self._untried and opened != self._opened and not self._stopped:
            opened = self._opened
            await self._until_tried(patience_s)

    def stop(self) -> None:
        """Open nothing any more."""
        self._stopped = True
        self._waiting.clear()
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._settled.set()

    async def _until_tried(self, patience_s: float) -> None:
        try:
            async with asyncio.timeout(patience_s):
                while self._untried and not self._stopped:
                    self._settled.clear()
                    await self._settled.wait()
        except TimeoutError:
            pass

    def _is_time(self, place: int) -> None:
        del self._timers[place]
        self.ask(place)

    def _settle(self, place: int) -> None:
        self._under_way.discard(place)
        self._untried.discard(place)
        if not self._untried:
            self._settled.set()
        self._pump()

    def _pump(self) -> None:
        """Begin what may begin. What fails within its own beginning comes back here: the outer one goes on."""
        if self._pumping:
            return
        self._pumping = True
        try:
            while self._waiting and len(self._under_way) < AT_ONCE and not self._stopped:
                place = self._waiting.popleft()
                self._under_way.add(place)
                self._open_place(place)
        finally:
            self._pumping = False
