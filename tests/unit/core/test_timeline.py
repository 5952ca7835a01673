"""When an interval is closed, and what it then holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.run import Interval
from loadbench_gui.core.snapshot import ErrorKind, SampleExchange, ShardSnapshot, Tally, Traffic, WorkerHealth
from loadbench_gui.core.timeline import BoundedTimeline, Coarsener, Timeline, bounded, coarsen
from loadbench_gui.errors import Bug

SAMPLE = SampleExchange(ErrorKind.RESET, 0.1, b"GET / HTTP/1.1\r\n\r\n", b"", b"")


def snapshot(shard: int, index: int, *, last: bool = False, requests: int = 1) -> ShardSnapshot:
    return ShardSnapshot(
        shard,
        index,
        measured=Tally(scheduled=Histogram.of([100 + shard] * requests), issued=requests, succeeded=requests),
        warmup=Tally(),
        traffic=Traffic(completed=requests, opened=1, open_connections=4),
        health=WorkerHealth(0.05, 0.25, Histogram.of([10]), gc_pause_us=float(shard), grown_bytes=1_000 + index),
        samples=(SAMPLE,) if shard == 1 else (),
        last=last,
    )


def interval(index: int, traffic: Traffic | None = None, lost: tuple[int, ...] = ()) -> Interval:
    closed = Timeline(1, 0.25).add(snapshot(0, index))[-1]
    return replace(closed, traffic=traffic or closed.traffic, lost_shards=lost)


def indices(intervals: list[Interval]) -> list[int]:
    return [closed.index for closed in intervals]


def test_an_interval_closes_when_the_last_shard_has_reported_it() -> None:
    timeline = Timeline(3, 0.25)
    assert timeline.add(snapshot(0, 0)) == []
    assert timeline.add(snapshot(2, 0)) == []
    assert indices(timeline.add(snapshot(1, 0))) == [0]


def test_a_shard_that_is_ahead_waits_for_the_others() -> None:
    timeline = Timeline(2, 0.25)
    assert [timeline.add(snapshot(0, index)) for index in range(3)] == [[], [], []]
    assert indices(timeline.add(snapshot(1, 0))) == [0]
    assert indices(timeline.add(snapshot(1, 2))) == [1, 2]


def test_a_closed_interval_adds_the_shards_up() -> None:
    timeline = Timeline(2, 0.25)
    timeline.add(snapshot(1, 0, requests=3))
    (closed,) = timeline.add(snapshot(0, 0, requests=2))
    assert (closed.t_s, closed.length_s, closed.measured.succeeded) == (0.0, 0.25, 5)
    assert closed.measured.scheduled == Histogram.of([100, 100, 101, 101, 101])
    assert closed.traffic == Traffic(completed=5, opened=2, open_connections=8)
    assert (closed.health.work_cpu_s, closed.health.span_s, closed.health.gc_pause_us) == (0.1, 0.25, 1.0)
    assert closed.samples == (SAMPLE,)


def test_a_shard_that_ended_no_longer_holds_intervals_up() -> None:
    timeline = Timeline(2, 0.25)
    assert timeline.add(snapshot(0, 0, last=True)) == []
    assert indices(timeline.add(snapshot(1, 0))) == [0]
    assert indices(timeline.add(snapshot(1, 1))) == [1]
    assert not timeline.finished
    assert indices(timeline.add(snapshot(1, 2, last=True))) == [2]
    assert timeline.finished


def test_a_shard_that_died_is_named_on_what_it_missed_only() -> None:
    timeline = Timeline(2, 0.25)
    timeline.add(snapshot(0, 0))
    timeline.add(snapshot(0, 1))
    (first,) = timeline.add(snapshot(1, 0))
    (second,) = timeline.lose(1)
    (third,) = timeline.add(snapshot(0, 2, last=True))
    assert [first.lost_shards, second.lost_shards, third.lost_shards] == [(), (1,), (1,)]
    assert timeline.lost == (1,)
    assert timeline.finished


def test_when_all_shards_died_everything_that_they_told_is_kept() -> None:
    timeline = Timeline(2, 0.25)
    timeline.add(snapshot(0, 0))
    timeline.add(snapshot(0, 1))
    assert timeline.lose(0) == []
    closed = timeline.lose(1)
    assert [(i.index, i.measured.succeeded, i.lost_shards) for i in closed] == [(0, 1, (1,)), (1, 1, (1,))]
    assert timeline.finished


def test_a_shard_that_ended_cannot_be_lost() -> None:
    timeline = Timeline(1, 0.25)
    timeline.add(snapshot(0, 0, last=True))
    assert timeline.lose(0) == []
    assert timeline.lost == ()


def test_a_snapshot_that_comes_twice_is_our_bug() -> None:
    timeline = Timeline(2, 0.25)
    timeline.add(snapshot(0, 0))
    with pytest.raises(Bug, match="shard 0 reported interval 0 after 0"):
        timeline.add(snapshot(0, 0))


def test_a_snapshot_that_comes_late_is_our_bug() -> None:
    timeline = Timeline(1, 0.25)
    timeline.add(snapshot(0, 3))
    with pytest.raises(Bug, match="shard 0 reported interval 2 after 3"):
        timeline.add(snapshot(0, 2))


def test_a_snapshot_of_a_shard_that_ended_is_our_bug() -> None:
    timeline = Timeline(2, 0.25)
    timeline.add(snapshot(0, 0, last=True))
    with pytest.raises(Bug, match="after it had ended"):
        timeline.add(snapshot(0, 1))


def test_a_snapshot_of_a_shard_that_was_lost_is_our_bug() -> None:
    timeline = Timeline(2, 0.25)
    timeline.lose(0)
    with pytest.raises(Bug, match="after it had ended"):
        timeline.add(snapshot(0, 0))


def test_quarters_of_a_second_merge_to_seconds_as_they_close() -> None:
    coarsener = Coarsener(1.0)
    fine = [interval(index) for index in range(6)]
    done = [coarsener.add(part) for part in fine]
    assert [part.index if part else None for part in done] == [None, None, None, 0, None, None]
    (rest,) = coarsener.flush()
    assert (rest.index, rest.t_s, rest.length_s, rest.measured.succeeded) == (1, 1.0, 0.5, 2)
    assert coarsener.flush() == []


def test_merging_over_time_adds_flows_and_spans_but_not_open_connections() -> None:
    parts = [interval(i, traffic=Traffic(completed=5, open_connections=n)) for i, n in enumerate((3, 9, 7, 4))]
    (second,) = coarsen(parts, 1.0)
    assert second.traffic == Traffic(completed=20, open_connections=9)
    assert second.health.span_s == 1.0
    assert second.health.work_cpu_s == pytest.approx(0.2)
    assert second.health.grown_bytes == 1_003
    assert second.measured.scheduled == Histogram.of([100] * 4)


def test_a_coarse_interval_names_every_shard_that_was_lost_in_it() -> None:
    (second,) = coarsen([interval(0), interval(1, lost=(2,)), interval(2, lost=(1, 2))], 1.0)
    assert second.lost_shards == (1, 2)


@pytest.mark.parametrize("length_s", [0.1, 0.6])
def test_intervals_that_do_not_add_up_are_our_bug(length_s: float) -> None:
    with pytest.raises(Bug, match="do not add up"):
        coarsen([interval(0)], length_s)


def test_requests_of_a_lost_shard_that_had_not_ended_are_censored_so_that_counts_add_up() -> None:
    timeline = Timeline(2, 0.25)
    flying = replace(snapshot(1, 0), measured=Tally(issued=5, succeeded=3), warmup=Tally(issued=1))
    timeline.add(flying)
    closed = [*timeline.add(snapshot(0, 0)), *timeline.lose(1), *timeline.add(snapshot(0, 1, last=True))]
    total = sum((each.measured for each in closed), Tally())
    assert (total.issued, total.succeeded, total.censored) == (7, 5, 2)
    assert total.issued == total.ended
    assert total.censored_at == Histogram.of([0, 0])
    assert closed[1].warmup.censored == 1
    assert closed[1].lost_shards == (1,)


def test_requests_of_the_last_shard_to_be_lost_are_not_forgotten() -> None:
    timeline = Timeline(1, 0.25)
    timeline.add(replace(snapshot(0, 0), measured=Tally(issued=2)))
    (closed,) = timeline.lose(0)
    assert (closed.index, closed.measured.censored) == (1, 2)


def total(intervals: Sequence[Interval]) -> tuple[Tally, float]:
    return sum((one.measured for one in intervals), Tally()), sum(one.length_s for one in intervals)


@pytest.mark.parametrize("count", [1, 7, 8, 9, 31, 64, 100])
def test_a_long_run_is_kept_in_few_pieces_and_loses_nothing(count: int) -> None:
    seconds = [replace(interval(i), t_s=float(i), length_s=1.0) for i in range(count - 1)]
    seconds.append(replace(interval(count - 1), t_s=count - 1.0, length_s=0.5))

    growing = BoundedTimeline(8, 1.0)
    for second in seconds:
        growing.add(second)
        assert len(growing.intervals) < 8
    growing.flush()

    assert len(growing.intervals) <= 8
    assert total(growing.intervals) == total(seconds)
    assert indices(growing.intervals) == list(range(len(growing.intervals)))
    starts = [one.t_s for one in growing.intervals]
    ends = [one.t_s + one.length_s for one in growing.intervals]
    assert starts == [0.0, *ends[:-1]], "no gap and no overlap"
    assert len({one.length_s for one in growing.intervals[:-1]}) <= 1


def test_a_stored_run_of_hours_is_read_in_few_pieces() -> None:
    seconds = [replace(interval(i), t_s=float(i), length_s=1.0) for i in range(37)]
    seconds.append(replace(interval(37), t_s=37.0, length_s=0.25))

    pieces = bounded(seconds, 10)

    assert len(pieces) == 10
    assert {piece.length_s for piece in pieces[:-1]} == {4.0}
    assert total(pieces) == total(seconds)
    assert bounded(seconds[:10], 10) == tuple(seconds[:10]), "few enough stay as they are"
