"""One run: one load on one life of one server, with everything that was measured.

The store keeps it, statistics read it, reports and pages show it. `Run.measured` is the sum of the intervals'
`measured` tallies, so a run that was interrupted is still a run, only unsealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from loadbench_gui.core.caveats import Caveat, GeneratorVerdict
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import AuthScheme, Pacing, Workload
from loadbench_gui.core.snapshot import SampleExchange, Tally, Traffic, WorkerHealth

Phase: TypeAlias = Literal["load", "peak", "calibration", "aa"]
MemoryKind: TypeAlias = Literal["pss", "uss", "rss"]


@dataclass(frozen=True, slots=True)
class Interval:
    """All shards' work during one interval, closed: nothing will be added to it.

    index: position on the run's time axis; t_s: its start in seconds since the common start of the shards.
    lost_shards: shards that died before they reported it.
    """

    index: int
    t_s: float
    length_s: float
    measured: Tally
    warmup: Tally
    traffic: Traffic
    health: WorkerHealth
    lost_shards: tuple[int, ...] = ()
    samples: tuple[SampleExchange, ...] = ()

    @property
    def everything(self) -> Tally:
        """Measured and warm-up requests together: what the live charts draw."""
        return self.measured + self.warmup


@dataclass(frozen=True, slots=True)
class TargetSample:
    """The server's process tree at one moment, on the run's time axis (`t_s` may be negative: before the load).

    Memory in bytes; a kind that the system does not offer is None. cpu_s: CPU seconds used by the tree so far,
    ended children included. connections: sockets open, None where not readable.
    """

    t_s: float
    rss_bytes: int
    uss_bytes: int | None
    pss_bytes: int | None
    cpu_s: float
    processes: int
    threads: int
    open_files: int | None = None
    connections: int | None = None

    @property
    def kind(self) -> MemoryKind:
        """The best memory figure this sample has."""
        return "pss" if self.pss_bytes is not None else "uss" if self.uss_bytes is not None else "rss"

    @property
    def memory_bytes(self) -> int:
        """The figure called `kind`."""
        if self.pss_bytes is not None:
            return self.pss_bytes
        return self.uss_bytes if self.uss_bytes is not None else self.rss_bytes


@dataclass(frozen=True, slots=True)
class TargetSummary:
    """What the load cost the server. Memory in bytes, `kind` says which; CPU in seconds per 1,000 successes."""

    kind: MemoryKind
    idle_bytes: int
    peak_bytes: int
    mean_bytes: float
    after_bytes: int
    slope_bytes_per_s: float | None
    cpu_s_per_1k: float | None
    processes: int
    startup_s: float | None


@dataclass(frozen=True, slots=True)
class Fitness:
    """The generator's judgement on itself.

    cpu_us_per_request: work of all workers over the measured requests. ceiling_rps: what they could send at that
    cost, or at the calibrated one. steal_fraction: CPU time that the hypervisor gave to others, run_delay_fraction:
    time in which a worker was ready and had no CPU. None where it was not measured.
    cpu_us_per_event: the same work over the events or messages that came, where those are no requests of ours.
    bytes_per_connection: memory that the workers took for each open connection, from 100 connections on.
    """

    verdict: GeneratorVerdict = "valid"
    caveats: tuple[Caveat, ...] = ()
    cpu_fraction: float = 0.0
    loop_lag: Histogram = field(default_factory=Histogram)
    workers: int = 1
    cpu_us_per_request: float | None = None
    ceiling_rps: float | None = None
    steal_fraction: float | None = None
    run_delay_fraction: float | None = None
    cpu_us_per_event: float | None = None
    bytes_per_connection: float | None = None


@dataclass(frozen=True, slots=True)
class RunLabel:
    """Which run this is. A visit is one life of a server; several runs may share it.

    order: position of the run in the whole schedule, from 0. seed: what the arrivals were drawn from.
    """

    run_id: str
    profile: str
    deployment: str
    workload: str
    comparison_id: str | None = None
    visit: str = ""
    round: int = 0
    order: int = 0
    phase: Phase = "load"
    seed: int = 0
    framework: str = ""


@dataclass(frozen=True, slots=True)
class LaunchFacts:
    """How the server really ran: what the fingerprint gate compares and the report lists.

    observed: facts read off the running server and its answers (packages, server header, loop, keep-alive...).
    """

    command: tuple[str, ...] = ()
    cwd: str = ""
    python: str = ""
    workers: int = 1
    cpus: tuple[int, ...] = ()
    observed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SenderFacts:
    """What the sender was asked for, beside its name: all that changes what a figure means, and no secret.

    proxy: whether everything went through one. insecure: whether any certificate was accepted.
    """

    pacing: Pacing = "auto"
    http2: bool = False
    redirects: bool = False
    cookies: bool = False
    auth: AuthScheme = "none"
    proxy: bool = False
    insecure: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run.

    duration_s: true length of the measured window that was covered. peak_connections: most open at once.
    intervals: 1 s long, longer in a run of more than some minutes; warm-up included.
    sealed: it ended as planned (stopped or crashed runs are not).
    lookup_s: how long the server's name took to be looked up; None where there was nothing to look up.
    sender: None in a run that was kept before this was.
    """

    label: RunLabel
    workload: Workload
    url: str
    started_at: str
    duration_s: float
    measured: Tally
    traffic: Traffic
    peak_connections: int
    fitness: Fitness
    intervals: tuple[Interval, ...] = ()
    target_samples: tuple[TargetSample, ...] = ()
    target: TargetSummary | None = None
    launch: LaunchFacts | None = None
    requests_per_process: Mapping[str, int] | None = None
    samples: tuple[SampleExchange, ...] = ()
    engine: str = "workers"
    client: str = "fast"
    sealed: bool = True
    stop_reason: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    lookup_s: float | None = None
    sender: SenderFacts | None = None

    @property
    def throughput_rps(self) -> float:
        """Successes whose last byte arrived inside the measured window, over its true length."""
        return self.traffic.completed / self.duration_s if self.duration_s > 0 else 0.0
