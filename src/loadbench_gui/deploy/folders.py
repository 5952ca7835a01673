"""Where loadbench keeps what concerns this machine now: records of running guardians, and the lock on measuring."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import platformdirs

from loadbench_gui.errors import EnvironmentFault

RUNTIME_DIR_VARIABLE = "LOADBENCH_RUNTIME_DIR"


def runtime_path() -> Path:
    """Return where records of running guardians are kept; `LOADBENCH_RUNTIME_DIR` overrides the platform's choice."""
    chosen = os.environ.get(RUNTIME_DIR_VARIABLE)
    # Not the session's runtime folder, which cron jobs and desktop sessions of one user do not share.
    return Path(chosen) if chosen else platformdirs.user_state_path("loadbench") / "running"


def runtime_dir() -> Path:
    """Return the folder for records of running guardians, made if need be.

    Raises `EnvironmentFault` when it cannot be written.
    """
    folder = runtime_path()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentFault(
            f"cannot write to the runtime folder {folder}: {error.strerror}",
            f"Set {RUNTIME_DIR_VARIABLE} to a folder that you may write to.",
        ) from error
    return folder


def lock_path() -> Path:
    """Return the path of the lock that all users of this machine share.

    Not below TMPDIR, which differs from session to session on some systems.
    """
    chosen = os.environ.get(RUNTIME_DIR_VARIABLE)
    if chosen:
        return Path(chosen) / "loadbench.lock"
    shared = Path(tempfile.gettempdir()) if sys.platform == "win32" else Path("/tmp")  # noqa: S108 - shared on purpose
    return shared / "loadbench.lock"
