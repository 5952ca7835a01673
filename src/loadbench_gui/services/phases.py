"""The states that a load goes through, told in their order and on time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter_ns

from loadbench_gui.core.lifecycle import RunEvent
from loadbench_gui.core.plan import Load


class Phases:
    """Tells the states of a run in their order, on time."""

    def __init__(self, load: Load, on_state: Callable[[RunEvent], None]) -> None:
        self._offsets_s = (0.0, load.workload.warmup_s, load.workload.warmup_s + load.workload.duration_s)
        self._left = [RunEvent.FIRE, RunEvent.WARM, RunEvent.WINDOW_END, RunEvent.DRAINED]
        self._on_state = on_state
        self._timers: list[asyncio.TimerHandle] = []

    def begin(self, start_ns: int) -> None:
        """Tell FIRE, WARM and WINDOW_END when they come."""
        loop = asyncio.get_running_loop()
        ahead_s = (start_ns - perf_counter_ns()) / 1e9
        events = list(self._left[:3])
        for event, offset_s in zip(events, self._offsets_s, strict=True):
            self._timers.append(loop.call_later(max(0.0, ahead_s + offset_s), self._through, event))

    def complete(self) -> None:
        """Tell what has not been told: the run ended as planned, perhaps before its time."""
        self._through(RunEvent.DRAINED)

    def cancel(self) -> None:
        """Tell nothing more."""
        for timer in self._timers:
            timer.cancel()

    def _through(self, event: RunEvent) -> None:
        # Timers may fire out of order when two are due in the same millisecond.
        while event in self._left:
            self._on_state(self._left.pop(0))
