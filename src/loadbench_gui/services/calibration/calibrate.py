"""`loadbench calibrate`: what a request and a punctual departure cost the generator on this machine.

A worker fires at a server that does nothing, through the same door as every other load. First as fast as it can, a few
times: CPU time over requests is the cost, and one second over the cost is what a worker could send at most (computed,
because no server answers fast enough to run into it). Then at fixed rates, once with each way of waiting for a moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from loadbench_gui.core.plan import Client, ClientName, ClosedLoad, GeneratorSettings, Launch, OpenLoad, Pacing, Target
from loadbench_gui.core.quantiles import supports
from loadbench_gui.deploy.environment import read_environment
from loadbench_gui.deploy.placement import Placement, place
from loadbench_gui.deploy.runlock import measuring
from loadbench_gui.deploy.topology import read_machine, read_throttled
from loadbench_gui.errors import EnvironmentFault
from loadbench_gui.services.calibration.doubts import doubts
from loadbench_gui.services.calibration.null_server import NullServer
from loadbench_gui.services.calibration.result import Calibration, Cost, Fingerprint, Pace
from loadbench_gui.services.calibration.run import Sample, fire_once
from loadbench_gui.services.stopping import StopRequested

CONNECTIONS: Final = 64
COST_RUNS: Final = 3
PACINGS: Final[tuple[Pacing, ...]] = ("timer", "spin")
RATES_RPS: Final[dict[ClientName, tuple[float, ...]]] = {"fast": (1_000.0, 5_000.0), "httpx": (50.0, 200.0)}


@dataclass(frozen=True, slots=True)
class Step:
    """One load of a calibration. rate_rps None: closed loop, as fast as it goes."""

    pacing: Pacing = "timer"
    rate_rps: float | None = None

    @property
    def title(self) -> str:
        """Words for whoever waits."""
        return "as fast as it goes" if self.rate_rps is None else f"{self.rate_rps:,.0f} requests/s by {self.pacing}"


def steps(client: ClientName) -> tuple[Step, ...]:
    """Return the loads of a calibration in their order."""
    paced = tuple(Step(pacing, rate_rps) for rate_rps in RATES_RPS[client] for pacing in PACINGS)
    return (Step(),) * COST_RUNS + paced


async def calibrate(
    client: ClientName, seconds: float, *, on_step: Callable[[Step], None], stop: asyncio.Event
) -> Calibration:
    """Calibrate `client`, each load for `seconds`.

    on_step: called before each load. Raises `EnvironmentFault` when somebody else is measuring or the server or a
    worker does not come up, `StopRequested` when stopped.
    """
    with measuring("a calibration"):
        machine = read_machine()
        placement = place(GeneratorSettings(), Launch(("null server",)), machine)
        if placement.generator_cpus is not None:
            cpus = machine.one_per_core_first(placement.generator_cpus)
            placement = replace(placement, generator_cpus=cpus)
        environment = await asyncio.to_thread(read_environment)
        throttled = read_throttled()
        async with NullServer(placement.server_cpus) as target:
            samples = [
                (step, await _sample(step, target, client, seconds, placement, on_step, stop)) for step in steps(client)
            ]
        throttled = read_throttled() - throttled
    cost = Cost(tuple(_cost_us(sample) for step, sample in samples if step.rate_rps is None))
    return Calibration(
        fingerprint=Fingerprint.of(environment, client),
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        connections=CONNECTIONS,
        seconds=seconds,
        cost=cost,
        paces=tuple(_pace(step, sample, cost) for step, sample in samples if step.rate_rps is not None),
        caveats=doubts(cost, [sample for _, sample in samples], placement.caveats, throttled),
    )


async def _sample(
    step: Step,
    target: Target,
    client: ClientName,
    seconds: float,
    placement: Placement,
    on_step: Callable[[Step], None],
    stop: asyncio.Event,
) -> Sample:
    on_step(step)
    shape = ClosedLoad(CONNECTIONS) if step.rate_rps is None else OpenLoad(CONNECTIONS, step.rate_rps)
    sample = await fire_once(
        target,
        shape,
        client=Client(client),
        pacing=step.pacing,
        seconds=seconds,
        cpus=placement.generator_cpus,
        server_cpus=placement.server_cpus,
        stop=stop,
    )
    if stop.is_set():
        raise StopRequested
    return sample


def _cost_us(sample: Sample) -> float:
    cost_us = sample.fired.fitness.cpu_us_per_request
    if cost_us is None:
        raise EnvironmentFault(
            f"the server to calibrate against answered {sample.fired.measured.succeeded} requests only",
            "Close other programs, or give each load more time: --seconds 5.",
        )
    return cost_us


def _pace(step: Step, sample: Sample, cost: Cost) -> Pace:
    lag, fired = sample.fired.measured.dispatch_lag, sample.fired
    sent_rps = (fired.measured.ended - fired.measured.dropped) / fired.duration_s if fired.duration_s > 0 else 0.0
    p50_us, p99_us = (lag.quantile(q) if supports(q, lag.total) else None for q in (0.5, 0.99))
    sending = sent_rps * cost.median_us / 1e6
    return Pace(
        pacing=step.pacing,
        rate_rps=step.rate_rps or 0.0,
        sent_rps=sent_rps,
        cores=sample.cores,
        pacing_cores=None if sample.cores is None else max(0.0, sample.cores - sending),
        lag_p50_us=p50_us,
        lag_p99_us=p99_us,
    )
