"""Comparisons as rows: what was decided before the first run, and the verdict when there is one."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Final

from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Comparison, Schedule
from loadbench_gui.store import runs
from loadbench_gui.store.codec import Packed, pack
from loadbench_gui.store.db import transaction
from loadbench_gui.store.records import ComparisonRecord, ComparisonStart, Headline

_APPEND: Final = """
    INSERT INTO comparisons (comparison_id, profile, profile_text, baseline, command, started_at, deployments, rounds,
                             schedule)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SAVE: Final = """
    UPDATE comparisons SET structure = ?, blobs = ?, summary = ?, headlines = ?, complete = ?, deployments = ?,
                           rounds = ?
    WHERE comparison_id = ?
"""
_LIST: Final = """
    SELECT comparison_id, profile, started_at, baseline, command, rounds,
           (SELECT count(*) FROM runs WHERE runs.comparison_id = comparisons.comparison_id),
           summary, complete, deployments, headlines, tags
    FROM comparisons ORDER BY started_at DESC, rowid DESC
"""


def append(connection: sqlite3.Connection, start: ComparisonStart) -> None:
    """Write what was decided before the first run."""
    with transaction(connection):
        _insert(connection, start)


def save(connection: sqlite3.Connection, comparison: Comparison) -> None:
    """Write the verdict, complete or not; an earlier one is replaced."""
    with transaction(connection):
        if not _exists(connection, comparison.comparison_id):
            _insert(connection, _start_of(comparison))
        packed = pack(comparison)
        headlines = [
            (verdict.workload, verdict.metric.value, verdict.deployment, verdict.verdict.value)
            for verdict in comparison.metrics
            if verdict.primary
        ]
        values = (
            packed.structure, packed.blobs, comparison.summary, json.dumps(headlines), comparison.complete,
            json.dumps(comparison.deployments), comparison.schedule.rounds, comparison.comparison_id,
        )  # fmt: skip
        connection.execute(_SAVE, values)


def list_all(connection: sqlite3.Connection) -> tuple[ComparisonRecord, ...]:
    """Return every comparison, newest first."""
    return tuple(
        ComparisonRecord(
            *(
                *columns,
                bool(complete),
                tuple(json.loads(deployments)),
                tuple(Headline(*each) for each in json.loads(headlines)),
                tuple(json.loads(tags)),
            )
        )
        for *columns, complete, deployments, headlines, tags in connection.execute(_LIST)
    )


def load(connection: sqlite3.Connection, comparison_id: str, path: Path) -> tuple[Comparison | None, tuple[Run, ...]]:
    """Return the verdict (None while there is none) and the runs in schedule order."""
    structure, blobs = connection.execute(
        "SELECT structure, blobs FROM comparisons WHERE comparison_id = ?", (comparison_id,)
    ).fetchone()
    comparison = None
    if structure is not None:
        comparison = runs.read_record(Comparison, Packed(structure, blobs), f"comparison {comparison_id}", path)
    ids = connection.execute(
        "SELECT run_id FROM runs WHERE comparison_id = ? ORDER BY run_order, rowid", (comparison_id,)
    ).fetchall()
    return comparison, tuple(runs.load(connection, run_id, path) for (run_id,) in ids)


def load_start(connection: sqlite3.Connection, comparison_id: str, path: Path) -> ComparisonStart:
    """Return what was decided before the first run."""
    profile, text, schedule, started_at, command, baseline = connection.execute(
        "SELECT profile, profile_text, schedule, started_at, command, baseline FROM comparisons "
        "WHERE comparison_id = ?",
        (comparison_id,),
    ).fetchone()
    read = runs.read_record(Schedule, Packed(schedule), f"the schedule of comparison {comparison_id}", path)
    return ComparisonStart(comparison_id, profile, text, read, started_at, command, baseline)


def _exists(connection: sqlite3.Connection, comparison_id: str) -> bool:
    query = "SELECT 1 FROM comparisons WHERE comparison_id = ?"
    return connection.execute(query, (comparison_id,)).fetchone() is not None


def _insert(connection: sqlite3.Connection, start: ComparisonStart) -> None:
    deployments = list(dict.fromkeys(entry.deployment for entry in start.schedule.entries))
    values = (
        start.comparison_id, start.profile, start.profile_text, start.baseline, start.command, start.started_at,
        json.dumps(deployments), start.schedule.rounds, pack(start.schedule).structure,
    )  # fmt: skip
    connection.execute(_APPEND, values)


def _start_of(comparison: Comparison) -> ComparisonStart:
    return ComparisonStart(
        comparison.comparison_id,
        comparison.profile,
        "",
        comparison.schedule,
        comparison.started_at,
        comparison.command,
        comparison.baseline,
    )
