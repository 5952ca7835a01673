"""One short load of a calibration, with the books that only a calibration keeps: the worker's whole CPU time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter_ns

import psutil

from loadbench_gui.core.lifecycle import RunEvent
from loadbench_gui.core.plan import (
    Client,
    Expectation,
    GeneratorSettings,
    Load,
    LoadShape,
    Pacing,
    Request,
    Target,
    Workload,
)
from loadbench_gui.services.cpu_time import CpuTime, busy_fraction, read_cpu_times
from loadbench_gui.services.fired import Fired
from loadbench_gui.services.generator import fire

WARMUP_S = 0.25


@dataclass(frozen=True, slots=True)
class Sample:
    """What came of it. cores: CPU time of the worker over real time, spins included.

    others: share of the worker's CPU that other processes used. Both None where they could not be read.
    """

    fired: Fired
    cores: float | None
    others: float | None


async def fire_once(
    target: Target,
    shape: LoadShape,
    *,
    client: Client,
    pacing: Pacing,
    seconds: float,
    cpus: tuple[int, ...] | None,
    server_cpus: tuple[int, ...] | None,
    stop: asyncio.Event,
) -> Sample:
    """Fire `shape` at the null server from one worker, for `seconds` after a short warm-up.

    Raises what `generator.fire` raises.
    """
    workload = Workload("null", "http", Request(), Expectation(status=200), shape, WARMUP_S, seconds)
    meter = _Meter(cpus)
    fired = await fire(
        Load(target, workload, pacing=pacing, client=client),
        GeneratorSettings(workers=1, cpus=cpus, pacing=pacing, client=client),
        cpus=cpus,
        server_cpus=server_cpus,
        on_state=meter.state,
        on_interval=lambda _: meter.read(),
        on_caveat=lambda _: None,
        stop=stop,
        on_start=lambda _: None,
        on_workers=meter.watch,
    )
    return Sample(fired, meter.cores, meter.others)


class _Meter:
    """Reads the worker's clock and its CPU's from the window's begin to its end.

    At every interval between as well: on a busy machine the worker may be gone when the end is told.
    """

    def __init__(self, cpus: tuple[int, ...] | None) -> None:
        self._cpus = cpus
        self._worker: psutil.Process | None = None
        self._is_open = False
        self._readings: list[tuple[int, float, Mapping[int, CpuTime]]] = []

    def watch(self, pids: tuple[int, ...]) -> None:
        self._worker = psutil.Process(pids[0])

    def state(self, event: RunEvent) -> None:
        if event in (RunEvent.WARM, RunEvent.WINDOW_END):
            self._is_open = True
            self.read()
            self._is_open = event is RunEvent.WARM

    def read(self) -> None:
        """Take a reading, inside the window only."""
        if self._worker is None or not self._is_open:
            return
        try:
            times = self._worker.cpu_times()
        except psutil.Error:  # it has ended: the readings until now stand
            return
        self._readings.append((perf_counter_ns(), times.user + times.system, read_cpu_times()))

    @property
    def cores(self) -> float | None:
        if len(self._readings) < 2:
            return None
        (began_ns, before_s, _), (ended_ns, after_s, _) = self._readings[0], self._readings[-1]
        return (after_s - before_s) / max(1e-9, (ended_ns - began_ns) / 1e9)

    @property
    def others(self) -> float | None:
        cores = self.cores
        if cores is None or not self._cpus:
            return None
        # One worker: it runs on the first of the CPUs that it was given.
        busy = busy_fraction(self._readings[0][2], self._readings[-1][2], self._cpus[:1])
        return None if busy is None else max(0.0, busy - cores)
