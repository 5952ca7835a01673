"""Opening a history: settings of the connection, schema version, backup, migrations.

Everything here blocks and belongs on the store's thread.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from loadbench_gui.errors import EnvironmentFault

BUSY_TIMEOUT_S: Final = 5.0
CACHE_KIB: Final = 256
"""Of pages that were read or written, an eighth of SQLite's default. A history is appended to and read in order, so it
would keep what is never asked for again; and the system keeps the file's pages anyway."""
_NUMBERED = re.compile(r"(\d{4})_\w+\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema: brings `user_version` to `version`."""

    version: int
    name: str
    statements: tuple[str, ...]


def shipped_migrations() -> Traversable:
    """Return the folder of numbered SQL files inside the package."""
    return files("loadbench_gui.store") / "migrations"


def read_migrations(folder: Traversable) -> tuple[Migration, ...]:
    """Read `NNNN_name.sql` files in order. Numbers start at 1 and have no gap (`ValueError` otherwise)."""
    steps = [
        Migration(int(match[1]), file.name, tuple(_statements(file.read_text("utf-8"))))
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if (match := _NUMBERED.fullmatch(file.name))
    ]
    if [step.version for step in steps] != list(range(1, len(steps) + 1)):
        raise ValueError(f"migrations are numbered from 0001 without gaps, not {[step.name for step in steps]}")
    return tuple(steps)


def connect(path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> sqlite3.Connection:
    """Open (or create) the file at `path` with our settings; the schema is not looked at.

    Commits reach the disk before they return (synchronous FULL): a power cut loses no interval that was appended.
    """
    # Transactions are begun by hand: the module's own rules for that are easy to trip over.
    connection = sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def migrate(connection: sqlite3.Connection, path: Path, steps: tuple[Migration, ...]) -> None:
    """Bring the schema up to the last of `steps`, after a backup, each step in a transaction of its own.

    Raises `EnvironmentFault` for a history that a newer loadbench has written or that is another program's.
    """
    version, tables = _look(connection)
    if version > len(steps):
        raise EnvironmentFault(
            f"the history at {path} was written by a newer loadbench (schema {version}; this one knows {len(steps)})",
            "Update loadbench, or choose another folder with --data-dir. Nothing was changed.",
        )
    if version == 0 and tables:
        raise EnvironmentFault(
            f"{path} is a database of another program",
            "Choose another folder with --data-dir. Nothing was changed.",
        )
    _use_wal(connection)
    if 0 < version < len(steps):
        _back_up(connection, path.with_name(f"{path.name}.v{version}.backup"))
    for step in steps[version:]:
        with transaction(connection):
            # Another process may have migrated between our look and our lock.
            if user_version(connection) < step.version:
                for statement in step.statements:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {step.version}")


def user_version(connection: sqlite3.Connection) -> int:
    """Return the schema version of the file (0: nothing in it yet)."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All or nothing. The write lock is taken at once, so that the busy timeout applies to the whole."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        # A full disk makes SQLite roll back by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _look(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return schema version and number of tables as of one moment: another first start may be migrating now."""
    connection.execute("BEGIN")
    try:
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        return user_version(connection), tables
    finally:
        connection.execute("COMMIT")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Readers beside one writer. A folder that cannot do it (some network disks) keeps the rollback journal."""
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # Two first starts at once: the other one makes the switch, and it is permanent.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise


def _back_up(connection: sqlite3.Connection, to: Path) -> None:
    """Copy the database as it is now, WAL included; a half-written copy never carries the backup's name."""
    partial = to.with_name(f"{to.name}.{os.getpid()}.partial")
    try:
        with contextlib.closing(sqlite3.connect(partial)) as copy:
            connection.backup(copy)
        partial.replace(to)
    finally:
        partial.unlink(missing_ok=True)


def _statements(script: str) -> Iterator[str]:
    """Cut a script into statements: `executescript` would commit behind our back."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending.strip()
            pending = ""
    if any(line.strip() and not line.lstrip().startswith("--") for line in pending.splitlines()):
        raise ValueError(f"a migration ends in an unfinished statement: {pending.strip()[:80]!r}")
