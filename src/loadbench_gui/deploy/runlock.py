"""One measured run at a time on a machine: two at once would only measure each other.

The operating system holds the lock and lets go of it when the holder dies, however it dies; what the file says is for
people only, and may be left over from a holder that is gone.
"""

from __future__ import annotations

import contextlib
import errno
import getpass
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from loadbench_gui.deploy.folders import lock_path
from loadbench_gui.errors import EnvironmentFault

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@contextlib.contextmanager
def measuring(purpose: str, path: Path | None = None) -> Iterator[None]:
    """Hold the machine while the block runs. purpose: what is measured, for whoever is turned away.

    Raises `EnvironmentFault` at once, naming the holder, when somebody else is measuring.
    """
    path = path or lock_path()
    fd = _open(path)
    try:
        if not _try_lock(fd):
            raise _busy(path, _read(fd))
        _write(fd, purpose)
        try:
            yield
        finally:
            # Emptied, not removed: a lock on a file that was removed would exclude nobody.
            with contextlib.suppress(OSError):
                os.ftruncate(fd, 0)
    finally:
        os.close(fd)


def _open(path: Path) -> int:
    """Open the shared file. In a sticky folder, opening another user's file must not ask to create it."""
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for _ in range(3):
            with contextlib.suppress(FileNotFoundError):
                return os.open(path, flags)
            with contextlib.suppress(FileExistsError):
                fd = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o666)
                if hasattr(os, "fchmod"):
                    os.fchmod(fd, 0o666)
                return fd
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    except OSError as error:
        raise EnvironmentFault(
            f"cannot open the lock file {path}: {error.strerror}",
            "Remove it if nobody is measuring, or set LOADBENCH_RUNTIME_DIR to a folder that you may write to.",
        ) from error


def _try_lock(fd: int) -> bool:
    try:
        if sys.platform == "win32":
            # Far behind the text, which others must be able to read.
            os.lseek(fd, 1 << 20, os.SEEK_SET)
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _write(fd: int, purpose: str) -> None:
    user = ""
    with contextlib.suppress(Exception):
        user = getpass.getuser()
    text = json.dumps({"purpose": purpose, "pid": os.getpid(), "user": user, "since": time.strftime("%H:%M:%S")})
    with contextlib.suppress(OSError):
        os.ftruncate(fd, 0)
        os.lseek(fd, 0, os.SEEK_SET)
        os.write(fd, text.encode())


def _read(fd: int) -> dict[str, object]:
    with contextlib.suppress(OSError, ValueError):
        os.lseek(fd, 0, os.SEEK_SET)
        document = json.loads(os.read(fd, 4096))
        if isinstance(document, dict):
            return document
    return {}


def _busy(path: Path, holder: dict[str, object]) -> EnvironmentFault:
    who = (
        f"{holder.get('purpose')} (pid {holder.get('pid')}, user {holder.get('user')}, since {holder.get('since')})"
        if holder
        else f"somebody who holds {path}"
    )
    return EnvironmentFault(
        f"another loadbench is measuring on this machine: {who}",
        "Two runs at once would disturb each other's figures. Wait until it is done, or stop it.",
    )
