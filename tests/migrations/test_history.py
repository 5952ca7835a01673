"""Histories that earlier versions wrote open in this one, with everything in them."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.store import db
from loadbench_gui.store.db import read_migrations
from loadbench_gui.store.store import Store

HERE = Path(__file__).parent
FIXTURES = sorted(HERE.glob("history-v*.db"))


def test_every_schema_version_before_todays_has_a_fixture() -> None:
    newest = len(read_migrations(db.shipped_migrations()))
    versions = [int(path.stem.removeprefix("history-v")) for path in FIXTURES]
    assert versions == list(range(1, newest + 1))


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_a_history_of_every_version_opens_with_all_that_is_in_it(fixture: Path, tmp_path: Path) -> None:
    shutil.copyfile(fixture, tmp_path / "history.db")

    async def main() -> None:
        async with await Store.open(tmp_path) as store:
            (listed,) = await store.list_comparisons()
            assert (listed.comparison_id, listed.complete, listed.rounds) == ("cmp-1", True, 2)
            comparison, (sealed, cut) = await store.load_comparison("cmp-1")
            assert comparison is not None
            assert comparison.summary == listed.summary
            assert comparison.metrics[0].verdict.value in {"faster", "measurable", "equivalent", "inconclusive"}
            assert (await store.load_start("cmp-1")).profile_text == 'schema = 1\nname = "kept as it was"\n'
            assert (sealed.sealed, len(sealed.intervals), len(sealed.target_samples)) == (True, 5, 6)
            assert sealed.measured.errors == {ErrorKind.RESET: 2}
            assert sealed.measured.service.total == sealed.measured.succeeded > 100
            assert sealed.workload.shape.connections == 64
            assert (cut.sealed, len(cut.intervals), cut.duration_s) == (False, 3, 2.0)
            assert cut.measured.succeeded > 50
            assert [run.tags for run in await store.list_runs()] == [(), ("kept",)]

    asyncio.run(main())


def test_the_schema_of_a_migrated_history_is_that_of_a_new_one(tmp_path: Path) -> None:
    steps = read_migrations(db.shipped_migrations())
    shutil.copyfile(FIXTURES[0], tmp_path / "old.db")
    schemas = []
    for name in ("old.db", "new.db"):
        with closing(db.connect(tmp_path / name)) as connection:
            db.migrate(connection, tmp_path / name, steps)
            schemas.append(_schema(connection))
    assert schemas[0] == schemas[1]


def _schema(connection: sqlite3.Connection) -> list[tuple[str, str | None]]:
    return connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
