"""The rhythm server from outside: start it, let somebody listen, and read what it wrote and when."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.truth import Floats, Ints

PROGRAM = Path(__file__).with_name("programs") / "rhythm_server.py"


@dataclass(frozen=True)
class Log:
    """The server's own account: a row for everything that it wrote, in that order. Times in ns of the monotonic clock.

    group: a stream, a connection that is pushed to, or a message that was echoed or handed on. cause_ns: when the
    request or the message was read that it came of.
    """

    port: Ints
    group: Ints
    index: Ints
    written_ns: Ints
    cause_ns: Ints
    lost: int
    repeated: int

    @property
    def count(self) -> int:
        """How much was written; repetitions count where messages are pushed, not where they are answers."""
        return len(self.port)

    def first_us(self) -> Floats:
        """From request to first event, a stream each."""
        first = self.index == 0
        return self._us(self.written_ns[first] - self.cause_ns[first])

    def gaps_us(self) -> Floats:
        """From one event to the next of the same stream or connection."""
        order = np.lexsort((self.index, self.group))
        group, written_ns = self.group[order], self.written_ns[order]
        return self._us(np.diff(written_ns)[np.diff(group) == 0])

    def delays_us(self) -> Floats:
        """From what was read to what was written because of it, a writing each."""
        return self._us(self.written_ns - self.cause_ns)

    def skews_us(self) -> Floats:
        """From the first to the last writing of each message that was handed on."""
        order = np.lexsort((self.written_ns, self.group))
        group, written_ns = self.group[order], self.written_ns[order]
        _, first = np.unique(group, return_index=True)
        last = np.append(first[1:], len(group)) - 1
        return self._us(written_ns[last] - written_ns[first])

    def _us(self, ns: Ints) -> Floats:
        return np.asarray(ns / 1e3, np.float64)


class Running:
    """A rhythm server that answers. `log()` ends it."""

    def __init__(self, process: subprocess.Popen[str], path: Path) -> None:
        self._process, self._path = process, path
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            sys.exit("the rhythm server did not start; see its words above")
        self.port = int(line)

    @property
    def url(self) -> str:
        """Its address, for streams and WebSockets alike."""
        return f"http://127.0.0.1:{self.port}/"

    def log(self) -> Log:
        """End it and return what it did."""
        self._process.communicate(timeout=60)
        with np.load(self._path) as found:
            port, group, index, written_ns, cause_ns = found["rows"]
            return Log(port, group, index, written_ns, cause_ns, int(found["lost"]), int(found["repeated"]))


@contextmanager
def keeping(kind: str, *options: str, cpu: int | None = None) -> Iterator[Running]:
    """Run a rhythm server. kind: sse, push, echo or fanout; options: the program's; cpu: where to pin it."""
    with TemporaryDirectory(prefix="loadbench-rhythm-") as folder:
        path = Path(folder, "log.npz")
        command = [sys.executable, str(PROGRAM), str(path), kind, *options]
        command += ["--cpu", str(cpu)] if cpu is not None else []
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield Running(process, path)
            finally:
                if process.poll() is None:
                    process.kill()
