"""Worker processes that talk nonsense: they open their share as any other, and then report what cannot be."""

from __future__ import annotations

import time
from multiprocessing.connection import Connection as Pipe

from loadbench_gui.core.plan import Shard
from loadbench_gui.core.snapshot import ShardSnapshot, Tally, Traffic, WorkerHealth
from loadbench_gui.engine import wire, worker

LONG_S = 300.0
FAR_AHEAD = 2_000_000_000


def far_ahead(shard: Shard, pipe: Pipe, parent: int, *, spin: bool) -> None:
    """The second worker reports an interval of the next decades."""
    _rogue(shard, pipe, parent, wire.encode(_snapshot(shard.index, FAR_AHEAD)), spin=spin)


def somebody_else(shard: Shard, pipe: Pipe, parent: int, *, spin: bool) -> None:
    """The second worker reports in the first one's name."""
    _rogue(shard, pipe, parent, wire.encode(_snapshot(0, 0)), spin=spin)


def garbage(shard: Shard, pipe: Pipe, parent: int, *, spin: bool) -> None:
    """The second worker's frame is no frame."""
    _rogue(shard, pipe, parent, b"these are not the bytes you are looking for", spin=spin)


def never_ready(shard: Shard, pipe: Pipe, parent: int, *, spin: bool) -> None:
    """It hangs before it has opened a connection."""
    time.sleep(LONG_S)


def _rogue(shard: Shard, pipe: Pipe, parent: int, frame: bytes, *, spin: bool) -> None:
    if shard.index != 1:
        worker.main(shard, pipe, parent, spin=spin)
        return
    pipe.send_bytes(wire.encode(wire.Ready()))
    pipe.recv_bytes()
    pipe.send_bytes(frame)
    time.sleep(LONG_S)


def _snapshot(shard: int, index: int) -> ShardSnapshot:
    return ShardSnapshot(shard, index, Tally(), Tally(), Traffic(), WorkerHealth())
