"""The history as services see it: asyncio in front, one thread of its own behind.

Every call is queued the moment it is made and done in that order, awaited or not; the future it returns carries the
result or the failure. So a run can hand in interval after interval without waiting, and still hear of a full disk.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType

from loadbench_gui.core.run import Interval, Run, TargetSample
from loadbench_gui.core.verdict import Comparison, Schedule
from loadbench_gui.store import comparisons, db, lookup, runs
from loadbench_gui.store.data_dir import HISTORY_FILE, prepare
from loadbench_gui.store.lookup import Kind
from loadbench_gui.store.records import ComparisonRecord, ComparisonStart, RunRecord
from loadbench_gui.store.thread import DatabaseThread

CLOSE_DEADLINE_S = 5.0


class Store:
    """Everything measured, kept. Make one with `await Store.open(folder)`; end it with `close`.

    Failures of all calls: `EnvironmentFault` (disk full, locked, damaged, not writable), `UserError` (an id that
    nothing answers to), `Bug` (used after closing, appended to a run that was never begun).
    """

    def __init__(self, folder: Path, *, busy_timeout_s: float = db.BUSY_TIMEOUT_S) -> None:
        self.path = folder / HISTORY_FILE
        self._thread = DatabaseThread(self.path, partial(_connect, self.path, busy_timeout_s))

    @classmethod
    async def open(cls, folder: Path, *, busy_timeout_s: float = db.BUSY_TIMEOUT_S) -> Store:
        """Open the history in `folder`, both made if missing; an older one is backed up and migrated.

        busy_timeout_s: how long each write may wait for another program's lock. Raises `EnvironmentFault`.
        """
        store = cls(folder, busy_timeout_s=busy_timeout_s)
        store._thread.start()
        try:
            await store._thread.submit(lambda _: None)
        except BaseException:
            store.close(0.0)
            raise
        return store

    def close(self, deadline_s: float = CLOSE_DEADLINE_S) -> bool:
        """Finish what is queued and close, blocking for at most `deadline_s`; True when nothing was left undone.

        Safe to call twice, with or without a running loop.
        """
        return self._thread.stop(deadline_s)

    async def aclose(self, deadline_s: float = CLOSE_DEADLINE_S) -> bool:
        """As `close`, without holding up the loop."""
        return await asyncio.wrap_future(self._thread.stop_soon(deadline_s))

    async def __aenter__(self) -> Store:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    def append_comparison(
        self,
        comparison_id: str,
        profile: str,
        profile_text: str,
        schedule: Schedule,
        started_at: str,
        command: str,
        baseline: str,
    ) -> asyncio.Future[None]:
        """Record what was decided before the first run. Comes before `begin_run` of its runs."""
        start = ComparisonStart(comparison_id, profile, profile_text, schedule, started_at, command, baseline)
        return self._thread.submit(lambda connection: comparisons.append(connection, start))

    def begin_run(self, run: Run) -> asyncio.Future[None]:
        """Record that a run has begun: label, workload, launch facts; figures are not in yet."""
        return self._thread.submit(lambda connection: runs.begin(connection, run))

    def append_interval(self, run_id: str, interval: Interval) -> asyncio.Future[None]:
        """Append a closed interval of one second; it is on disk when the future is done."""
        return self._thread.submit(lambda connection: runs.append_interval(connection, run_id, interval))

    def append_target_samples(self, run_id: str, samples: Iterable[TargetSample]) -> asyncio.Future[None]:
        """Append samples of the server's process tree."""
        batch = tuple(samples)
        return self._thread.submit(lambda connection: runs.append_samples(connection, run_id, batch))

    def seal_run(self, run: Run) -> asyncio.Future[None]:
        """Record the end of a run, as planned or not (`run.sealed`), with whatever was not appended before."""
        return self._thread.submit(lambda connection: runs.seal(connection, run))

    def save_comparison(self, comparison: Comparison) -> asyncio.Future[None]:
        """Record the verdict; a later one replaces it."""
        return self._thread.submit(lambda connection: comparisons.save(connection, comparison))

    def list_runs(self) -> asyncio.Future[tuple[RunRecord, ...]]:
        """Every run, newest first."""
        return self._thread.submit(runs.list_all)

    def list_comparisons(self) -> asyncio.Future[tuple[ComparisonRecord, ...]]:
        """Every comparison, newest first."""
        return self._thread.submit(comparisons.list_all)

    def find(self, prefix: str) -> asyncio.Future[tuple[Kind, str]]:
        """What an id, or the beginning of one, means: ("run" | "comparison", full id)."""
        return self._thread.submit(lambda connection: lookup.find(connection, prefix))

    def load_run(self, prefix: str) -> asyncio.Future[Run]:
        """A whole run; one that a crash cut short is put together from its intervals, unsealed."""

        def work(connection: sqlite3.Connection) -> Run:
            return runs.load(connection, lookup.find(connection, prefix, ("run",))[1], self.path)

        return self._thread.submit(work)

    def load_comparison(self, prefix: str) -> asyncio.Future[tuple[Comparison | None, tuple[Run, ...]]]:
        """The verdict (None while there is none) and the runs in schedule order."""

        def work(connection: sqlite3.Connection) -> tuple[Comparison | None, tuple[Run, ...]]:
            return comparisons.load(connection, lookup.find(connection, prefix, ("comparison",))[1], self.path)

        return self._thread.submit(work)

    def load_start(self, prefix: str) -> asyncio.Future[ComparisonStart]:
        """What was decided before the comparison's first run: profile text, schedule, command."""

        def work(connection: sqlite3.Connection) -> ComparisonStart:
            return comparisons.load_start(connection, lookup.find(connection, prefix, ("comparison",))[1], self.path)

        return self._thread.submit(work)

    def delete(self, prefix: str) -> asyncio.Future[str]:
        """Delete a run, or a comparison with all its runs; gives the full id."""
        return self._thread.submit(lambda connection: lookup.delete(connection, prefix))

    def set_tags(self, prefix: str, tags: Sequence[str]) -> asyncio.Future[str]:
        """Replace the tags of a run or comparison; gives the full id."""
        chosen = tuple(tags)
        return self._thread.submit(lambda connection: lookup.set_tags(connection, prefix, chosen))


def _connect(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    prepare(path.parent)
    connection = db.connect(path, busy_timeout_s=busy_timeout_s)
    try:
        db.migrate(connection, path, db.read_migrations(db.shipped_migrations()))
    except BaseException:
        connection.close()
        raise
    return connection
