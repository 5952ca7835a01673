"""Servers that know what really happened: one is started, somebody asks it, it is ended, and its log is read."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Generic, TypeVar

import numpy as np

from benchmarks.machine import ROOT

Log = TypeVar("Log")
Read = Callable[[Mapping[str, Any]], Log]


class Witness(Generic[Log]):
    """A server that answers. `log()` ends it."""

    def __init__(self, process: subprocess.Popen[str], path: Path, read: Read[Log]) -> None:
        self._process, self._path, self._read = process, path, read
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            sys.exit("a server of the benchmarks did not start; see its words above")
        self.port = int(line)

    @property
    def url(self) -> str:
        """Its address, whatever it speaks."""
        return f"http://127.0.0.1:{self.port}/"

    def log(self) -> Log:
        """End it and return what it saw."""
        self._process.communicate(timeout=60)
        with np.load(self._path) as found:
            return self._read(found)


@contextmanager
def witness(program: str, read: Read[Log], *options: str, cpu: int | None = None) -> Iterator[Witness[Log]]:
    """Run a module of `benchmarks.programs`, which gets the path of its log and `options`.

    read: makes a log of the arrays in the file. cpu: where to pin the server.
    """
    with TemporaryDirectory(prefix="loadbench-witness-") as folder:
        path = Path(folder, "log.npz")
        command = [sys.executable, "-m", f"benchmarks.programs.{program}", str(path), *options]
        command += ["--cpu", str(cpu)] if cpu is not None else []
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
            try:
                yield Witness(process, path, read)
            finally:
                if process.poll() is None:
                    process.kill()
