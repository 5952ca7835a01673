"""What came of a load, once all shards have told everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from loadbench_gui.core.run import Fitness
from loadbench_gui.core.snapshot import SampleExchange, Tally, Traffic
from loadbench_gui.errors import LoadbenchError


@dataclass(frozen=True, slots=True)
class Fired:
    """What came of a load.

    duration_s: length of the measured window that was covered. start_ns: the common start (perf_counter_ns).
    served: requests answered by each connection over the whole run, by its local port.
    stop_reason: "" when it ended as planned, "requests" at the request limit, "stopped" when asked to, "worker_lost"
    when a worker died and the profile ends a run there; `fault` then says so in words. Why it was asked
    to stop, only who asked knows: see `sealing.with_cause`.
    """

    measured: Tally
    traffic: Traffic
    peak_connections: int
    fitness: Fitness
    samples: tuple[SampleExchange, ...]
    duration_s: float
    start_ns: int
    stop_reason: str
    engine: str
    client: str
    worker_pids: tuple[int, ...] = field(default=())
    served: Mapping[int, int] = field(default_factory=dict)
    fault: LoadbenchError | None = None
