"""A recording hands the same intervals to whoever watches and to the store, and ends the run when the disk does."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from builders import make_interval, make_run
from loadbench_gui.core.lifecycle import RunEvent, RunState
from loadbench_gui.core.run import Interval, Run, TargetSample
from loadbench_gui.core.snapshot import Tally
from loadbench_gui.errors import Bug
from loadbench_gui.services.events import Event, IntervalClosed, StateChanged, TargetSampled
from loadbench_gui.services.recording import Recording
from loadbench_gui.store.store import Store

QUARTERS = 10
BEGUN = replace(
    make_run(), intervals=(), target_samples=(), measured=Tally(), target=None, samples=(), sealed=False, duration_s=0.0
)


def quarter(index: int) -> Interval:
    return make_interval(np.random.default_rng(index), index, count=50, length_s=0.25)


def sample(t_s: float) -> TargetSample:
    return TargetSample(t_s, 3, 2, 1, 0.5, 1, 1)


def recorded(folder: Path, use: Callable[[Recording, Store], Awaitable[None]]) -> tuple[Recording, list[Event], Run]:
    """Record a run into a real history as `use` says; return what was emitted and what the history then holds."""
    events: list[Event] = []

    async def scenario() -> tuple[Recording, Run]:
        async with await Store.open(folder) as store:
            await store.begin_run(BEGUN)
            recording = Recording(BEGUN.label, store, events.append, lambda: None)
            recording.open()
            await use(recording, store)
            await recording.close()
            return recording, await store.load_run(BEGUN.label.run_id)

    recording, stored = asyncio.run(scenario())
    return recording, events, stored


def test_watchers_get_quarters_and_the_store_gets_seconds_of_the_same_counts(tmp_path: Path) -> None:
    async def use(recording: Recording, _: Store) -> None:
        for index in range(QUARTERS):
            recording.add_interval(quarter(index))

    recording, events, stored = recorded(tmp_path, use)
    live = [event.interval for event in events if isinstance(event, IntervalClosed)]
    assert len(live) == QUARTERS
    assert len(stored.intervals) == 3
    assert stored.measured.succeeded == sum(interval.measured.succeeded for interval in live)
    assert tuple(recording.intervals) == stored.intervals


def test_samples_from_before_the_start_move_onto_the_runs_axis(tmp_path: Path) -> None:
    async def use(recording: Recording, _: Store) -> None:
        recording.add_target_sample(sample(0.1))
        recording.shift_samples(-0.6)
        recording.add_target_sample(sample(0.4))

    recording, events, stored = recorded(tmp_path, use)
    assert [s.t_s for s in recording.target_samples] == pytest.approx([-0.5, 0.4])
    assert [s.t_s for s in stored.target_samples] == pytest.approx([-0.5, 0.4])
    assert sum(isinstance(event, TargetSampled) for event in events) == 2


def test_the_states_follow_the_table(tmp_path: Path) -> None:
    async def use(recording: Recording, _: Store) -> None:
        recording.advance(RunEvent.START, "starting")
        with pytest.raises(Bug):
            recording.advance(RunEvent.DRAINED)

    _, events, _ = recorded(tmp_path, use)
    (changed,) = events
    assert isinstance(changed, StateChanged)
    assert (changed.state, changed.detail) == (RunState.STARTING, "starting")


def test_a_store_that_can_take_no_more_ends_the_run_once(tmp_path: Path) -> None:
    faults: list[bool] = []

    async def scenario() -> Recording:
        async with await Store.open(tmp_path) as store:
            await store.begin_run(BEGUN)
            with closing(sqlite3.connect(store.path)) as other, other:
                other.execute("DROP TABLE intervals")
            recording = Recording(BEGUN.label, store, lambda event: None, lambda: faults.append(True))
            recording.open()
            for index in range(QUARTERS):
                recording.add_interval(quarter(index))
            await recording.close()
            return recording

    recording = asyncio.run(scenario())
    assert recording.fault is not None
    assert faults == [True]
    assert len(recording.intervals) == 3
