"""Whatever the order in which shards report and die, the intervals are the sum of the snapshots."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.run import Interval
from loadbench_gui.core.snapshot import ShardSnapshot, Tally, Traffic, WorkerHealth
from loadbench_gui.core.timeline import Timeline, coarsen
from thorough import part_of


def snapshot(shard: int, index: int, latency_us: int, *, last: bool) -> ShardSnapshot:
    measured = Tally(service=Histogram.of([latency_us]), issued=1, succeeded=1, status_codes={200: 1})
    warmup = Tally(issued=2, failed=2)
    return ShardSnapshot(
        shard, index, measured, warmup, Traffic(1, 100, 200, 1, 0, 0, 0, 3), WorkerHealth(0.1, 0.25), last=last
    )


def sum_of(parts: Iterable[ShardSnapshot | Interval]) -> tuple[Tally, Tally, int, int]:
    parts = list(parts)
    return (
        sum((part.measured for part in parts), Tally()),
        sum((part.warmup for part in parts), Tally()),
        sum(part.traffic.completed for part in parts),
        sum(part.traffic.bytes_received for part in parts),
    )


@st.composite
def reports(draw: st.DrawFn) -> tuple[int, list[ShardSnapshot | int]]:
    """Shards' snapshots interleaved at will, each shard's own in order; a bare number is the death of a shard."""
    count = draw(st.integers(1, 4))
    queues: list[list[ShardSnapshot | int]] = []
    for shard in range(count):
        indices = sorted(draw(st.sets(st.integers(0, 12), max_size=8)))
        dies = draw(st.booleans()) or not indices
        events: list[ShardSnapshot | int] = [
            snapshot(shard, index, draw(st.integers(0, 10_000)), last=not dies and index == indices[-1])
            for index in indices
        ]
        queues.append([*events, shard] if dies else events)
    order = draw(st.permutations([shard for shard, queue in enumerate(queues) for _ in queue]))
    return count, [queues[shard].pop(0) for shard in order]


def fold(count: int, events: list[ShardSnapshot | int]) -> list[Interval]:
    timeline, closed = Timeline(count, 0.25), list[Interval]()
    for event in events:
        closed += timeline.lose(event) if isinstance(event, int) else timeline.add(event)
    assert timeline.finished
    return closed


@settings(max_examples=part_of(300))
@given(reports())
def test_the_intervals_are_the_sum_of_the_snapshots(case: tuple[int, list[ShardSnapshot | int]]) -> None:
    count, events = case
    assert sum_of(fold(count, events)) == sum_of(e for e in events if isinstance(e, ShardSnapshot))


@settings(max_examples=part_of(300))
@given(reports())
def test_intervals_come_in_order_and_each_once(case: tuple[int, list[ShardSnapshot | int]]) -> None:
    closed = fold(*case)
    assert [interval.index for interval in closed] == list(range(len(closed)))
    assert [interval.t_s for interval in closed] == [0.25 * interval.index for interval in closed]


@settings(max_examples=part_of(300))
@given(reports())
def test_the_order_of_arrival_changes_nothing_but_who_is_named_lost(
    case: tuple[int, list[ShardSnapshot | int]],
) -> None:
    count, events = case
    by_shard = sorted(events, key=lambda event: event if isinstance(event, int) else event.shard)
    contents = [[(i.index, i.measured, i.traffic) for i in fold(count, order)] for order in (events, by_shard)]
    assert contents[0] == contents[1]


@settings(max_examples=part_of(200))
@given(reports())
def test_coarse_intervals_hold_the_same_requests(case: tuple[int, list[ShardSnapshot | int]]) -> None:
    fine = fold(*case)
    coarse = coarsen(fine, 1.0)
    assert sum_of(coarse) == sum_of(fine)
    assert [interval.index for interval in coarse] == sorted({interval.index // 4 for interval in fine})
    assert sum(interval.length_s for interval in coarse) == sum(interval.length_s for interval in fine)
