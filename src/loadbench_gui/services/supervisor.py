"""Starts worker processes, reads their pipes, and notices when one dies.

One thread per pipe reads frames and hands them to the loop; the end of the file is the crash signal. Nothing here
blocks the loop, and it works on asyncio and on the window's loop alike. Workers are daemons, watch their pipe, and
die with this process.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection as Pipe
from multiprocessing.context import SpawnProcess
from typing import Final

from loadbench_gui.core.plan import Shard
from loadbench_gui.deploy.standing import standing
from loadbench_gui.engine import wire
from loadbench_gui.engine.worker import main
from loadbench_gui.errors import EnvironmentFault, LoadbenchError

KILL_AFTER_S: Final = 2.0


class Worker:
    """One worker process and the thread that reads its pipe.

    on_message and on_end are called on the loop; on_end exactly once, with the process's last words, when nothing
    more will come.
    """

    def __init__(
        self, shard: Shard, *, spin: bool, on_message: Callable[[wire.Message], None], on_end: Callable[[str], None]
    ) -> None:
        self.shard = shard
        self._on_message = on_message
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe(duplex=True)
        self._process: SpawnProcess = context.Process(
            target=main,
            args=(shard, theirs, os.getpid()),
            kwargs={"spin": spin},
            daemon=True,
            name=f"loadbench worker {shard.index}",
        )
        self._fault = ""
        self._refused = False
        self.ended = asyncio.Event()
        try:
            standing.start_process(self._process.start)
        except OSError as problem:
            self._pipe.close()
            raise EnvironmentFault(
                f"A generator process could not be started: {problem}",
                "Free memory or processes (see `ulimit -u`), or use --engine in-app.",
            ) from problem
        finally:
            theirs.close()
        threading.Thread(target=self._read, args=(self._pipe,), daemon=True, name="frames in").start()

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid or 0

    def send(self, message: wire.Message) -> None:
        """Tell the worker; one that has died is not an error here, its end is reported on its own."""
        with suppress(OSError):
            self._pipe.send_bytes(wire.encode(message))

    async def close(self) -> None:
        """Make sure that the process is gone. One that does not end by itself is killed."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.ended.wait(), KILL_AFTER_S)
        if not self.ended.is_set():
            self.kill()
            await self.ended.wait()
        self._pipe.close()

    def kill(self) -> None:
        """End the process now."""
        if not self.ended.is_set() and self._process.is_alive():
            self._process.kill()

    def _read(self, pipe: Pipe) -> None:
        """Thread: frames to the loop until the end of the file, then wait for the process."""
        problem = ""
        try:
            while True:
                self._hand_over(self._take, wire.decode(pipe.recv_bytes(wire.LONGEST_FRAME)))
        except wire.WireError as damaged:
            problem = damaged.message
            self._process.kill()
        except (EOFError, OSError):
            pass
        self._process.join()
        self._hand_over(self._end, problem)

    def _hand_over(self, call: Callable[..., None], *args: object) -> None:
        with suppress(RuntimeError):  # the loop was closed: nobody is interested any more
            self._loop.call_soon_threadsafe(call, *args)

    def _take(self, message: wire.Message) -> None:
        """Hand a message on. A worker whose words make no sense is ended: its share is lost now, not at some limit."""
        if self._refused:
            return
        if isinstance(message, wire.Fault):
            self._fault = message.text
            return
        try:
            self._on_message(message)
        except LoadbenchError as problem:
            self._refuse(problem.message)
        except Exception as problem:
            # A mistake of ours: what it leaves undone would be waited for without end.
            self._refuse(f"{type(problem).__name__}: {problem}")

    def _refuse(self, why: str) -> None:
        self._refused, self._fault = True, why
        self.kill()

    def _end(self, problem: str) -> None:
        self.ended.set()
        self._on_end(problem or self._fault or _exit_words(self._process.exitcode))


def _exit_words(code: int | None) -> str:
    if code is None or code == 0:
        return "it ended without a word"
    if code < 0:
        with suppress(ValueError):
            return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"
