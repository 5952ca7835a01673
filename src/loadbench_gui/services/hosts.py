"""Where the shards of a load run: in worker processes, or on the loop of the application itself."""

from __future__ import annotations

import asyncio
import gc
from time import thread_time_ns
from typing import Protocol

from loadbench_gui.core.plan import Shard
from loadbench_gui.core.snapshot import ShardSnapshot
from loadbench_gui.engine import wire
from loadbench_gui.engine.runner import ShardRun
from loadbench_gui.errors import Bug
from loadbench_gui.services.gathering import Gathering
from loadbench_gui.services.supervisor import Worker


class Host(Protocol):
    """Where the shards run."""

    pids: tuple[int, ...]

    @property
    def opened(self) -> int:
        """How many connections `prepare` has opened, as far as that is known."""

    async def prepare(self) -> None:
        """Open the connections."""

    def begin(self, start_ns: int) -> None:
        """Announce the common start."""

    def halt(self, at_ns: int) -> None:
        """Ask for an end at `at_ns` (perf_counter_ns), which every shard takes for the end of its window."""

    def kill(self) -> None:
        """End what has not ended by itself."""

    async def close(self) -> None:
        """Leave nothing running."""


class Workers:
    """Shards in processes of their own."""

    def __init__(self, parts: tuple[Shard, ...], gathering: Gathering, *, spin: bool) -> None:
        self._gathering = gathering
        self._waiting = {shard.index for shard in parts}
        self._opened: dict[int, int] = {}
        self._prepared = asyncio.Event()
        self._workers: list[Worker] = []
        self._parts, self._spin = parts, spin
        self.pids: tuple[int, ...] = ()

    @property
    def opened(self) -> int:
        """How many connections the workers have told of."""
        return sum(self._opened.values())

    async def prepare(self) -> None:
        """Start the processes and wait until each has opened its connections, or died."""
        for shard in self._parts:
            self._workers.append(self._start(shard))
        self.pids = tuple(worker.pid for worker in self._workers)
        await self._prepared.wait()

    def begin(self, start_ns: int) -> None:
        """Announce the common start."""
        for worker in self._workers:
            worker.send(wire.Begin(start_ns))

    def halt(self, at_ns: int) -> None:
        """Ask for an end at `at_ns`."""
        for worker in self._workers:
            worker.send(wire.Halt(at_ns))

    def kill(self) -> None:
        """Kill the processes that are still there."""
        for worker in self._workers:
            worker.kill()

    async def close(self) -> None:
        """Leave nothing running."""
        if not self._gathering.done.is_set():
            self.kill()
        for worker in self._workers:
            await worker.close()

    def _start(self, shard: Shard) -> Worker:
        def take(message: wire.Message) -> None:
            match message:
                case ShardSnapshot():
                    if message.shard != shard.index:
                        raise Bug(f"worker {shard.index} reported as shard {message.shard}")
                    self._gathering.add(message)
                case wire.Finished(last_ns):
                    self._gathering.finish(last_ns)
                case wire.Opening(opened):
                    self._opened[shard.index] = opened
                case wire.Ready():
                    self._is_prepared(shard.index)
                case _:
                    pass

        def end(words: str) -> None:
            try:
                self._gathering.end(shard.index, words)
            finally:
                self._is_prepared(shard.index)

        return Worker(shard, spin=self._spin, on_message=take, on_end=end)

    def _is_prepared(self, index: int) -> None:
        self._waiting.discard(index)
        if not self._waiting:
            self._prepared.set()


class InApp:
    """One shard on the running loop."""

    pids: tuple[int, ...] = ()

    def __init__(self, shard: Shard, gathering: Gathering) -> None:
        self._shard = shard
        self._gathering = gathering
        self._run = ShardRun(shard, gathering.add, cpu_clock=thread_time_ns)
        self._task: asyncio.Task[None] | None = None

    @property
    def opened(self) -> int:
        """How many connections `prepare` has opened so far."""
        return self._run.opened

    async def prepare(self) -> None:
        """Open the connections.

        Everything that the application has made until now is put out of the garbage collector's sight already here.
        The collection before the first request would otherwise walk through all of it after the common start has been
        announced, come late to it, and leave a first interval that is all work.
        """
        await self._run.prepare()
        gc.collect()
        gc.freeze()

    def begin(self, start_ns: int) -> None:
        """Announce the common start."""
        self._task = asyncio.get_running_loop().create_task(self._fire(start_ns))

    def halt(self, at_ns: int) -> None:
        """Ask for an end at `at_ns`."""
        self._run.halt(at_ns)

    def kill(self) -> None:
        """Cancel the run."""
        if self._task is not None:
            self._task.cancel()

    async def close(self) -> None:
        """Leave nothing running."""
        if self._task is None:
            self._run.abandon()
        else:
            self._task.cancel()
            # What went wrong in it has been told to the gathering as the shard's last words.
            await asyncio.gather(self._task, return_exceptions=True)
        gc.unfreeze()

    async def _fire(self, start_ns: int) -> None:
        words = "it was cancelled"
        try:
            self._gathering.finish(await self._run.run(start_ns))
        except Exception as problem:
            words = f"{type(problem).__name__}: {problem}"
            raise
        finally:
            self._gathering.end(self._shard.index, words)
