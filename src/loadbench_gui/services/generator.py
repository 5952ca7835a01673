"""Fires one load and returns what came of it: the one door to the engine, wherever the traffic is made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.lifecycle import RunEvent
from loadbench_gui.core.plan import GeneratorSettings, Load
from loadbench_gui.core.run import Interval
from loadbench_gui.core.sharding import shards
from loadbench_gui.engine.fitness.evidence import Surroundings
from loadbench_gui.services.abilities import must_be_possible
from loadbench_gui.services.budget import entrance_of, must_afford, open_file_limit, port_budget
from loadbench_gui.services.conductor import Conductor
from loadbench_gui.services.fired import Fired
from loadbench_gui.services.gathering import INTERVAL_S, Gathering
from loadbench_gui.services.hosts import Host, InApp, Workers
from loadbench_gui.services.phases import Phases
from loadbench_gui.services.sizing import generator_cpus, spins, worker_count
from loadbench_gui.services.window_watch import WindowWatch

__all__ = ["Fired", "fire"]


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
        start_ns = await Conductor(load, host, gathering, stop).lead(Phases(load, window.state), on_start, on_workers)
    finally:
        await asyncio.shield(host.close())
    return gathering.result(start_ns, host.pids, Surroundings(window.steal_fraction(), calibrated_us, ports))
