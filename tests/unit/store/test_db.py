"""Opening a history: made, migrated with a backup, or refused in words with nothing changed."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from loadbench_gui.errors import EnvironmentFault
from loadbench_gui.store import db
from loadbench_gui.store.db import read_migrations

FIRST = "-- what it is for\nCREATE TABLE notes (\n    note TEXT NOT NULL -- one; each\n);\n"
SECOND = "ALTER TABLE notes ADD COLUMN author TEXT;\nUPDATE notes SET author = 'nobody; really';\n"


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_notes.sql").write_text(FIRST)
    (folder / "README.txt").write_text("not a migration")
    return folder


@contextmanager
def opened(path: Path, steps: Path) -> Iterator[sqlite3.Connection]:
    with closing(db.connect(path)) as connection:
        db.migrate(connection, path, read_migrations(steps))
        yield connection


def test_a_new_history_has_the_newest_schema_and_a_write_ahead_log(tmp_path: Path, steps: Path) -> None:
    with opened(tmp_path / "h.db", steps) as connection:
        assert db.user_version(connection) == 1
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
    assert list(tmp_path.glob("*.backup")) == []


def test_an_older_history_is_backed_up_and_brought_up_step_by_step(tmp_path: Path, steps: Path) -> None:
    path = tmp_path / "h.db"
    with opened(path, steps) as connection:
        connection.execute("INSERT INTO notes VALUES ('kept')")
    (steps / "0002_author.sql").write_text(SECOND)
    (steps / "0003_index.sql").write_text("CREATE INDEX by_author ON notes (author);")
    with opened(path, steps) as connection:
        assert db.user_version(connection) == 3
        assert connection.execute("SELECT * FROM notes").fetchall() == [("kept", "nobody; really")]
    with closing(sqlite3.connect(tmp_path / "h.db.v1.backup")) as backup:
        assert db.user_version(backup) == 1
        assert backup.execute("SELECT * FROM notes").fetchall() == [("kept",)]
    assert list(tmp_path.glob("*.partial")) == []


def test_a_step_that_fails_leaves_nothing_of_itself_behind(tmp_path: Path, steps: Path) -> None:
    path = tmp_path / "h.db"
    with opened(path, steps):
        pass
    (steps / "0002_broken.sql").write_text("CREATE TABLE half (x);\nINSERT INTO missing VALUES (1);\n")
    with pytest.raises(sqlite3.OperationalError, match="missing"), opened(path, steps):
        pass
    (steps / "0002_broken.sql").unlink()
    with opened(path, steps) as connection:
        assert db.user_version(connection) == 1
        assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'half'").fetchall() == []


def test_a_history_of_a_newer_loadbench_is_refused_and_left_alone(tmp_path: Path, steps: Path) -> None:
    path = tmp_path / "h.db"
    with opened(path, steps) as connection:
        connection.execute("PRAGMA user_version = 7")
    before = path.read_bytes()
    words = r"newer loadbench \(schema 7; this one knows 1\)"
    with pytest.raises(EnvironmentFault, match=words) as caught, opened(path, steps):
        pass
    assert "Update loadbench" in caught.value.hint
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path, steps: Path) -> None:
    path = tmp_path / "h.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE bookmarks (url)")
    before = path.read_bytes()
    with pytest.raises(EnvironmentFault, match="another program"), opened(path, steps):
        pass
    assert path.read_bytes() == before


def test_first_starts_at_the_same_time_do_not_get_in_each_others_way(tmp_path: Path, steps: Path) -> None:
    path, barrier, errors = tmp_path / "h.db", threading.Barrier(4), []

    def start() -> None:
        barrier.wait()
        try:
            with opened(path, steps):
                pass
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_a_transaction_that_raises_is_undone(tmp_path: Path, steps: Path) -> None:
    def write_and_fail(connection: sqlite3.Connection) -> None:
        with db.transaction(connection):
            connection.execute("INSERT INTO notes VALUES ('gone')")
            raise KeyError

    with opened(tmp_path / "h.db", steps) as connection:
        with pytest.raises(KeyError):
            write_and_fail(connection)
        assert connection.execute("SELECT count(*) FROM notes").fetchone() == (0,)


def test_a_gap_in_the_numbers_is_refused(steps: Path) -> None:
    (steps / "0003_later.sql").write_text("SELECT 1;")
    with pytest.raises(ValueError, match="without gaps"):
        read_migrations(steps)


def test_an_unfinished_statement_is_refused(steps: Path) -> None:
    (steps / "0002_half.sql").write_text("CREATE TABLE x (")
    with pytest.raises(ValueError, match="unfinished statement"):
        read_migrations(steps)


def test_the_shipped_migrations_are_found_inside_the_package() -> None:
    shipped = read_migrations(db.shipped_migrations())
    assert shipped[0].name == "0001_history.sql"
    assert len(shipped[0].statements) == 5
