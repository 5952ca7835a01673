"""Servers of ours that count what they did, and how fast it went in the middle of a run, by that count alone."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

EDGE_S = 1.0
"""Left out at both ends of the time, from the first thing that was counted on."""
PROGRAMS = Path(__file__).with_name("programs")


class Counting:
    """A running server that says its port once and its count whenever it is asked."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.port = self._number()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def count(self) -> int:
        """How much it has done until now."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._number()

    def _number(self) -> int:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            sys.exit("a server of the benchmarks has ended; see its words above")
        return int(line)


Running: TypeAlias = AbstractContextManager[Counting]


@contextmanager
def counting(program: str, *options: str, cpu: int, python: str = sys.executable) -> Iterator[Counting]:
    """Run one of the programs, pinned; it ends with its standard input."""
    command = [python, str(PROGRAMS / program), *options, "--cpu", str(cpu)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Counting(process)
        finally:
            if process.stdin is not None:
                process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


@dataclass(frozen=True)
class Window:
    """The middle of one run. done: what the server counted in it."""

    done: int
    length_s: float

    @property
    def rate(self) -> float:
        """What was done in a second."""
        return self.done / self.length_s


def watch(
    server: Counting, seconds: float, is_over: Callable[[], bool], mark: Callable[[], None] | None = None
) -> Window:
    """Count in the middle of a run of `seconds` that has just been started; call `mark` at both edges.

    Ends the benchmark if the program ends before the window does.
    """
    before = server.count()
    while server.count() == before:
        _require_running(is_over)
        time.sleep(0.02)
    time.sleep(EDGE_S)
    first = _edge(server, mark)
    time.sleep(seconds - 2 * EDGE_S)
    last = _edge(server, mark)
    _require_running(is_over)
    return Window(last[1] - first[1], last[0] - first[0])


def _edge(server: Counting, mark: Callable[[], None] | None) -> tuple[float, int]:
    if mark is not None:
        mark()
    return time.monotonic(), server.count()


def _require_running(is_over: Callable[[], bool]) -> None:
    if is_over():
        sys.exit("a generator ended before what it did could be counted")
