"""One run's measurements on their way out: to whoever watches, and to the store.

Both sinks get the same closed intervals; the store gets them merged to one second. Writing never holds up the
measurement: the store has a thread of its own, and the first write that fails ends the run with what was measured.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.lifecycle import RunEvent, RunState, advance
from loadbench_gui.core.run import Interval, RunLabel, TargetSample
from loadbench_gui.core.timeline import MOST_INTERVALS, BoundedTimeline, Coarsener
from loadbench_gui.errors import Bug, LoadbenchError
from loadbench_gui.services.events import (
    Emit,
    GeneratorDoubted,
    GeneratorSampled,
    IntervalClosed,
    StateChanged,
    TargetSampled,
)
from loadbench_gui.store.store import Store

STORED_INTERVAL_S = 1.0


class Recording:
    """Gathers one run: `on_fault` is called once, when the store cannot take any more."""

    def __init__(self, label: RunLabel, store: Store, emit: Emit, on_fault: Callable[[], None]) -> None:
        self.label = label
        self.state = RunState.PLANNED
        self.target_samples: list[TargetSample] = []
        self.fault: LoadbenchError | None = None
        self._store = store
        self._emit = emit
        self._on_fault = on_fault
        self._coarsener = Coarsener(STORED_INTERVAL_S)
        self._timeline = BoundedTimeline(MOST_INTERVALS, STORED_INTERVAL_S)
        self._unsent_samples: list[TargetSample] = []
        self._writes: set[asyncio.Future[None]] = set()
        self._open = False

    @property
    def intervals(self) -> list[Interval]:
        """What has been measured: a second each, and longer ones where the run is long; all once `close` has ended."""
        return self._timeline.intervals

    def open(self) -> None:
        """Start writing: the store has the run's header by now."""
        self._open = True

    def advance(self, event: RunEvent, detail: str = "") -> None:
        """Move the run on by the table of `core.lifecycle` and say so."""
        self.state = advance(self.state, event)
        self._emit(StateChanged(self.label, self.state, detail))

    def add_interval(self, interval: Interval) -> None:
        """Take one live interval."""
        self._emit(IntervalClosed(self.label, interval))
        merged = self._coarsener.add(interval)
        if merged is not None:
            self._keep(merged)

    def add_caveat(self, caveat: Caveat) -> None:
        """Take a doubt that arose while the run goes on."""
        self._emit(GeneratorDoubted(self.label, caveat))

    def add_target_sample(self, sample: TargetSample) -> None:
        """Take one look at the server's process tree, on the run's time axis."""
        self.target_samples.append(sample)
        self._unsent_samples.append(sample)
        self._emit(TargetSampled(self.label, sample))

    def add_generator_sample(self, sample: TargetSample) -> None:
        """Take one look at the generator's own processes; shown, not stored."""
        self._emit(GeneratorSampled(self.label, sample))

    def shift_samples(self, by_s: float) -> None:
        """Move samples taken before the common start was known onto the run's time axis."""
        self.target_samples = [replace(sample, t_s=sample.t_s + by_s) for sample in self.target_samples]
        self._unsent_samples = list(self.target_samples)

    async def close(self) -> None:
        """Write what is left and wait until it is on disk, or has failed."""
        for merged in self._coarsener.flush():
            self._keep(merged)
        self._timeline.flush()
        if self._open and self._unsent_samples and self.fault is None:
            self._follow(self._store.append_target_samples(self.label.run_id, self._take_samples()))
        await asyncio.gather(*self._writes, return_exceptions=True)

    def _keep(self, merged: Interval) -> None:
        self._timeline.add(merged)
        if not self._open or self.fault is not None:
            return
        self._follow(self._store.append_interval(self.label.run_id, merged))
        if self._unsent_samples:
            self._follow(self._store.append_target_samples(self.label.run_id, self._take_samples()))

    def _take_samples(self) -> tuple[TargetSample, ...]:
        samples, self._unsent_samples = tuple(self._unsent_samples), []
        return samples

    def _follow(self, write: asyncio.Future[None]) -> None:
        self._writes.add(write)
        write.add_done_callback(self._written)

    def _written(self, write: asyncio.Future[None]) -> None:
        self._writes.discard(write)
        problem = None if write.cancelled() else write.exception()
        if problem is None or self.fault is not None:
            return
        self.fault = problem if isinstance(problem, LoadbenchError) else Bug(f"the history failed: {problem!r}")
        self._on_fault()
