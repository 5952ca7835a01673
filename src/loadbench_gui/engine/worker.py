"""A worker process: one shard in, frames out. It starts lean: no window, no store, no profile reader.

It must never outlive the application: the control pipe is read by a thread of its own, and its end of file ends the
process at once, even when the loop is stuck; on Linux the kernel also kills it with its parent.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection as Pipe
from queue import SimpleQueue
from typing import Any, Final

from loadbench_gui.core.plan import Shard
from loadbench_gui.engine import wire
from loadbench_gui.engine.runner import ShardRun
from loadbench_gui.engine.transport.dial import NotOpened

_PR_SET_PDEATHSIG: Final = 1
_TELL_S: Final = 1.0


def main(shard: Shard, pipe: Pipe, parent: int, *, spin: bool) -> None:
    """Run one shard to its end. parent: the application's process id."""
    _die_with(parent)
    _ignore_terminal_signals()
    _pin(shard.cpu)
    _raise_file_limit()
    outbox: SimpleQueue[bytes | None] = SimpleQueue()
    sender = threading.Thread(target=_send_all, args=(pipe, outbox), daemon=True, name="frames out")
    sender.start()
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_serve(shard, pipe, outbox, spin=spin))
    except Exception as problem:
        last = traceback.extract_tb(problem.__traceback__)[-1]
        outbox.put(wire.encode(wire.Fault(f"{type(problem).__name__}: {problem} ({last.name}, line {last.lineno})")))
    outbox.put(None)
    sender.join()


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """Return what makes the fastest event loop of this platform."""
    try:
        if sys.platform == "win32":
            import winloop

            return winloop.new_event_loop
        import uvloop

        return uvloop.new_event_loop
    except ImportError:
        return asyncio.new_event_loop


async def _serve(shard: Shard, pipe: Pipe, outbox: SimpleQueue[bytes | None], *, spin: bool) -> None:
    loop = asyncio.get_running_loop()
    start: asyncio.Future[int] = loop.create_future()
    run = ShardRun(shard, lambda snapshot: outbox.put(wire.encode(snapshot)), spin=spin)
    loop.set_exception_handler(_failing(run))

    def obey(message: wire.Message) -> None:
        match message:
            case wire.Begin(start_ns):
                if not start.done():
                    start.set_result(start_ns)
            case wire.Halt(at_ns):
                run.halt(at_ns)
            case _:
                pass

    listener = threading.Thread(target=_listen, args=(pipe, loop, obey), daemon=True, name="control in")
    listener.start()
    telling = loop.create_task(_tell_how_it_gets_on(run, outbox))
    await run.prepare()
    telling.cancel()
    outbox.put(wire.encode(wire.Ready()))
    last_ns = await run.run(await start)
    outbox.put(wire.encode(wire.Finished(last_ns)))


async def _tell_how_it_gets_on(run: ShardRun, outbox: SimpleQueue[bytes | None]) -> None:
    """Say again and again how many connections were opened so far: ten thousand of a slow server take minutes."""
    while True:
        await asyncio.sleep(_TELL_S)
        outbox.put(wire.encode(wire.Opening(run.opened)))


def _failing(run: ShardRun) -> Callable[[asyncio.AbstractEventLoop, dict[str, Any]], None]:
    """Return a handler for what a callback raised: figures that come after it are not worth having.

    What the network did to a connection is told to the loop as well, and is its protocol's to count.
    """

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        problem = context.get("exception")
        if isinstance(problem, Exception) and not isinstance(problem, (OSError, NotOpened)):
            run.fail(problem)
        else:
            loop.default_exception_handler(context)

    return handle


def _listen(pipe: Pipe, loop: asyncio.AbstractEventLoop, obey: Callable[[wire.Message], None]) -> None:
    while True:
        try:
            message = wire.decode(pipe.recv_bytes(wire.LONGEST_FRAME))
            loop.call_soon_threadsafe(obey, message)
        except RuntimeError:
            return  # the loop has ended: nobody is left to obey
        except (EOFError, OSError, wire.WireError):
            # Nobody is there, or nobody who makes sense: a worker that cannot be stopped must not go on.
            os._exit(1)


def _send_all(pipe: Pipe, outbox: SimpleQueue[bytes | None]) -> None:
    while (frame := outbox.get()) is not None:
        try:
            pipe.send_bytes(frame)
        except OSError:
            os._exit(1)


def _pin(cpu: int | None) -> None:
    if cpu is not None and sys.platform == "linux":
        os.sched_setaffinity(0, {cpu})


def _raise_file_limit() -> None:
    """Allow as many connections as the system lets a process ask for."""
    if sys.platform != "win32":
        import resource

        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _die_with(parent: int) -> None:
    """Ask the kernel to kill this process with its parent, and end if the parent has gone already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _ignore_terminal_signals() -> None:
    """What a terminal or `timeout` sends reaches the whole process group; how to end is the application's decision."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
