"""The history: a new one is made, an older one is migrated after a backup, and a newer one is refused."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

from loadbench_gui.deploy.threads import in_thread
from loadbench_gui.errors import Bug, EnvironmentFault
from loadbench_gui.services.selftest.outcome import REPORT, require
from loadbench_gui.services.selftest.scratch import Scratch
from loadbench_gui.services.selftest.specimen import specimen
from loadbench_gui.store import db
from loadbench_gui.store.data_dir import HISTORY_FILE
from loadbench_gui.store.store import Store

REINSTALL: Final = "The installation is incomplete: reinstall loadbench."


async def create_and_read_back(place: Scratch) -> str:
    """Keep a comparison with its runs in a new history, and read both back."""
    folder = place.new("history")
    comparison, runs = await in_thread(specimen)
    async with await Store.open(folder) as store:
        await store.append_comparison(
            comparison.comparison_id, comparison.profile, "", comparison.schedule, comparison.started_at, "", "fastapi"
        )
        for run in runs:
            await store.begin_run(replace(run, intervals=(), target_samples=()))
            for interval in run.intervals:
                await store.append_interval(run.label.run_id, interval)
            await store.append_target_samples(run.label.run_id, run.target_samples)
            await store.seal_run(run)
        await store.save_comparison(comparison)
    async with await Store.open(folder) as store:
        kept, kept_runs = await store.load_comparison(comparison.comparison_id)
    require(kept == comparison, "a comparison does not read back from the history as it was kept")
    require(kept_runs == runs, "the runs of a comparison do not read back from the history as they were kept")
    intervals = sum(len(run.intervals) for run in runs)
    return f"a comparison, {len(runs)} runs and {intervals} intervals, kept and read back alike"


async def migrate(place: Scratch) -> str:
    """Bring a history of the oldest schema to today's, then to one of tomorrow, which today's must refuse."""
    folder = place.new("migrations")
    versions = await in_thread(_migrate, folder / HISTORY_FILE)
    try:
        store = await Store.open(folder)
    except EnvironmentFault as refusal:
        require("newer" in refusal.message, f"a newer history is refused for the wrong reason: {refusal.message}")
        return f"from the oldest schema to {versions}, backed up before the next, a newer one refused"
    await store.aclose()
    raise Bug("a history that a newer version has written is not refused", REPORT)


def _migrate(path: Path) -> int:
    try:
        steps = db.read_migrations(db.shipped_migrations())
    except (OSError, ValueError) as problem:
        raise EnvironmentFault(f"the migrations of the history cannot be read: {problem}", REINSTALL) from problem
    if not steps:
        raise EnvironmentFault("the migrations of the history are missing", REINSTALL)
    tomorrow = db.Migration(len(steps) + 1, "tomorrow", ("CREATE TABLE tomorrow (day TEXT)",))
    with closing(db.connect(path)) as connection:
        for reached in (steps[:1], steps, (*steps, tomorrow)):
            db.migrate(connection, path, reached)
            version = db.user_version(connection)
            require(version == len(reached), f"the history has schema {version} after migrating to {len(reached)}")
    backup = path.with_name(f"{path.name}.v{len(steps)}.backup")
    require(backup.is_file(), "a history was migrated without a backup")
    with closing(db.connect(backup)) as connection:
        require(db.user_version(connection) == len(steps), "the backup is not what was there before")
    return len(steps)
