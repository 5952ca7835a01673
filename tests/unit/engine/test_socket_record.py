"""What WebSockets bring beside requests ends up in the population that its moment belongs to, once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.snapshot import ErrorKind, Tally
from loadbench_gui.core.websocket import SocketTally
from loadbench_gui.engine.socket_record import SLICE, SocketRecord


def attached(record: SocketRecord, measured: Tally | None = None) -> tuple[SocketTally, SocketTally]:
    record.fold_all()
    inside, outside = record.attach(measured or Tally(), Tally())
    assert inside.websocket is not None
    assert outside.websocket is not None
    return inside.websocket, outside.websocket


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 10**10)), max_size=50))
def test_times_go_where_their_moment_belongs(pairs: list[tuple[int, int]]) -> None:
    record = SocketRecord("hold")
    record.rebase(100, 300, 50)
    for when, took in pairs:
        record.ping.pairs.extend((when, took))
    inside, outside = attached(record)
    assert inside.ping == Histogram.of([(took + 500) // 1000 for when, took in pairs if 100 <= when < 300])
    assert outside.ping == Histogram.of([(took + 500) // 1000 for when, took in pairs if 50 <= when < 100])
    assert (inside.gap.total, inside.fanout.total, inside.skew.total) == (0, 0, 0)


def test_many_times_are_folded_in_slices_and_none_is_lost() -> None:
    record = SocketRecord("push")
    record.rebase(0, 1 << 40)
    for number in range(2 * SLICE + 1):
        record.gap.pairs.extend((number, 5_000))
    folds = 1
    while record.fold_some():
        folds += 1
    assert folds == 3
    assert attached(record)[0].gap.total == 2 * SLICE + 1


def test_counts_are_taken_once() -> None:
    record = SocketRecord("echo")
    record.rebase(100, 300)
    record.of(150).stray += 2
    record.of(99).duplicated += 1
    record.of(299).close(1011)
    record.of(299).close(1011)
    inside, outside = attached(record)
    assert (inside.stray, inside.close_codes, outside.duplicated, outside.stray) == (2, {1011: 2}, 1, 0)
    inside, outside = attached(record)
    assert (inside, outside) == (SocketTally(), SocketTally())


def test_a_silence_counts_where_it_lies_and_as_far_as_it_lies_inside() -> None:
    record = SocketRecord("push")
    record.rebase(10_000_000, 30_000_000)
    record.silence(1_000_000, 5_000_000)
    record.silence(12_000_000, 14_000_000)
    record.silence(23_000_000, 90_000_000)
    inside, outside = attached(record)
    assert (inside.longest_silence_us, outside.longest_silence_us) == (7_000, 4_000)
    record.gap.pairs.extend((20_000_000, 9_000_000))
    record.silence(12_000_000, 14_000_000)
    assert attached(record)[0].longest_silence_us == pytest.approx(9_000, rel=0.002), "a gap is a silence too"


def test_in_an_echo_each_success_is_a_message_sent_and_one_received_and_its_service_time_the_round_trip() -> None:
    record = SocketRecord("echo")
    record.rebase(0, 100)
    record.of(5).sent += 3
    times = Histogram.of([10, 20])
    inside, _ = attached(record, Tally(succeeded=2, service=times))
    assert (inside.sent, inside.received, inside.rtt) == (5, 2, times)


def test_an_echo_that_came_late_is_lost_and_stray_whoever_saw_it_first() -> None:
    """One was given up by the look for timeouts, the other came between its timeout and that look."""
    record = SocketRecord("echo")
    record.rebase(0, 100)
    record.of(5).silent += 1
    record.of(5).sent += 1
    inside, _ = attached(record, Tally(timed_out=2, errors={ErrorKind.READ_TIMEOUT: 2}))
    assert (inside.lost, inside.stray, inside.sent, inside.received) == (2, 1, 2, 1)


def test_what_comes_unasked_before_the_start_or_after_the_window_is_of_no_population() -> None:
    record = SocketRecord("push")
    record.at(20).received += 16
    record.silence(10, 20)
    before = record.has_window
    record.rebase(100, 300, 50)
    assert (before, record.has_window) == (False, True)
    for moment in (49, 50, 99, 100, 299, 300):
        record.at(moment).received += 1
        record.gap.pairs.extend((moment, 5_000))
    record.silence(301, 9_000_000)
    inside, outside = attached(record)
    assert (inside.received, outside.received) == (2, 2)
    assert (inside.gap.total, outside.gap.total) == (2, 2)
    assert outside.longest_silence_us == 5


def test_a_stop_ends_the_window_for_what_comes_and_not_for_what_was_due() -> None:
    record = SocketRecord("push")
    record.rebase(100, 300, 50)
    record.stop(200)
    record.stop(250)
    for moment in (199, 200, 260):
        record.at(moment).received += 1
        record.of(moment).sent += 1
        record.gap.pairs.extend((moment, 5_000))
    inside, _ = attached(record)
    assert (inside.received, inside.gap.total, inside.sent) == (1, 1, 3)
