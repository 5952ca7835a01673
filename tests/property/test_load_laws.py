"""The union of the shards is the unsharded plan: arrivals, connections and request limits, exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from loadbench_gui.core.pacing import CHUNK, arrivals, expected_arrivals
from loadbench_gui.core.plan import (
    Arrival,
    ClosedLoad,
    Expectation,
    Load,
    LoadShape,
    OpenLoad,
    Request,
    Stage,
    Target,
    Workload,
)
from loadbench_gui.core.sharding import shards
from thorough import part_of

SECOND = 1_000_000_000

rates = st.one_of(st.just(0.0), st.floats(0.5, 20_000))
kinds: st.SearchStrategy[Arrival] = st.sampled_from(("constant", "poisson"))
stages = st.lists(st.builds(Stage, st.one_of(st.just(0.0), st.floats(0.001, 0.4)), rates), max_size=4).map(tuple)
open_loads = st.builds(OpenLoad, st.just(8), rates, kinds, stages)
seeds = st.integers(0, 2**32 - 1)
horizons = st.integers(1, SECOND // 2)


def flat(chunks: Iterator[list[int]]) -> list[int]:
    return [due for chunk in chunks for due in chunk]


def load_of(shape: LoadShape, limit: int | None = None) -> Load:
    workload = Workload("json", "http", Request(), Expectation(), shape, requests_limit=limit)
    return Load(Target("http", "localhost", 8000, "127.0.0.1"), workload)


@settings(max_examples=part_of(150))
@given(open_loads, seeds, horizons, st.integers(1, 9))
def test_the_union_of_the_shares_is_the_whole_load(shape: OpenLoad, seed: int, horizon_ns: int, count: int) -> None:
    whole = flat(arrivals(shape, seed, horizon_ns, 0, 1))
    for index in range(count):
        assert flat(arrivals(shape, seed, horizon_ns, index, count)) == whole[index::count]


@settings(max_examples=part_of(150))
@given(open_loads, seeds, horizons, st.integers(1, 3))
def test_due_times_never_fall_and_end_before_the_horizon(
    shape: OpenLoad, seed: int, horizon_ns: int, count: int
) -> None:
    chunks = list(arrivals(shape, seed, horizon_ns, count - 1, count))
    due = [x for chunk in chunks for x in chunk]
    assert due == sorted(due)
    assert all(0 <= x < horizon_ns for x in due)
    assert all(0 < len(chunk) <= CHUNK for chunk in chunks)


@settings(max_examples=part_of(150))
@given(open_loads, horizons)
def test_evenly_spaced_arrivals_are_as_many_as_the_rate_says(shape: OpenLoad, horizon_ns: int) -> None:
    even = replace(shape, arrival="constant")
    assert abs(len(flat(arrivals(even, 0, horizon_ns, 0, 1))) - expected_arrivals(even, horizon_ns / 1e9)) <= 1.001


@settings(max_examples=part_of(150))
@given(open_loads, horizons)
def test_arrival_n_is_due_when_n_are_expected(shape: OpenLoad, horizon_ns: int) -> None:
    even = replace(shape, arrival="constant")
    for n, due_ns in list(enumerate(flat(arrivals(even, 0, horizon_ns, 0, 1))))[::37]:
        # A due time is rounded to a nanosecond, in which the fastest of these loads expects 0.00002 arrivals.
        assert abs(expected_arrivals(even, due_ns / 1e9) - n) < 1e-4


@given(st.integers(1, 300), st.integers(1, 40), st.one_of(st.none(), st.integers(1, 10_000)))
def test_shards_add_up_to_the_load(connections: int, count: int, limit: int | None) -> None:
    load = load_of(ClosedLoad(connections), limit)
    cut = shards(load, count, 0.25)
    assert sum(shard.connections for shard in cut) == connections
    assert limit is None or sum(shard.requests_limit or 0 for shard in cut) == limit
    assert [shard.index for shard in cut] == list(range(len(cut)))
    assert all(shard.count == len(cut) <= count and shard.load is load for shard in cut)
    assert all(shard.connections >= 1 and shard.requests_limit != 0 for shard in cut)
    assert max(s.connections for s in cut) - min(s.connections for s in cut) <= 1
