"""Stopping: the one message that travels against the flow of data.

A `StopSignal` is set once, by Ctrl-C, TERM, the Stop button or a fault; whoever waits for something long waits for
it as well. What was measured until then is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class StopRequested(Exception):
    """The user asked to stop before anything was measured; no fault of anybody's."""


async def unless_stopped(work: Coroutine[Any, Any, T], stop: asyncio.Event) -> T:
    """Run `work`, but end it and raise `StopRequested` as soon as `stop` is set.

    The work is cancelled and awaited, so that its clean-up is over when this returns.
    """
    if stop.is_set():
        work.close()
        raise StopRequested
    task = asyncio.ensure_future(work)
    waiter = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({task, waiter}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise StopRequested
    finally:
        waiter.cancel()
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
