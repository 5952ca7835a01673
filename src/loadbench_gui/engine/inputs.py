"""What a workload needs from the disk before it can send: rows for its placeholders, sizes of the bodies it streams.

Workers call this once per shard, services once before anything is sent (which is when a user reads what is wrong).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from loadbench_gui.core.plan import Workload
from loadbench_gui.core.template.inputs import FILE_LIMIT_BYTES, Inputs, Rows, rows_of
from loadbench_gui.core.template.parsed import columns_of
from loadbench_gui.errors import UserError


def read_inputs(workload: Workload) -> Inputs:
    """Return what `workload` takes from files; without placeholders and files nothing is read.

    Raises `UserError` for a file that cannot be read, a data file that is larger than 64 MiB or a million rows, and
    a column that it does not have.
    """
    sizes = {one.body_file: _size(one.body_file) for one in workload.requests if one.body_file}
    return Inputs(_rows(workload), sizes)


def _rows(workload: Workload) -> Rows:
    wanted = columns_of(workload.requests)
    if not wanted:
        return Rows()
    if not workload.data_file:
        raise UserError(
            f"${{row:{wanted[0]}}} takes its values from a CSV file, and none is named",
            'Name one: data = "users.csv" in the workload, or --data users.csv.',
        )
    name = Path(workload.data_file).name
    if _size(workload.data_file) > FILE_LIMIT_BYTES:
        limit = f"{FILE_LIMIT_BYTES // 1024**2} MiB"
        raise UserError(f"{name} is larger than {limit}", "Give it fewer rows: they are held in memory.")
    with _opened(workload.data_file) as file:
        return rows_of(file, wanted, name)


def _size(path: str) -> int:
    try:
        found = Path(path)
        size = found.stat().st_size
        if found.is_dir():
            raise UserError(f"{path} is a folder", "Name a file.")
        if not found.is_file():
            # Opening a pipe would wait for whoever writes to it, and it has no size.
            raise UserError(f"{path} is not a regular file", "Name a file: what it holds is read more than once.")
        with found.open("rb"):
            return size
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}", "Check the path and its permissions.") from None


@contextmanager
def _opened(path: str) -> Iterator[TextIO]:
    """Open a CSV file as UTF-8, with or without the mark that some programs put first."""
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            yield file
    except UnicodeDecodeError as error:
        raise UserError(f"{Path(path).name} is not UTF-8 text: {error.reason}", "Save it as UTF-8.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}", "Check the path and its permissions.") from None
