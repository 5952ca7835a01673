"""What is recorded of streams: which population it belongs to, and how stalls are cut to the window."""

from __future__ import annotations

import pytest

from loadbench_gui.core.snapshot import Tally
from loadbench_gui.core.streaming import StreamTally
from loadbench_gui.engine.stream_record import SLICE, StreamRecord

MS = 1_000_000
BEGIN, END = 1_000 * MS, 2_000 * MS


def record() -> StreamRecord:
    return StreamRecord(BEGIN, END)


def taken(one: StreamRecord) -> tuple[StreamTally, StreamTally]:
    one.fold_all()
    measured, others = one.attach(Tally(), Tally())
    assert measured.stream is not None
    assert others.stream is not None
    return measured.stream, others.stream


def test_a_read_with_several_events_has_one_gap_before_it_and_none_within() -> None:
    one = record()
    one.arrivals.extend((-1_100 * MS, 1_150 * MS, 3))
    one.arrivals.extend((1_150 * MS, 1_190 * MS, 2))
    measured, others = taken(one)
    assert (measured.events, measured.gap.total, measured.per_read.total) == (5, 4, 2)
    assert measured.gap.count_at_or_below(0) == 3
    assert measured.gap.max_us == pytest.approx(40_000, rel=0.001)
    assert measured.longest_stall_us == 50_000, "it was open and without an event for that long"
    assert others == StreamTally()


def test_events_belong_to_when_they_came_and_streams_to_when_they_were_due() -> None:
    one = record()
    one.first_events.extend((900 * MS, 200 * MS, 1_500 * MS, 100 * MS))
    one.heads.extend((900 * MS, 20 * MS))
    one.first_contents.extend((1_500 * MS, 300 * MS))
    one.arrivals.extend((900 * MS, 1_100 * MS, 1, 1_990 * MS, 2_010 * MS, 4))
    for due in (900 * MS, BEGIN, END - 1, END):
        one.count("complete", due)
    one.count("left", END - 1)
    measured, others = taken(one)
    assert (measured.events, others.events) == (1, 4)
    assert (measured.first_event.total, others.first_event.total) == (1, 1)
    assert (measured.headers.total, others.headers.total) == (0, 1)
    assert (measured.first_content.total, others.first_content.total) == (1, 0)
    assert (measured.complete, others.complete, measured.left, others.left) == (2, 2, 1, 0)


@pytest.mark.parametrize(
    ("since_ms", "now_ms", "measured_ms", "others_ms"),
    [
        (1_200, 1_700, 500, 0),
        (800, 1_200, 400, 0),
        (1_500, 2_600, 500, 0),
        (200, 900, 0, 700),
        (2_100, 2_900, 0, 0),
    ],
    ids=["inside", "from before the window", "beyond its end", "before it", "after it"],
)
def test_a_stall_counts_as_far_as_the_window_goes(since_ms: int, now_ms: int, measured_ms: int, others_ms: int) -> None:
    for sign in (1, -1):
        one = record()
        one.arrivals.extend((sign * since_ms * MS, now_ms * MS, 0))
        measured, others = taken(one)
        assert (measured.longest_stall_us, others.longest_stall_us) == (measured_ms * 1000, others_ms * 1000)
        assert measured.gap.total == measured.events == measured.per_read.total == 0


def test_folding_takes_a_slice_at_a_time_and_loses_nothing() -> None:
    one = record()
    for number in range(2 * SLICE + 1):
        one.arrivals.extend((BEGIN + number, BEGIN + number + 1, 1))
    assert [one.fold_some(), one.fold_some(), one.fold_some()] == [True, True, False]
    assert taken(one)[0].events == 2 * SLICE + 1


def test_what_was_taken_is_not_there_twice() -> None:
    one = record()
    one.arrivals.extend((1_100 * MS, 1_150 * MS, 3))
    one.count("reconnected", BEGIN)
    assert taken(one)[0].reconnected == 1
    assert taken(one)[0] == StreamTally()


def test_the_window_is_known_only_when_the_load_starts() -> None:
    one = StreamRecord(0, 1)
    one.rebase(BEGIN, END)
    one.count("truncated", BEGIN)
    assert taken(one)[0].truncated == 1


def test_a_stop_ends_the_window_for_events_and_stalls_and_not_for_what_was_due() -> None:
    """A stream that is due before anybody has seen the stop is a request of the run."""
    one = record()
    one.stop(1_500 * MS)
    one.stop(1_700 * MS)
    one.arrivals.extend((1_400 * MS, 1_490 * MS, 1, 1_490 * MS, 1_510 * MS, 4))
    one.arrivals.extend((1_100 * MS, 1_900 * MS, 0))
    one.count("complete", 1_510 * MS)
    measured, others = taken(one)
    assert (measured.events, measured.gap.total, others.events) == (1, 1, 4)
    assert measured.longest_stall_us == 400_000
    assert (measured.complete, others.complete) == (1, 0)
