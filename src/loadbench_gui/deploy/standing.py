"""Who goes first where CPUs are few: what measures and is measured, or the window that shows it.

A window that draws takes a CPU for milliseconds at a time, and on a small machine that is somebody's p99. So the
thread that draws can stand back behind the others by a lower priority. That is for good: without rights the system
lets nobody take it back. And processes inherit it from the thread that starts them; those that matter are therefore
started from a thread that was there before and kept the standing of the whole program.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

ROOMY_CPUS: Final = 3
"""With this many CPUs a window has one beside server and generator."""
NICER_BY: Final = 10
"""A tenth of an ordinary thread's weight: what is measured goes first, and clicks are still answered in time."""


class Starter:
    """A thread that starts processes for others, with the standing it had when it was made.

    It lives as long as this process: the kernel takes the end of the thread that started a process for its parent's.
    """

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        threading.Thread(target=self._serve, name="loadbench starter", daemon=True).start()

    def call(self, function: Callable[[], T]) -> T:
        """Call it there and wait for what it returns; what it raises is raised here."""
        done = threading.Event()
        results: list[T] = []
        problems: list[BaseException] = []

        def work() -> None:
            try:
                results.append(function())
            except BaseException as problem:  # noqa: BLE001, RUF100 - carried over to whoever waits
                problems.append(problem)
            finally:
                done.set()

        self._asked.put(work)
        done.wait()
        if problems:
            raise problems[0]
        return results[0]

    def _serve(self) -> None:
        while True:
            self._asked.get()()


class Standing:
    """The standing of this process: kept at its start, perhaps given up by one thread later."""

    def __init__(self) -> None:
        self._starter: Starter | None = None
        self._stands_back = False

    def keep(self) -> None:
        """Keep today's standing for processes to be started, so that `stand_back` is possible. At the program's start.

        Does nothing where it is of no use: with CPUs enough, or where a thread has no priority of its own.
        """
        if self._starter is None and sys.platform == "linux" and len(os.sched_getaffinity(0)) < ROOMY_CPUS:
            self._starter = Starter()

    def start_process(self, function: Callable[[], T]) -> T:
        """Call `function`, which starts a process, where that process gets the standing this program began with."""
        return function() if self._starter is None else self._starter.call(function)

    def stand_back(self) -> bool:
        """Let others go before the calling thread and all threads it starts from now on, for good.

        Returns whether it stands back: not unless `keep` found that it is of use.
        """
        if self._starter is not None and not self._stands_back:
            here = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, here, os.getpriority(os.PRIO_PROCESS, here) + NICER_BY)
            self._stands_back = True
        return self._stands_back


standing: Final = Standing()
"""This process's own."""
