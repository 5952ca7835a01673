"""How a load is cut."""

from __future__ import annotations

import pytest

from loadbench_gui.core.plan import ClosedLoad, Expectation, Load, OpenLoad, Request, Target, Workload
from loadbench_gui.core.sharding import shards, share
from loadbench_gui.errors import Bug


def load(connections: int = 10, limit: int | None = None, *, rate_rps: float | None = None) -> Load:
    shape = ClosedLoad(connections) if rate_rps is None else OpenLoad(connections, rate_rps)
    workload = Workload("json", "http", Request(), Expectation(), shape, requests_limit=limit)
    return Load(Target("http", "localhost", 8000, "127.0.0.1"), workload, seed=7)


def test_connections_are_dealt_out_one_by_one() -> None:
    assert [shard.connections for shard in shards(load(10), 4, 0.25)] == [3, 3, 2, 2]


def test_a_request_limit_is_dealt_out_as_arrivals_are() -> None:
    cut = shards(load(10, 11, rate_rps=100.0), 3, 0.25)
    assert [shard.requests_limit for shard in cut] == [len(range(i, 11, 3)) for i in range(3)] == [4, 4, 3]


def test_there_are_no_more_shards_than_connections() -> None:
    assert len(shards(load(2), 8, 0.25)) == 2


def test_there_are_no_more_shards_than_requests() -> None:
    assert [(s.count, s.requests_limit) for s in shards(load(10, 3), 8, 0.25)] == [(3, 1)] * 3


def test_shards_are_pinned_in_turn() -> None:
    assert [shard.cpu for shard in shards(load(10), 5, 0.25, (2, 3))] == [2, 3, 2, 3, 2]


def test_shards_without_cpus_are_not_pinned() -> None:
    assert [shard.cpu for shard in shards(load(10), 2, 0.25)] == [None, None]


def test_every_shard_carries_the_load_and_its_interval() -> None:
    whole = load()
    assert all((shard.load, shard.interval_s) == (whole, 0.5) for shard in shards(whole, 3, 0.5))


@pytest.mark.parametrize(("connections", "count", "limit"), [(0, 1, None), (1, 0, None), (1, 1, 0)])
def test_a_load_that_nobody_could_send_is_our_bug(connections: int, count: int, limit: int | None) -> None:
    with pytest.raises(Bug, match="nothing to cut"):
        shards(load(connections, limit), count, 0.25)


def test_a_share_counts_every_kth() -> None:
    assert [share(7, i, 3) for i in range(3)] == [3, 2, 2]
