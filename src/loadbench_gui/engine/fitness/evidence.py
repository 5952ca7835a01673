"""What the generator is judged by: one load's figures, and what the machine did meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.plan import ClosedLoad, LoadShape, Workload
from loadbench_gui.core.snapshot import Tally, Traffic, WorkerHealth
from loadbench_gui.stats.kinds import HTTP, Kind, at_once, kind_of
from loadbench_gui.stats.sample import LEAST_CONNECTIONS

OWN_CEILING_FROM: Final = 0.5
"""A worker that is idle most of the time pays for each wake-up and timer what a busy one pays for many requests: what
it could do at most can be read off its own CPU only from here on."""
LEAST_HANDLED: Final = 100
"""Below so many requests, what a worker does anyway (folding, snapshots) is most of its CPU time."""


@dataclass(frozen=True, slots=True)
class PortBudget:
    """Local ports towards the target's address.

    count: how many the system hands out. held: how many of them other connections to the same address hold, those
    that have just ended included. hold_s: how long one is held after its connection has ended.
    """

    count: int
    held: int = 0
    hold_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the machine did while the load ran; None or empty where the system does not tell.

    steal_fraction: of the CPU among those used from which the hypervisor took most. calibrated_us: CPU microseconds
    a request costs a worker of this machine, from `loadbench calibrate`.
    """

    steal_fraction: float | None = None
    calibrated_us: float | None = None
    ports: PortBudget | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One load, measured.

    health: summed over the measured intervals, `span_s` in real time. handled: requests that ended in those very
    intervals, warm-up's late ones included. duration_s: length of the measured window. lost: workers that died.
    busiest: share of its time that the busiest worker worked. at_limit: the run ended with its last request.
    notes: caveats that were found elsewhere and count as well. paced: requests left at moments that were known
    beforehand, by a kernel timer, where spinning would have met them better.
    workload: what was asked; None for plain requests. events: of streams and messages of WebSockets that came in those
    very intervals. most_open: connections at once. grown_bytes: memory the workers took since before the first one.
    """

    measured: Tally
    traffic: Traffic
    health: WorkerHealth
    handled: int
    workers: int
    shape: LoadShape
    duration_s: float
    lost: int = 0
    busiest: float = 0.0
    at_limit: bool = False
    around: Surroundings = Surroundings()
    notes: tuple[Caveat, ...] = field(default=())
    paced: bool = False
    workload: Workload | None = None
    events: int = 0
    most_open: int = 0
    grown_bytes: int | None = None

    @property
    def kind(self) -> Kind:
        """What a request of this load is."""
        return HTTP if self.workload is None else kind_of(self.workload)

    @property
    def at_once(self) -> int | None:
        """How many requests are under way or thinking at any time; None where the load does not say (Little's law)."""
        if self.workload is not None:
            return at_once(self.workload)
        return self.shape.connections if self.is_closed else None

    @property
    def is_closed(self) -> bool:
        """Whether each connection waits for its answer before it asks again."""
        return isinstance(self.shape, ClosedLoad)

    @property
    def cpu_fraction(self) -> float:
        """How much of its workers' CPU time the generator spent working, 0 to 1."""
        return cpu_fraction(self.health, self.workers)

    @property
    def cpu_us_per_request(self) -> float | None:
        """CPU microseconds of work for each request; None for too few to say, and where the work is not theirs.

        A stream's cost is that of all its events, a publication's that of all its deliveries.
        """
        if self.handled < LEAST_HANDLED or self.health.work_cpu_s <= 0 or self.kind.throughput:
            return None
        return 1e6 * self.health.work_cpu_s / self.handled

    @property
    def cpu_us_per_event(self) -> float | None:
        """CPU microseconds of work for each event or message that came; None for plain requests and for too few."""
        if self.events < LEAST_HANDLED or self.health.work_cpu_s <= 0:
            return None
        return 1e6 * self.health.work_cpu_s / self.events

    @property
    def bytes_per_connection(self) -> float | None:
        """Memory of the workers for each open connection; None for too few to tell it from the rest."""
        if self.grown_bytes is None or self.most_open < LEAST_CONNECTIONS:
            return None
        return self.grown_bytes / self.most_open

    @property
    def calibrated_us(self) -> float | None:
        """CPU microseconds of a request from a calibration: that sends plain requests, and says nothing of others."""
        return self.around.calibrated_us if self.kind is HTTP else None

    @property
    def run_delay_fraction(self) -> float | None:
        """Share of the time in which a worker was ready and had no CPU; None where it was not measured."""
        if self.health.run_delay_s is None or self.health.span_s <= 0:
            return None
        return self.health.run_delay_s / (self.health.span_s * self.workers)

    @property
    def own_cost_us(self) -> float | None:
        """CPU microseconds that a request cost in this run; None where the workers were idle most of the time."""
        return self.cpu_us_per_request if self.cpu_fraction >= OWN_CEILING_FROM else None

    @property
    def ceiling_rps(self) -> float | None:
        """What the workers could send together: at the calibrated cost or at this run's own, whichever is dearer.

        A calibration asks for the cheapest request there is; a run that is busy says what its own cost.
        None where neither says: there is no calibration, and the workers were idle most of the time.
        """
        cost_us = max(self.calibrated_us or 0.0, self.own_cost_us or 0.0)
        return 1e6 * self.workers / cost_us if cost_us else None

    @property
    def ceiling_share(self) -> float | None:
        """How much of the ceiling was sent, 0 to 1 or a little more."""
        if self.ceiling_rps is None or self.health.span_s <= 0:
            return None
        return self.handled / self.health.span_s / self.ceiling_rps

    @property
    def ceiling_words(self) -> str:
        """A sentence on the ceiling and where it comes from, with a space before it; "" where it is unknown."""
        ceiling_rps = self.ceiling_rps
        if ceiling_rps is None:
            return ""
        calibrated_us, own_us = self.calibrated_us or 0.0, self.own_cost_us or 0.0
        source = (
            f"calibrated at {calibrated_us:.1f} µs of CPU a request"
            if calibrated_us >= own_us
            else f"from this run's own {own_us:.1f} µs of CPU {_each(self.kind)}"
        )
        ceiling = f"{ceiling_rps:,.0f} {self.kind.counted}/s"
        return f" Its ceiling is {ceiling} ({source}); above 70 % of that no target is ranked."


def _each(kind: Kind) -> str:
    return "a request" if kind is HTTP else f"for each of the {kind.counted}"


def cpu_fraction(health: WorkerHealth, workers: int) -> float:
    """Return how much of its workers' CPU time the generator spent working, 0 to 1."""
    return min(1.0, health.work_cpu_s / (health.span_s * workers)) if health.span_s > 0 else 0.0
