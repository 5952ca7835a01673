"""What `loadbench calibrate` finds out about this machine, as values."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Final

from loadbench_gui import __version__
from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.plan import ClientName, Pacing
from loadbench_gui.deploy.environment import Environment

SPREAD_LIMIT: Final = 0.15
"""Runs of the same load that differ by more than this have met something other than the generator."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a cost depends on. A calibration counts for later runs only where all of it is the same."""

    cpu_model: str
    kernel: str
    python: str
    loadbench: str
    client: ClientName

    @classmethod
    def of(cls, environment: Environment, client: ClientName) -> Fingerprint:
        """Return this machine's, with the client that is to be calibrated."""
        return cls(environment.cpu_model, environment.kernel, environment.python, __version__, client)


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU microseconds of one worker for each request of a closed loop, one figure a run."""

    runs_us: tuple[float, ...]

    @property
    def median_us(self) -> float:
        """The figure that counts."""
        return statistics.median(self.runs_us)

    @property
    def spread(self) -> float:
        """Distance of the largest from the smallest run, over the median."""
        return (max(self.runs_us) - min(self.runs_us)) / self.median_us

    @property
    def ceiling_rps(self) -> float:
        """What one worker could send at that cost with a whole CPU: computed, since no server is fast enough."""
        return 1e6 / self.median_us


@dataclass(frozen=True, slots=True)
class Pace:
    """What sending on time costs, and how well it works.

    cores: CPU time of the worker over real time, spins included. pacing_cores: what of that is not for sending, at
    the cost of the closed loop; None where the worker's clock could not be read. Lags in microseconds; None where there
    were too few requests.
    """

    pacing: Pacing
    rate_rps: float
    sent_rps: float
    cores: float | None
    pacing_cores: float | None
    lag_p50_us: float | None
    lag_p99_us: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """All that was found out, on what machine, and what speaks against it.

    made_at: ISO 8601. connections, seconds: of each of the runs that it is made of.
    """

    fingerprint: Fingerprint
    made_at: str
    connections: int
    seconds: float
    cost: Cost
    paces: tuple[Pace, ...] = ()
    caveats: tuple[Caveat, ...] = ()

    @property
    def trusted(self) -> bool:
        """Whether later runs may be judged by it."""
        return not any(caveat.severity == "invalid" for caveat in self.caveats)
