"""A run handed in from callbacks: nothing waits, nothing is lost, and the first failure is told once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from builders import make_run
from loadbench_gui.errors import EnvironmentFault
from loadbench_gui.store.recording import Recording
from loadbench_gui.store.store import Store


def test_everything_handed_in_is_stored_when_the_run_is_sealed(tmp_path: Path) -> None:
    run = make_run()
    failures: list[BaseException] = []

    async def main() -> None:
        async with await Store.open(tmp_path) as store:
            recording = Recording(store, run.label.run_id, failures.append)
            recording.begin(replace(run, intervals=(), target_samples=()))
            for interval in run.intervals:
                recording.interval(interval)
            recording.samples(run.target_samples)
            await recording.seal(replace(run, intervals=(), target_samples=()))
            assert await store.load_run(run.label.run_id) == run

    asyncio.run(main())
    assert failures == []


def test_the_first_failure_is_told_once_and_raised_when_the_run_is_sealed(tmp_path: Path) -> None:
    run = make_run()
    failures: list[BaseException] = []

    async def main() -> None:
        async with await Store.open(tmp_path) as store:
            recording = Recording(store, run.label.run_id, failures.append)
            recording.begin(replace(run, intervals=(), target_samples=()))
            await recording.settle()
            await store._thread.submit(lambda connection: connection.execute("PRAGMA max_page_count = 1"))
            for interval in run.intervals:
                recording.interval(interval)
            with pytest.raises(EnvironmentFault, match="no space left"):
                await recording.seal(run)
            recording.interval(run.intervals[0])

    asyncio.run(main())
    assert len(failures) == 1
    assert isinstance(failures[0], EnvironmentFault)
