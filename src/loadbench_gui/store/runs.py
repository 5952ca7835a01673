"""Runs as rows: a header when they begin, an interval at a time while they last, the whole value when they end.

Functions here take the connection and block; `store.Store` calls them on its thread.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import astuple, replace
from pathlib import Path
from typing import Final

from loadbench_gui.core.run import Interval, Run, TargetSample
from loadbench_gui.core.timeline import MOST_INTERVALS, bounded
from loadbench_gui.errors import EnvironmentFault
from loadbench_gui.store.codec import Packed, RecordError, T, pack, unpack
from loadbench_gui.store.db import transaction
from loadbench_gui.store.records import RunRecord
from loadbench_gui.store.unsealed import ENDED_EARLY, reconstruct

_BEGIN: Final = """
    INSERT INTO runs (run_id, comparison_id, profile, deployment, workload, phase, round, run_order, started_at,
                      warmup_s, window_s, duration_s, structure, blobs)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)
"""
_COVER: Final = "UPDATE runs SET duration_s = max(duration_s, min(window_s, ? - warmup_s)) WHERE run_id = ?"
_SEAL: Final = """
    UPDATE runs SET structure = ?, blobs = ?, started_at = ?, duration_s = ?, sealed = ?, final = 1 WHERE run_id = ?
"""
_LIST: Final = """
    SELECT run_id, comparison_id, profile, deployment, workload, phase, round, run_order, started_at, duration_s,
           (SELECT count(*) FROM intervals WHERE intervals.run_id = runs.run_id), final, sealed, tags,
           CASE WHEN sealed THEN '' WHEN NOT final THEN ?1 WHEN NOT json_valid(structure) THEN 'unreadable'
                ELSE coalesce(json_extract(structure, '$.value.stop_reason'), '') END
    FROM runs ORDER BY started_at DESC, rowid DESC
"""
_SAMPLE: Final = "INSERT OR IGNORE INTO target_samples VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def begin(connection: sqlite3.Connection, run: Run) -> None:
    """Write the header of `run`, and whatever intervals and samples it has already."""
    with transaction(connection):
        _insert_header(connection, run)
        _insert_missing(connection, run)


def append_interval(connection: sqlite3.Connection, run_id: str, interval: Interval) -> None:
    """Write one interval and commit."""
    with transaction(connection):
        _insert_interval(connection, run_id, interval)


def append_samples(connection: sqlite3.Connection, run_id: str, samples: Iterable[TargetSample]) -> None:
    """Write samples of the server's tree and commit; one that is there already (same time) is left as it is."""
    with transaction(connection):
        connection.executemany(_SAMPLE, [(run_id, *astuple(sample)) for sample in samples])


def seal(connection: sqlite3.Connection, run: Run) -> None:
    """Write the end of `run`, with every interval and sample that is not stored yet; begins it if nobody did."""
    run_id = run.label.run_id
    with transaction(connection):
        if not connection.execute("SELECT 1 FROM runs WHERE run_id = ?", (run_id,)).fetchone():
            _insert_header(connection, run)
        _insert_missing(connection, run)
        packed = _pack_header(run)
        values = (packed.structure, packed.blobs, run.started_at, run.duration_s, run.sealed, run_id)
        connection.execute(_SEAL, values)


def list_all(connection: sqlite3.Connection) -> tuple[RunRecord, ...]:
    """Return every run, newest first."""
    return tuple(
        RunRecord(*(*columns, bool(final), bool(sealed), tuple(json.loads(tags)), stop_reason))
        for *columns, final, sealed, tags, stop_reason in connection.execute(_LIST, (ENDED_EARLY,))
    )


def load(connection: sqlite3.Connection, run_id: str, path: Path) -> Run:
    """Return a whole run. One whose end was never recorded is put together from its intervals, unsealed."""
    structure, blobs, final = connection.execute(
        "SELECT structure, blobs, final FROM runs WHERE run_id = ?", (run_id,)
    ).fetchone()
    header = read_record(Run, Packed(structure, blobs), f"run {run_id}", path)
    run = replace(
        header,
        intervals=bounded(_intervals(connection, run_id, path), MOST_INTERVALS),
        target_samples=_samples(connection, run_id),
    )
    return run if final else reconstruct(run)


def read_record(kind: type[T], packed: Packed, what: str, path: Path) -> T:
    """Unpack a stored value. Raises `EnvironmentFault` naming `what` when it cannot be read."""
    try:
        return unpack(kind, packed)
    except RecordError as error:
        raise EnvironmentFault(
            f"{what} cannot be read from the history at {path}: {error}",
            "If a newer loadbench wrote it, update this one. Other runs are not affected; "
            "`loadbench history delete` removes this one.",
        ) from error


def _insert_header(connection: sqlite3.Connection, run: Run) -> None:
    label, packed = run.label, _pack_header(run)
    values = (
        label.run_id, label.comparison_id, label.profile, label.deployment, label.workload, label.phase, label.round,
        label.order, run.started_at, run.workload.warmup_s, run.workload.duration_s, packed.structure, packed.blobs,
    )  # fmt: skip
    connection.execute(_BEGIN, values)


def _insert_missing(connection: sqlite3.Connection, run: Run) -> None:
    run_id = run.label.run_id
    rows = connection.execute("SELECT position FROM intervals WHERE run_id = ?", (run_id,))
    stored = {position for (position,) in rows}
    for interval in run.intervals:
        if interval.index not in stored:
            _insert_interval(connection, run_id, interval)
    connection.executemany(_SAMPLE, [(run_id, *astuple(sample)) for sample in run.target_samples])


def _insert_interval(connection: sqlite3.Connection, run_id: str, interval: Interval) -> None:
    packed = pack(interval)
    values = (run_id, interval.index, packed.structure, packed.blobs)
    connection.execute("INSERT INTO intervals VALUES (?, ?, ?, ?)", values)
    connection.execute(_COVER, (interval.t_s + interval.length_s, run_id))


def _pack_header(run: Run) -> Packed:
    return pack(replace(run, intervals=(), target_samples=()))


def _intervals(connection: sqlite3.Connection, run_id: str, path: Path) -> tuple[Interval, ...]:
    rows = connection.execute(
        "SELECT structure, blobs, position FROM intervals WHERE run_id = ? ORDER BY position", (run_id,)
    )
    return tuple(
        read_record(Interval, Packed(structure, blobs), f"interval {position} of run {run_id}", path)
        for structure, blobs, position in rows
    )


def _samples(connection: sqlite3.Connection, run_id: str) -> tuple[TargetSample, ...]:
    rows = connection.execute(
        "SELECT t_s, rss_bytes, uss_bytes, pss_bytes, cpu_s, processes, threads, open_files, connections "
        "FROM target_samples WHERE run_id = ? ORDER BY t_s",
        (run_id,),
    )
    return tuple(TargetSample(*row) for row in rows)
