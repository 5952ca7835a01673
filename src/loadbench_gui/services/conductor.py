"""Leads the shards of a load from their first connection to their last request, and waits for none of them for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter_ns
from typing import Final

from loadbench_gui.core.plan import Load
from loadbench_gui.errors import EnvironmentFault
from loadbench_gui.services.gathering import Gathering
from loadbench_gui.services.hosts import Host
from loadbench_gui.services.phases import Phases

HANG_SLACK_S: Final = 10.0
"""How long after its time a worker may still be silent before it is taken for hung and killed."""
PREPARE_S: Final = 30.0
"""How long workers may take to start and to open their connections, which they stagger over two seconds and wait three
for; starting Python on a machine that is busy takes most of the rest."""
PREPARE_EACH_S: Final = 2.0
"""And for each worker, as they start side by side on few CPUs. All of it is given anew as long as connections open:
ten thousand WebSockets of a slow server, a few at a time, take minutes."""
START_AHEAD_NS: Final = 60_000_000
"""How far ahead the common start lies when it is announced: longer than a frame takes to arrive."""
STOP_AHEAD_NS: Final = 20_000_000
"""The same for a stop: all shards end their window at the moment that the throughput is divided by."""


class Conductor:
    """Leads one load on one host, once.

    stop: ends it early, as does a worker that has died where the profile says so.
    """

    def __init__(self, load: Load, host: Host, gathering: Gathering, stop: asyncio.Event) -> None:
        self._load, self._host, self._gathering, self._stop = load, host, gathering, stop

    async def lead(
        self, phases: Phases, on_start: Callable[[int], None], on_workers: Callable[[tuple[int, ...]], None] | None
    ) -> int:
        """Open the connections, fire, and wait for the last request; return the common start (perf_counter_ns).

        on_start gets it when it is announced, on_workers the pids of the processes that fire.
        Raises `EnvironmentFault` when the shards did not get ready in time.
        """
        ending = asyncio.ensure_future(_first_of(self._stop, self._gathering.broken))
        try:
            await self._prepare(ending)
            if on_workers is not None:
                on_workers(self._host.pids)
            start_ns = perf_counter_ns() + START_AHEAD_NS
            self._host.begin(start_ns)
            on_start(start_ns)
            phases.begin(start_ns)
            await self._see_out(ending, phases)
        finally:
            phases.cancel()
            ending.cancel()
        return start_ns

    async def _prepare(self, ending: asyncio.Future[None]) -> None:
        """Have the connections opened, as long as nobody asks for an end."""
        preparing = asyncio.ensure_future(self._host.prepare())
        try:
            await self._while_it_gets_on(ending, preparing)
            if ending.done() and not preparing.done():
                self._host.halt(perf_counter_ns())
                await asyncio.wait((preparing,), timeout=HANG_SLACK_S)
            if not preparing.done():
                raise _never_ready()
            await preparing
        finally:
            preparing.cancel()

    async def _while_it_gets_on(self, *events: asyncio.Future[None]) -> None:
        """Wait for one of them, as long as a connection is opened every now and then."""
        opened = -1
        while opened < self._host.opened and not any(event.done() for event in events):
            opened = self._host.opened
            await asyncio.wait(events, timeout=self._patience_s, return_when=asyncio.FIRST_COMPLETED)

    async def _see_out(self, ending: asyncio.Future[None], phases: Phases) -> None:
        """Wait for the last request, or for an end that is asked for sooner."""
        workload, gathering = self._load.workload, self._gathering
        done = asyncio.ensure_future(gathering.done.wait())
        longest_s = workload.warmup_s + workload.duration_s + workload.timeout_s + HANG_SLACK_S
        try:
            await asyncio.wait((done, ending), timeout=longest_s, return_when=asyncio.FIRST_COMPLETED)
            if ending.done() and not done.done():
                phases.cancel()
                gathering.stopped_ns = perf_counter_ns() + STOP_AHEAD_NS
                self._host.halt(gathering.stopped_ns)
                await asyncio.wait((done,), timeout=HANG_SLACK_S)
            if not done.done():
                # A worker that hangs is as good as dead; the others have long reported their last.
                self._host.kill()
                await done
        finally:
            done.cancel()
        if not (self._stop.is_set() or gathering.broken.is_set() or gathering.all_lost):
            phases.complete()

    @property
    def _patience_s(self) -> float:
        """How long the shards may take until they are ready, or have opened another connection."""
        workload = self._load.workload
        handshake_s = workload.timeout_s if workload.kind == "ws" else 0.0
        return PREPARE_S + PREPARE_EACH_S * self._gathering.workers + handshake_s


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
