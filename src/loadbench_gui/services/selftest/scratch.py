"""Folders of a self-test's own: it must neither touch the user's history nor leave anything behind."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loadbench_gui.deploy.folders import RUNTIME_DIR_VARIABLE, runtime_path
from loadbench_gui.errors import EnvironmentFault


@dataclass(frozen=True, slots=True)
class Scratch:
    """A folder that is removed at the end.

    data_dir, runtime_dir: where the user's history and the records of servers would be; only ever looked at.
    """

    folder: Path
    data_dir: Path
    runtime_dir: Path

    def new(self, name: str) -> Path:
        """Return a new folder below it."""
        made = self.folder / name
        made.mkdir()
        return made


@contextmanager
def scratch(data_dir: Path) -> Iterator[Scratch]:
    """Make the folder, and have the records of servers that are started here kept in it.

    Raises `EnvironmentFault` when there is no room for temporary files.
    """
    before, usual = os.environ.get(RUNTIME_DIR_VARIABLE), runtime_path()
    try:
        held = tempfile.TemporaryDirectory(prefix="loadbench-self-test-", ignore_cleanup_errors=True)
    except OSError as problem:
        raise EnvironmentFault(
            f"no temporary folder can be made: {problem}", "Make room, or set TMPDIR to a folder that you may write to."
        ) from problem
    with held as name:
        os.environ[RUNTIME_DIR_VARIABLE] = str(Path(name) / "running")
        try:
            yield Scratch(Path(name), data_dir, usual)
        finally:
            if before is None:
                del os.environ[RUNTIME_DIR_VARIABLE]
            else:
                os.environ[RUNTIME_DIR_VARIABLE] = before
