"""Clearing what a killed guardian left behind, so that it does not spoil the next measurement.

A guardian that dies by SIGKILL takes its own child with it, but not that child's workers. They are found again by
what the guardian wrote down: the session they are in, their pids with start times, and a token in their environment.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from loadbench_gui.deploy import proctree
from loadbench_gui.deploy.proctree import Proc

TOKEN_VARIABLE = "LOADBENCH_GUARD"  # noqa: S105 - the name of a variable
RECORD_PATTERN = "guardian-*.json"
LIMIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Record:
    """What a guardian wrote down: (pid, start) pairs of itself, of the server and of the tree below."""

    path: Path
    token: str
    guardian: tuple[int, str]
    server: tuple[int, str]
    tree: frozenset[tuple[int, str]]


def record_path(directory: Path, token: str) -> Path:
    """Where the guardian of the launch called `token` keeps its record."""
    return directory / f"guardian-{token}.json"


def read_records(directory: Path) -> Iterator[Record]:
    """Yield the records in `directory`; one that is being replaced or damaged is passed over."""
    for path in sorted(directory.glob(RECORD_PATTERN)):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            document = json.loads(path.read_text(encoding="utf-8"))
            yield Record(
                path,
                str(document["token"]),
                (int(document["guardian"][0]), str(document["guardian"][1])),
                (int(document["server"][0]), str(document["server"][1])),
                frozenset((int(pid), str(start)) for pid, start in document["tree"]),
            )


def sweep(directory: Path) -> tuple[int, ...]:
    """Kill what dead guardians left and remove their records. Blocks for milliseconds. Returns the killed pids.

    Guardians that are alive are left alone: they belong to another loadbench, which answers for them.
    """
    killed: set[int] = set()
    for record in read_records(directory):
        guardian = proctree.read_process(record.guardian[0])
        if guardian is not None and guardian.identity == record.guardian and not guardian.zombie:
            continue
        killed |= proctree.kill_until_none(lambda record=record: _leftovers(record), LIMIT_S)  # type: ignore[misc]  # bound now, on purpose
        if not _leftovers(record):
            record.path.unlink(missing_ok=True)
    return tuple(sorted(killed))


def _leftovers(record: Record) -> list[Proc]:
    """Return the living processes that belong to `record`; never this process or one it descends from."""
    processes = proctree.all_processes()
    spared = _lineage(processes)
    return [
        proc
        for proc in processes
        if not proc.zombie and proc.pid not in spared and (_is_recorded(proc, record) or _has_token(proc, record))
    ]


def _is_recorded(proc: Proc, record: Record) -> bool:
    """By identity, or on Linux by session: its number is not given out again while somebody is in it."""
    if proc.identity in record.tree or proc.identity == record.server:
        return True
    server_pid, server_start = record.server
    if not sys.platform.startswith("linux") or not server_pid or not server_start:
        return False
    return proc.session == server_pid and proc.start >= server_start


def _has_token(proc: Proc, record: Record) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    with contextlib.suppress(OSError):
        environment = (proctree.PROC / str(proc.pid) / "environ").read_bytes()
        return f"{TOKEN_VARIABLE}={record.token}".encode() in environment.split(b"\0")
    return False


def _lineage(processes: list[Proc]) -> set[int]:
    """Return this process and its ancestors."""
    parents = {proc.pid: proc.ppid for proc in processes}
    lineage: set[int] = set()
    pid = os.getpid()
    while pid and pid not in lineage:
        lineage.add(pid)
        pid = parents.get(pid, 0)
    return lineage
