"""An exact, interleaved split of a load: shard i of k takes arrivals i, i + k, ... and its share of connections.

Nothing is rounded away: the shares add up to the load, so k workers together are the load that one would have been
(the idea of k6's execution segments).
"""

from __future__ import annotations

from collections.abc import Sequence

from loadbench_gui.core.plan import Load, Shard
from loadbench_gui.errors import Bug


def shards(load: Load, count: int, interval_s: float, cpus: Sequence[int | None] = ()) -> tuple[Shard, ...]:
    """Cut `load` into at most `count` shards that report every `interval_s` seconds.

    There are fewer where a shard would be left without a connection or without a single request to send; take the
    number from the result. cpus: the CPU for each shard, repeated as needed; empty or None leaves it unpinned.
    Raises `Bug` for a load that nobody could send.
    """
    connections = load.workload.shape.connections
    limit = load.workload.requests_limit
    if count < 1 or connections < 1 or (limit is not None and limit < 1):
        raise Bug(f"nothing to cut: {count} shards, {connections} connections, request limit {limit}")
    count = min(count, connections, count if limit is None else limit)
    return tuple(
        Shard(
            load=load,
            index=index,
            count=count,
            connections=share(connections, index, count),
            requests_limit=None if limit is None else share(limit, index, count),
            interval_s=interval_s,
            cpu=cpus[index % len(cpus)] if cpus else None,
        )
        for index in range(count)
    )


def share(total: int, index: int, count: int) -> int:
    """Return how many of 0 .. total - 1 are index, index + count, ..."""
    return (total - index + count - 1) // count
