"""Waiting for blocking work without blocking the loop, whatever loop it is.

Executors differ between asyncio and qasync, and both wait for their threads when the program ends. These threads are
daemons of their own: a server that hangs while it starts cannot keep the window from closing.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar, TypeVarTuple, Unpack

P = ParamSpec("P")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")


def call_on_loop(loop: asyncio.AbstractEventLoop, function: Callable[[Unpack[Ts]], object], *args: *Ts) -> None:
    """Call `function` on the loop from a thread; a loop that is closed already is no error."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(function, *args)


def start_in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
    """Run `function` in a daemon thread. Cancelling the future does not stop the thread."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def succeed(result: T) -> None:
        if not future.done():
            future.set_result(result)

    def fail(error: BaseException) -> None:
        if not future.done():
            future.set_exception(error)

    def work() -> None:
        try:
            result = function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001, RUF100 - carried over to whoever awaits
            call_on_loop(loop, fail, error)
        else:
            call_on_loop(loop, succeed, result)

    threading.Thread(target=work, name=f"loadbench {function.__name__}", daemon=True).start()
    return future


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Await `function` run in a daemon thread."""
    return await start_in_thread(function, *args, **kwargs)
