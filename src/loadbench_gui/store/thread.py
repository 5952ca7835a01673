"""The one thread that touches the database, and the way there and back.

A locked or slow disk must never hold up an event loop that paces requests or paints: jobs go in by a queue and are
done in the order they were handed in; results come back to the loop that asked, plain asyncio's or Qt's.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from loadbench_gui.errors import Bug
from loadbench_gui.store.faults import fault_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[sqlite3.Connection], Any]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class DatabaseThread:
    """Runs jobs on one connection, one after another. Begun by `start`, ended by `stop`."""

    def __init__(self, path: Path, connect: Callable[[], sqlite3.Connection]) -> None:
        self._path = path
        self._connect = connect
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._connection: sqlite3.Connection | None = None
        self._stopping = False
        # A daemon, so that a disk that hangs cannot keep the program from ending.
        self._thread = threading.Thread(target=self._run, name="loadbench-store", daemon=True)

    def start(self) -> None:
        """Begin; the connection is opened by the first job."""
        self._thread.start()

    def submit(self, work: Callable[[sqlite3.Connection], T]) -> asyncio.Future[T]:
        """Queue `work` now and return the future of its result, on the running loop. Raises `Bug` once stopped."""
        if self._stopping:
            raise Bug("the store was used after it had been closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(work, future, loop))
        return future

    def stop(self, deadline_s: float) -> bool:
        """Let queued jobs finish, close the database, wait up to `deadline_s`; True when all of that was done."""
        self._take_no_more()
        if self._thread.ident is not None:
            self._thread.join(deadline_s)
        if self._thread.is_alive() and self._connection is not None:
            self._connection.interrupt()
        return not self._thread.is_alive()

    def stop_soon(self, deadline_s: float) -> concurrent.futures.Future[bool]:
        """As `stop`, waited for by a short-lived thread, so that the caller's loop goes on."""
        self._take_no_more()
        done: concurrent.futures.Future[bool] = concurrent.futures.Future()
        waiter = threading.Thread(target=lambda: done.set_result(self.stop(deadline_s)), daemon=True)
        waiter.start()
        return done

    def _take_no_more(self) -> None:
        if not self._stopping:
            self._stopping = True
            self._jobs.put(None)

    def _run(self) -> None:
        try:
            while (job := self._jobs.get()) is not None:
                self._do(job)
        finally:
            if self._connection is not None:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.close()

    def _do(self, job: _Job) -> None:
        try:
            if self._connection is None:
                self._connection = self._connect()
            outcome: Callable[[], None] = _resolve(job.future, job.work(self._connection))
        except (sqlite3.Error, OSError) as error:
            fault = fault_of(error, self._path)
            fault.__cause__ = error
            outcome = _fail(job.future, fault)
        except Exception as error:  # whoever asked must hear of it; this thread has to go on
            outcome = _fail(job.future, error)
        # A loop that was closed meanwhile has nobody left to tell.
        with contextlib.suppress(RuntimeError):
            job.loop.call_soon_threadsafe(outcome)


def _resolve(future: asyncio.Future[Any], result: Any) -> Callable[[], None]:
    return lambda: None if future.done() else future.set_result(result)


def _fail(future: asyncio.Future[Any], error: Exception) -> Callable[[], None]:
    return lambda: None if future.done() else future.set_exception(error)
