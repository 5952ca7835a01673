"""Fires one load and returns what came of it: the one door to the engine, wherever the traffic is made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter_ns
from typing import Final

from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.lifecycle import RunEvent
from loadbench_gui.core.plan import GeneratorSettings, Load
from loadbench_gui.core.run import Interval
from loadbench_gui.core.sharding import shards
from loadbench_gui.engine.fitness.evidence import Surroundings
from loadbench_gui.errors import EnvironmentFault
from loadbench_gui.services.abilities import must_be_possible
from loadbench_gui.services.budget import entrance_of, must_afford, open_file_limit, port_budget
from loadbench_gui.services.fired import Fired
from loadbench_gui.services.gathering import INTERVAL_S, Gathering
from loadbench_gui.services.hosts import Host, InApp, Workers
from loadbench_gui.services.phases import Phases
from loadbench_gui.services.sizing import generator_cpus, spins, worker_count
from loadbench_gui.services.window_watch import WindowWatch

__all__ = ["Fired", "fire"]

HANG_SLACK_S: Final = 10.0
"""How long after its time a worker may still be silent before it is taken for hung and killed."""
PREPARE_S: Final = 30.0
"""How long workers may take to start and to open their connections, which they stagger over two seconds and wait three
for; starting Python on a machine that is busy takes most of the rest."""
PREPARE_EACH_S: Final = 2.0
"""And for each worker, as they start side by side on few CPUs."""
HANDSHAKE_S: Final = 0.03
"""And for each WebSocket, as they are opened a few at a time: ten thousand against a slow server take minutes."""
START_AHEAD_NS: Final = 60_000_000
"""How far ahead the common start lies when it is announced: longer than a frame takes to arrive."""
STOP_AHEAD_NS: Final = 20_000_000
"""The same for a stop: all shards end their window at the moment that the throughput is divided by."""


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
    server_cpus: tuple[int, ...] | None = None,
    calibrated_us: float | None = None,
    beside_window: bool = False,
) -> Fired:
    """Fire `load` and return when the last request has ended, all workers with it.

    cpus: CPUs for the generator, one worker pinned to each in turn; None leaves that to `sizing.generator_cpus`.
    on_state gets FIRE, WARM, WINDOW_END and DRAINED in this order (a run that is stopped ends without those that did
    not come). on_interval gets each quarter of a second once, in order. on_start gets the common start
    (perf_counter_ns), on_workers the pids of the processes that fire, once they are there.
    server_cpus: where the server is pinned to; steal is looked for there too. calibrated_us: what a request costs a
    worker of this machine. beside_window: a window is open, and draws meanwhile.
    Raises `UserError` for what this engine cannot send, `EnvironmentFault` when no worker could be started or all
    of them died or none became ready.
    """
    must_be_possible(load)
    entrance = await asyncio.to_thread(entrance_of, load)
    cpus = generator_cpus(replace(load, target=entrance or load.target), settings, cpus)
    count = 1 if settings.engine == "in-app" else worker_count(load, settings, cpus)
    ports = None if entrance is None else port_budget(entrance, load.workload.shape.connections)
    must_afford(load.workload.shape.connections, count, files=open_file_limit(), ports=ports)
    parts = shards(load, count, INTERVAL_S, cpus or ())
    gathering = Gathering(load, settings, len(parts), on_interval, on_caveat)
    spin = settings.engine == "workers" and spins(load, settings, cpus, len(parts), beside_window=beside_window)
    host: Host = InApp(parts[0], gathering) if settings.engine == "in-app" else Workers(parts, gathering, spin=spin)
    window = WindowWatch(None if cpus is None else {*cpus, *(server_cpus or ())}, on_state)
    try:
        start_ns = await _conduct(load, host, gathering, window.state, on_start, on_workers, stop)
    finally:
        await asyncio.shield(host.close())
    return gathering.result(start_ns, host.pids, Surroundings(window.steal_fraction(), calibrated_us, ports))


async def _conduct(
    load: Load,
    host: Host,
    gathering: Gathering,
    on_state: Callable[[RunEvent], None],
    on_start: Callable[[int], None],
    on_workers: Callable[[tuple[int, ...]], None] | None,
    stop: asyncio.Event,
) -> int:
    """Lead the shards from their first connection to their last request; return the common start."""
    # Asked to stop, or a worker has died and the profile says that this ends the run.
    ending = asyncio.ensure_future(_first_of(stop, gathering.broken))
    preparing = asyncio.ensure_future(host.prepare())
    done = asyncio.ensure_future(gathering.done.wait())
    phases = Phases(load, on_state)
    patience_s = PREPARE_S + PREPARE_EACH_S * gathering.workers
    if load.workload.kind == "ws":
        patience_s += HANDSHAKE_S * load.workload.shape.connections
    try:
        await asyncio.wait((ending, preparing), timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
        if ending.done() and not preparing.done():
            host.halt(perf_counter_ns())
            await asyncio.wait((preparing,), timeout=HANG_SLACK_S)
        if not preparing.done():
            raise _never_ready()
        await preparing
        if on_workers is not None:
            on_workers(host.pids)
        start_ns = perf_counter_ns() + START_AHEAD_NS
        host.begin(start_ns)
        on_start(start_ns)
        phases.begin(start_ns)
        workload = load.workload
        longest_s = workload.warmup_s + workload.duration_s + workload.timeout_s
        await asyncio.wait((done, ending), timeout=longest_s + HANG_SLACK_S, return_when=asyncio.FIRST_COMPLETED)
        if ending.done() and not done.done():
            phases.cancel()
            gathering.stopped_ns = perf_counter_ns() + STOP_AHEAD_NS
            host.halt(gathering.stopped_ns)
            await asyncio.wait((done,), timeout=HANG_SLACK_S)
        if not done.done():
            # A worker that hangs is as good as dead; the others have long reported their last.
            host.kill()
            await done
        if not (stop.is_set() or gathering.broken.is_set() or gathering.all_lost):
            phases.complete()
    finally:
        phases.cancel()
        for task in (ending, preparing, done):
            task.cancel()
    return start_ns


def _never_ready() -> EnvironmentFault:
    return EnvironmentFault(
        "The generator was not ready to send in time, and was ended.",
        "Run again when the machine is less busy, or with fewer workers and connections.",
    )


async def _first_of(*events: asyncio.Event) -> None:
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
