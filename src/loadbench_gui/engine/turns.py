"""Receive lag: how long bytes may wait in the kernel because the loop is busy with something else.

A turn of the loop starts with the first bytes it hands out and ends when it is about to wait again. Timing each
turn would cost as much as the requests do (each call_soon wakes the loop once more), so turns are sampled: after one
was timed the meter rests for `REST_NS`, then takes the first whole turn that starts. Our own work outside of turns
(folding, sending a snapshot) is offered to the same sampling, so that it weighs what it should.
"""

from __future__ import annotations

import asyncio
from time import perf_counter_ns
from typing import Final

REST_NS: Final = 2_000_000
NEVER: Final = 1 << 62


class TurnMeter:
    """Times a sample of the loop's turns. The hot path does `if now > meter.due_ns: meter.step(now)` and no more."""

    __slots__ = ("_began_ns", "_fresh", "_loop", "busy_ns", "due_ns")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._began_ns = 0
        self._fresh = False
        self.due_ns = 0
        self.busy_ns: list[int] = []

    def step(self, now_ns: int) -> None:
        """Start timing if this is the first event of a turn; otherwise wait for the next turn to start."""
        self.due_ns = NEVER
        if self._fresh:
            self._fresh = False
            self._began_ns = now_ns
            self._loop.call_soon(self._end)
        else:
            self._loop.call_soon(self._turn_starts)

    def add(self, began_ns: int, ended_ns: int) -> None:
        """Offer a stretch of our own work (folding, sending a snapshot): sampled like any other turn, no more often."""
        if began_ns > self.due_ns:
            self._fresh = False
            self.busy_ns.append(ended_ns - began_ns)
            self.due_ns = ended_ns + REST_NS

    def take(self) -> list[int]:
        """Return the busy times gathered since the last call, in nanoseconds."""
        taken, self.busy_ns = self.busy_ns, []
        return taken

    def _turn_starts(self) -> None:
        self._fresh = True
        self.due_ns = 0

    def _end(self) -> None:
        now = perf_counter_ns()
        self.busy_ns.append(now - self._began_ns)
        self.due_ns = now + REST_NS
