"""The truth server from outside: start it, let somebody ask it, read its log, and do the arithmetic of a stall."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99_9": 0.999}
PROGRAM = Path(__file__).with_name("programs") / "truth_server.py"

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Log:
    """The server's own account, in the order in which answers were written. Times in ns of the monotonic clock."""

    port: Ints
    arrived_ns: Ints
    written_ns: Ints
    stall_ns: tuple[int, int]

    @property
    def count(self) -> int:
        """Requests it answered."""
        return len(self.arrived_ns)

    def last(self, seconds: float) -> Log:
        """Return the part about requests that arrived in the last so many seconds."""
        keep = self.arrived_ns >= self.arrived_ns.max() - seconds * 1e9
        return Log(self.port[keep], self.arrived_ns[keep], self.written_ns[keep], self.stall_ns)

    def latencies_us(self) -> Floats:
        """Arrival to answer, a request each, in microseconds."""
        return np.asarray((self.written_ns - self.arrived_ns) / 1e3, np.float64)

    def due_ns(self, rate_rps: float, total: int | None = None) -> Floats:
        """When a sender of constant rate meant to send each request: the grid on which the first arrivals lie.

        Read off the log alone: no request is early, so the earliest relative to its place shows where the grid is. Only
        requests before a stall are asked, since nothing in them waited. total: how many places, all answered without.
        """
        arrived = np.sort(self.arrived_ns).astype(np.float64)
        before = arrived[arrived < self.stall_ns[0]] if self.stall_ns[0] else arrived
        step_ns = 1e9 / rate_rps
        start_ns = float(np.min(before - np.arange(len(before)) * step_ns))
        return start_ns + np.arange(total or self.count, dtype=np.float64) * step_ns

    def scheduled_us(self, rate_rps: float) -> Floats:
        """What the scheduled latency must be for a sender of constant rate that drops nothing and keeps the order."""
        late_ns: Floats = np.sort(self.written_ns) - self.due_ns(rate_rps)
        return late_ns / 1e3


def quantiles(values: Floats) -> dict[str, float]:
    """Return the quantiles as a histogram of ranks has them."""
    return {name: float(np.quantile(values, q, method="inverted_cdf")) for name, q in QUANTILES.items()}


class Running:
    """A truth server that answers. `log()` ends it."""

    def __init__(self, process: subprocess.Popen[str], path: Path) -> None:
        self._process, self._path = process, path
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            sys.exit("the truth server did not start; see its words above")
        self.port = int(line)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/"

    def log(self) -> Log:
        """End it and return what it saw."""
        self._process.communicate(timeout=60)
        with np.load(self._path) as found:
            begin_ns, end_ns = (int(value) for value in found["stall_ns"])
            return Log(found["port"], found["arrived_ns"], found["written_ns"], (begin_ns, end_ns))


@contextmanager
def serving(
    delay: str = "instant", *, seed: int = 1, stall: tuple[float, float] | None = None, cpu: int | None = None
) -> Iterator[Running]:
    """Run a truth server. stall: seconds after the first request, and how long; cpu: where to pin it."""
    with TemporaryDirectory(prefix="loadbench-truth-") as folder:
        path = Path(folder, "log.npz")
        command = [sys.executable, str(PROGRAM), str(path), "--delay", delay, "--seed", str(seed)]
        command += ["--stall", f"{stall[0]:g}:{stall[1]:g}"] if stall else []
        command += ["--cpu", str(cpu)] if cpu is not None else []
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield Running(process, path)
            finally:
                if process.poll() is None:
                    process.kill()
