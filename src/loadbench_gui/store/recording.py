"""One run on its way into the store: handed in from callbacks that cannot wait, and the first failure told at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from loadbench_gui.core.run import Interval, Run, TargetSample
from loadbench_gui.store.store import Store


class Recording:
    """Appends a run's intervals and samples as they come.

    on_failure: called on the loop, once, with the first write that failed (a full disk, say): the moment to stop the
    run. Appending after that does nothing, so that what was measured can still be reported from memory.
    """

    def __init__(self, store: Store, run_id: str, on_failure: Callable[[BaseException], None]) -> None:
        self._store = store
        self._run_id = run_id
        self._on_failure = on_failure
        self._pending: set[asyncio.Future[Any]] = set()
        self.failure: BaseException | None = None

    def begin(self, run: Run) -> None:
        """Record the run's header."""
        if self.failure is None:
            self._watch(self._store.begin_run(run))

    def interval(self, interval: Interval) -> None:
        """Append a stored (1 s) interval."""
        if self.failure is None:
            self._watch(self._store.append_interval(self._run_id, interval))

    def samples(self, samples: Iterable[TargetSample]) -> None:
        """Append samples of the server's process tree."""
        if self.failure is None:
            self._watch(self._store.append_target_samples(self._run_id, samples))

    async def seal(self, run: Run) -> None:
        """Wait for everything handed in, then record the run's end. Raises the first failure."""
        await self.settle()
        await self._store.seal_run(run)

    async def settle(self) -> None:
        """Wait for everything handed in so far. Raises the first failure."""
        while self._pending:
            await asyncio.wait(set(self._pending))
            # Done callbacks run on the next turn of the loop.
            await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure

    def _watch(self, future: asyncio.Future[Any]) -> None:
        self._pending.add(future)
        future.add_done_callback(self._ended)

    def _ended(self, future: asyncio.Future[Any]) -> None:
        self._pending.discard(future)
        error = None if future.cancelled() else future.exception()
        if error is not None and self.failure is None:
            self.failure = error
            self._on_failure(error)
