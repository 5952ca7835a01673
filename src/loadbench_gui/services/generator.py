"""Fires one load and returns what came of it: the one door to the engine, wherever the traffic is made."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns
from typing import Final

from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.lifecycle import RunEvent
from loadbench_gui.core.pacing import peak_rate_rps
from loadbench_gui.core.plan import GeneratorSettings, Load, OpenLoad
from loadbench_gui.core.run import Interval
from loadbench_gui.core.sharding import shards
from loadbench_gui.errors import UserError
from loadbench_gui.services.budget import must_afford, open_file_limit, port_count
from loadbench_gui.services.gathering import INTERVAL_S, Fired, Gathering
from loadbench_gui.services.hosts import Host, InApp, Workers

__all__ = ["Fired", "fire"]

HANG_SLACK_S: Final = 10.0
"""How long after its time a worker may still be silent before it is taken for hung and killed."""
START_AHEAD_NS: Final = 60_000_000
"""How far ahead the common start lies when it is announced: longer than a frame takes to arrive."""
STOP_AHEAD_NS: Final = 20_000_000
"""The same for a stop: all shards end their window at the moment that the throughput is divided by."""
CONNECTIONS_PER_WORKER: Final = 16
RATE_PER_WORKER_RPS: Final = 5_000


async def fire(
    load: Load,
    settings: GeneratorSettings,
    *,
    cpus: tuple[int, ...] | None,
    on_state: Callable[[RunEvent], None],
    on_interval: Callable[[Interval], None],
    on_caveat: Callable[[Caveat], None],
    stop: asyncio.Event,
    on_start: Callable[[int], None],
    on_workers: Callable[[tuple[int, ...]], None] | None = None,
) -> Fired:
    """Fire `load` and return when the last request has ended, all workers with it.

    cpus: CPUs for the generator, one worker pinned to each in turn; None leaves workers unpinned. on_state gets
    FIRE, WARM, WINDOW_END and DRAINED in this order (a run that is stopped ends without those that did not come).
    on_interval gets each quarter of a second once, in order. on_start gets the common start (perf_counter_ns),
    on_workers the pids of the processes that fire, once they are there.
    Raises `UserError` for what this engine cannot send, `EnvironmentFault` when no worker could be started or all
    of them died.
    """
    _must_be_possible(load, settings)
    count = 1 if settings.engine == "in-app" else worker_count(load, settings, cpus)
    must_afford(load.workload.shape.connections, count, files=open_file_limit(), ports=port_count())
    parts = shards(load, count, INTERVAL_S, cpus or ())
    gathering = Gathering(load, len(parts), on_interval, on_caveat)
    spin = settings.engine == "workers" and spins(load, settings, cpus)
    host: Host = InApp(parts[0], gathering) if settings.engine == "in-app" else Workers(parts, gathering, spin=spin)
    try:
        return await _conduct(load, settings, host, gathering, on_state, on_start, on_workers, stop)
    finally:
        await asyncio.shield(host.close())


async def _conduct(
    load: Load,
    settings: GeneratorSettings,
    host: Host,
    gathering: Gathering,
    on_state: Callable[[RunEvent], None],
    on_start: Callable[[int], None],
    on_workers: Callable[[tuple[int, ...]], None] | None,
    stop: asyncio.Event,
) -> Fired:
    stopping = asyncio.ensure_future(stop.wait())
    preparing = asyncio.ensure_future(host.prepare())
    done = asyncio.ensure_future(gathering.done.wait())
    phases = _Phases(load, on_state)
    try:
        await asyncio.wait((stopping, preparing), return_when=asyncio.FIRST_COMPLETED)
        if stopping.done():
            host.halt(perf_counter_ns())
        await preparing
        if on_workers is not None:
            on_workers(host.pids)
        start_ns = perf_counter_ns() + START_AHEAD_NS
        host.begin(start_ns)
        on_start(start_ns)
        phases.begin(start_ns)
        workload = load.workload
        longest_s = workload.warmup_s + workload.duration_s + workload.timeout_s
        await asyncio.wait((done, stopping), timeout=longest_s + HANG_SLACK_S, return_when=asyncio.FIRST_COMPLETED)
        if stopping.done() and not done.done():
            phases.cancel()
            gathering.stopped_ns = perf_counter_ns() + STOP_AHEAD_NS
            host.halt(gathering.stopped_ns)
            await asyncio.wait((done,), timeout=HANG_SLACK_S)
        if not done.done():
            # A worker that hangs is as good as dead; the others have long reported their last.
            host.kill()
            await done
        if not stop.is_set() and not gathering.all_lost:
            phases.complete()
    finally:
        phases.cancel()
        for task in (stopping, preparing, done):
            task.cancel()
    return gathering.result(start_ns, settings, host.pids)


def worker_count(load: Load, settings: GeneratorSettings, cpus: tuple[int, ...] | None) -> int:
    """Return how many workers to start: those that were asked for, else one, or more where there are CPUs and work."""
    if settings.workers is not None:
        return max(1, settings.workers)
    available = len(cpus) if cpus else _usable_cpus() // 2
    shape = load.workload.shape
    useful = -(-shape.connections // CONNECTIONS_PER_WORKER)
    if isinstance(shape, OpenLoad):
        useful = min(useful, -(-round(peak_rate_rps(shape)) // RATE_PER_WORKER_RPS))
    return max(1, min(available, useful))


def spins(load: Load, settings: GeneratorSettings, cpus: tuple[int, ...] | None) -> bool:
    """Whether open-loop workers look at the clock all the time instead of setting a kernel timer.

    By itself only where each worker has a CPU that nothing else will use: at least three CPUs, or two and no window,
    and no quota that would throttle it.
    """
    wanted = settings.pacing if settings.pacing != "auto" else load.pacing
    if wanted != "auto":
        return wanted == "spin"
    has_window = "PySide6" in sys.modules
    return bool(cpus) and _usable_cpus() >= (3 if has_window else 2) and not _has_quota()


def _usable_cpus() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _has_quota() -> bool:
    try:
        return not Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").startswith("max")
    except OSError:
        return False


def _must_be_possible(load: Load, settings: GeneratorSettings) -> None:
    if load.workload.kind != "http":
        raise UserError(
            f"This version fires HTTP requests; {load.workload.kind} workloads come with a later one.",
            'Set kind = "http" in the workload.',
        )
    if settings.client.name != "fast":
        raise UserError(
            f"This version has the fast HTTP/1.1 client only; {settings.client.name!r} comes with a later one.",
            "Leave --client (or `client` in the profile) away.",
        )


class _Phases:
    """Tells the states of a run in their order, on time."""

    def __init__(self, load: Load, on_state: Callable[[RunEvent], None]) -> None:
        self._offsets_s = (0.0, load.workload.warmup_s, load.workload.warmup_s + load.workload.duration_s)
        self._left = [RunEvent.FIRE, RunEvent.WARM, RunEvent.WINDOW_END, RunEvent.DRAINED]
        self._on_state = on_state
        self._timers: list[asyncio.TimerHandle] = []

    def begin(self, start_ns: int) -> None:
        """Tell FIRE, WARM and WINDOW_END when they come."""
        loop = asyncio.get_running_loop()
        ahead_s = (start_ns - perf_counter_ns()) / 1e9
        events = list(self._left[:3])
        for event, offset_s in zip(events, self._offsets_s, strict=True):
            self._timers.append(loop.call_later(max(0.0, ahead_s + offset_s), self._through, event))

    def complete(self) -> None:
        """Tell what has not been told: the run ended as planned, perhaps before its time."""
        self._through(RunEvent.DRAINED)

    def cancel(self) -> None:
        """Tell nothing more."""
        for timer in self._timers:
            timer.cancel()

    def _through(self, event: RunEvent) -> None:
        # Timers may fire out of order when two are due in the same millisecond.
        while event in self._left:
            self._on_state(self._left.pop(0))
