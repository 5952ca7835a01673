"""Eyes on both sides while a load runs: the server's process tree, the generator's workers, the container's quota.

Everything lands on the run's time axis. What was seen before the common start is known is moved there afterwards.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from typing import Final

from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.plan import Attach, Deployment
from loadbench_gui.deploy.owners import connection_owners, requests_per_process
from loadbench_gui.deploy.placement import throttle_caveat
from loadbench_gui.deploy.prometheus import PrometheusWatcher
from loadbench_gui.deploy.server import Server
from loadbench_gui.deploy.topology import read_throttled
from loadbench_gui.deploy.watch import Watcher, sample_tree, tree_pids
from loadbench_gui.services.recording import Recording

MOST_OWNERS: Final = 20_000
"""With so many connections seen, looking on would cost more than it tells."""


class Watching:
    """Watches one run; hand `common_start` and `workers` to the generator, and stop it whatever happens."""

    def __init__(self, recording: Recording, server: Server, deployment: Deployment) -> None:
        self._recording = recording
        self._server = server
        self._origin_ns = time.perf_counter_ns()
        self._throttled = 0
        self._opening_ns: int | None = None
        self._owners: dict[int, int] = {}
        self._generator: Watcher | None = None
        self._target: Watcher | PrometheusWatcher | None = None
        if server.pid is not None:
            self._target = Watcher(server.pid, self._origin, recording.add_target_sample, on_look=self._look)
        elif isinstance(deployment.source, Attach) and deployment.source.prometheus_url is not None:
            self._target = PrometheusWatcher(
                deployment.source.prometheus_url, self._origin, recording.add_target_sample
            )

    @property
    def has_target(self) -> bool:
        """Whether the server's memory can be seen at all."""
        return self._target is not None

    def start(self) -> None:
        """Begin with a look now. Needs a running loop."""
        self._throttled = read_throttled()
        if self._target is not None:
            self._target.start()

    def opening(self) -> None:
        """Note that connections are opened from now on: before, the server was idle."""
        self._opening_ns = time.perf_counter_ns()

    @property
    def idle_until_s(self) -> float:
        """When connections began to be opened, on the run's time axis; 0 where nobody said."""
        return 0.0 if self._opening_ns is None else (self._opening_ns - self._origin_ns) / 1e9

    def common_start(self, start_ns: int) -> None:
        """Take the moment that the run's time axis counts from."""
        self._recording.shift_samples((self._origin_ns - start_ns) / 1e9)
        self._origin_ns = start_ns
        if (pid := self._server.pid) is not None:
            # Connections are open by now and stay so for a while yet: the one look that a short run gets.
            asyncio.get_running_loop().run_in_executor(None, lambda: self._look(tree_pids(pid)))

    def workers(self, pids: tuple[int, ...]) -> None:
        """Watch the generator's processes too, where they are not this very process."""
        if os.getpid() not in pids:
            self._generator = Watcher(pids, self._origin, self._recording.add_generator_sample)
            self._generator.start()

    def stop(self) -> None:
        """Look no more."""
        for watcher in (self._target, self._generator):
            if watcher is not None:
                watcher.stop()

    async def last_look(self) -> None:
        """Take the last sample: what the server keeps once the load is over."""
        if self._server.pid is None or self._server.exited.is_set():
            return
        t_s = (time.perf_counter_ns() - self._origin_ns) / 1e9
        sample = await asyncio.to_thread(sample_tree, self._server.pid, t_s)
        if sample is not None:
            self._recording.add_target_sample(sample)

    def caveats(self) -> tuple[Caveat, ...]:
        """Return what the watch itself found wrong: a container that ran into its CPU quota."""
        caveat = throttle_caveat(self._throttled, read_throttled())
        return (caveat,) if caveat is not None else ()

    def requests_per_process(self, served: Mapping[int, int]) -> dict[str, int] | None:
        """Return how many requests each server process answered, by pid; None where the sockets do not tell.

        served: requests answered by each of our connections, by local port.
        """
        return requests_per_process(served, dict(self._owners))

    def _look(self, pids: tuple[int, ...]) -> None:
        """On a thread: see who holds our connections; ports are reused, so the latest look counts."""
        if len(self._owners) < MOST_OWNERS:
            self._owners.update(connection_owners(pids, self._server.target.port))

    def _origin(self) -> int:
        return self._origin_ns
