"""Where history and settings live: `--data-dir`, else `LOADBENCH_DATA_DIR`, else the platform's own folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import platformdirs

from loadbench_gui.store.faults import unwritable

VARIABLE: Final = "LOADBENCH_DATA_DIR"
HISTORY_FILE: Final = "history.db"


def data_dir(override: Path | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the absolute data folder, without touching the disk. `~` is the home folder."""
    chosen = override or (Path(environ[VARIABLE]) if environ.get(VARIABLE) else None)
    if chosen is None:
        return platformdirs.user_data_path("loadbench", appauthor=False)
    return chosen.expanduser().absolute()


def prepare(folder: Path) -> Path:
    """Create `folder` if it is missing and return it. Raises `EnvironmentFault` when that cannot be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise unwritable(folder, "it is a file, not a folder") from None
    except OSError as error:
        raise unwritable(folder, error.strerror or str(error)) from error
    return folder
