"""The truth server's log: when requests arrived and were answered, and the arithmetic of a stall."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from benchmarks.quantiles import Floats, Ints
from benchmarks.witness import Witness, witness


@dataclass(frozen=True)
class Log:
    """The server's own account, in the order in which answers were written. Times in ns of the monotonic clock."""

    port: Ints
    arrived_ns: Ints
    written_ns: Ints
    stall_ns: tuple[int, int]

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> Log:
        """Make one of the arrays in the server's file."""
        begin_ns, end_ns = (int(value) for value in found["stall_ns"])
        port, arrived_ns, written_ns = found["rows"]
        return cls(port, arrived_ns, written_ns, (begin_ns, end_ns))

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


Running: TypeAlias = Witness[Log]


def serving(
    delay: str = "instant", *, seed: int = 1, stall: tuple[float, float] | None = None, cpu: int | None = None
) -> AbstractContextManager[Running]:
    """Run a truth server. stall: seconds after the first request, and how long; cpu: where to pin it."""
    stood = ("--stall", f"{stall[0]:g}:{stall[1]:g}") if stall else ()
    return witness("truth_server", Log.read, "--delay", delay, "--seed", str(seed), *stood, cpu=cpu)
