"""Stopping ends what takes long, and only when its clean-up is over."""

from __future__ import annotations

import asyncio

import pytest

from loadbench_gui.services.stopping import StopRequested, unless_stopped


def test_work_that_ends_first_gives_its_result() -> None:
    async def work() -> int:
        return 7

    assert asyncio.run(unless_stopped(work(), asyncio.Event())) == 7


def test_a_failure_of_the_work_is_its_own() -> None:
    async def work() -> int:
        raise OSError("mine")

    with pytest.raises(OSError, match="mine"):
        asyncio.run(unless_stopped(work(), asyncio.Event()))


def test_a_stop_ends_the_work_and_waits_for_its_clean_up() -> None:
    cleaned = []

    async def scenario() -> None:
        stop, begun = asyncio.Event(), asyncio.Event()

        async def work() -> None:
            try:
                begun.set()
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                cleaned.append(True)

        task = asyncio.ensure_future(unless_stopped(work(), stop))
        await begun.wait()
        stop.set()
        await task

    with pytest.raises(StopRequested):
        asyncio.run(scenario())
    assert cleaned == [True]


def test_nothing_is_begun_after_a_stop() -> None:
    begun = []

    async def scenario() -> None:
        stop = asyncio.Event()
        stop.set()

        async def work() -> None:
            begun.append(True)

        await unless_stopped(work(), stop)

    with pytest.raises(StopRequested):
        asyncio.run(scenario())
    assert begun == []
