"""SQLite's and the system's refusals in words: what is wrong outside the program, and what to do about it.

Nothing here deletes or replaces a file: a history that cannot be read is still the user's.
"""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import psutil

from loadbench_gui.errors import Bug, EnvironmentFault, LoadbenchError

_PRIMARY = 0xFF
"""Extended result codes carry the primary one in their lowest byte (https://sqlite.org/rescode.html)."""

_OUT_OF_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def fault_of(error: sqlite3.Error | OSError, path: Path) -> LoadbenchError:
    """Return what `error`, met while using the database at `path`, means to the user."""
    if isinstance(error, OSError):
        return _system_fault(error, path)
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return _locked(path)
    if code == sqlite3.SQLITE_FULL:
        return _full(path)
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return _unreadable(error, path)
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return unwritable(path.parent, str(error))
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL):
        return EnvironmentFault(
            f"reading or writing the history failed: {path}: {error}",
            "Check free space and file size limits (`df`, `ulimit -f`) and the health of the disk, "
            "or choose another folder with --data-dir.",
        )
    return Bug(f"the history refused a statement of ours: {type(error).__name__}: {error}")


def unwritable(folder: Path, reason: str) -> EnvironmentFault:
    """Return the fault of a data folder that cannot be used."""
    return EnvironmentFault(
        f"cannot use the data folder {folder}: {reason}",
        "Make the folder writable, or choose another with --data-dir or LOADBENCH_DATA_DIR.",
    )


def _system_fault(error: OSError, path: Path) -> EnvironmentFault:
    if error.errno in _OUT_OF_SPACE:
        return _full(path)
    return unwritable(path.parent, error.strerror or str(error))


def _full(path: Path) -> EnvironmentFault:
    return EnvironmentFault(
        f"no space left for the history at {path}",
        "Free some space on that disk (or raise its quota), or choose another folder with --data-dir. "
        "Everything stored so far is kept.",
    )


def _unreadable(error: sqlite3.Error, path: Path) -> EnvironmentFault:
    return EnvironmentFault(
        f"the history at {path} is damaged or not a loadbench history: {error}",
        f"Nothing was changed. Move it away ({path.name} with its -wal and -shm files) and a new history is "
        f"started; backups made before upgrades lie beside it as {path.name}.v*.backup. "
        f'`sqlite3 {path.name} ".recover"` can often save what is in it.',
    )


def _locked(path: Path) -> EnvironmentFault:
    holders = _holders(path)
    who = f"It is open in {', '.join(holders)}. " if holders else ""
    return EnvironmentFault(
        f"the history at {path} is locked by another program",
        f"{who}Close the other loadbench or database browser that is writing to it and try again, "
        "or choose another folder with --data-dir.",
    )


def _holders(path: Path) -> list[str]:
    """Return other processes with the file open, as far as this user may see them."""
    own, found = psutil.Process().pid, []
    for process in psutil.process_iter():
        try:
            if process.pid != own and any(Path(file.path) == path for file in process.open_files()):
                found.append(f"{process.name()} (process {process.pid})")
        except (psutil.Error, OSError):
            continue
    return found[:3]
