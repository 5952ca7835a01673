"""Worker processes that talk nonsense: they open their share as any other, and then report what cannot be."""

from __future__ import annotations

import time
from itertools import count
from multiprocessing.connection import Connection as Pipe

from loadbench_gui.core.plan import Shard
from loadbench_gui.core.snapshot import ShardSnapshot, Tally, Traffic, WorkerHealth
from loadbench_gui.engine import wire, worker
from loadbench_gui.engine.open_loop import OpenIssuer
from loadbench_gui.engine.transport.carrier import Carrier

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


def stumbles(shard: Shard, pipe: Pipe, parent: int, *, spin: bool) -> None:
    """A callback of its loop raises at the tenth answer: a mistake of ours."""
    answers = count(1)
    answered = OpenIssuer.answered

    def stumble(self: OpenIssuer, connection: Carrier, now_ns: int) -> None:
        if next(answers) == 10:
            raise LookupError("it stumbled")
        answered(self, connection, now_ns)

    OpenIssuer.answered = stumble  # type: ignore[method-assign]
    worker.main(shard, pipe, parent, spin=spin)


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
