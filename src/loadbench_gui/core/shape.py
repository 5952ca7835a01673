"""How hard a server is asked: as fast as it answers, or at a rate that it cannot move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Arrival: TypeAlias = Literal["constant", "poisson"]
WhenBusy: TypeAlias = Literal["queue", "drop"]
Thinking: TypeAlias = Literal["constant", "exponential"]


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of an open loop: the rate moves linearly from where it was to `rate_rps` within `duration_s`.

    A step is a stage of zero duration followed by a level one.
    """

    duration_s: float
    rate_rps: float


@dataclass(frozen=True, slots=True)
class ClosedLoad:
    """Each connection sends its next request when the last one is answered and its user has thought about it.

    think_s: mean pause between an answer and the next request. thinking: always that long, or at random.
    """

    connections: int
    think_s: float = 0.0
    thinking: Thinking = "constant"


@dataclass(frozen=True, slots=True)
class OpenLoad:
    """Requests are due at times that do not depend on the server.

    rate_rps: arrivals per second; with stages, the rate at which the first stage starts.
    queue_limit: arrivals that may wait for a connection; None means rate x timeout. Beyond it they are dropped.
    """

    connections: int
    rate_rps: float
    arrival: Arrival = "constant"
    stages: tuple[Stage, ...] = ()
    when_busy: WhenBusy = "queue"
    queue_limit: int | None = None


LoadShape: TypeAlias = ClosedLoad | OpenLoad
