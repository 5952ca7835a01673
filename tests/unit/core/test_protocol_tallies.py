"""Tallies of streams and WebSockets add up like everything else."""

from __future__ import annotations

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.snapshot import Tally
from loadbench_gui.core.streaming import StreamTally
from loadbench_gui.core.websocket import SocketTally


def test_a_load_without_streams_has_no_tally_of_them() -> None:
    total = Tally(succeeded=1) + Tally(succeeded=2)
    assert total.stream is None
    assert total.websocket is None


def test_streams_add_up_and_the_longest_stall_stays_the_longest() -> None:
    one = StreamTally(
        first_event=Histogram.of([10]), gap=Histogram.of([1, 2]), longest_stall_us=70, events=3, complete=1
    )
    two = StreamTally(gap=Histogram.of([3]), longest_stall_us=50, events=2, truncated=1, left=4, reconnected=5)
    total = (Tally(stream=one) + Tally() + Tally(stream=two)).stream
    assert total is not None
    assert (total.first_event.total, total.gap.total, total.longest_stall_us) == (1, 3, 70)
    assert (total.events, total.complete, total.truncated, total.left, total.reconnected) == (5, 1, 1, 4, 5)


def test_messages_add_up_with_the_codes_of_connections_that_were_closed() -> None:
    one = SocketTally(rtt=Histogram.of([5]), sent=2, received=1, lost=1, close_codes={1000: 1, 1006: 2})
    two = SocketTally(
        fanout=Histogram.of([6, 7]), received=2, duplicated=3, reordered=4, stray=5, close_codes={1006: 1}
    )
    total = (Tally(websocket=one) + Tally(websocket=two)).websocket
    assert total is not None
    assert (total.rtt.total, total.fanout.total) == (1, 2)
    assert (total.sent, total.received, total.lost, total.duplicated, total.reordered, total.stray) == (
        2,
        3,
        1,
        3,
        4,
        5,
    )
    assert total.close_codes == {1000: 1, 1006: 3}


def test_clocks_that_read_the_same_are_kept_once_however_often_they_are_added() -> None:
    same, more = Histogram.of([1, 2]), Histogram.of([3])
    total = Tally(service=same, scheduled=same, first_byte=same) + Tally(service=more, scheduled=more, first_byte=more)
    assert total.service is total.scheduled is total.first_byte
    assert total.service == Histogram.of([1, 2, 3])


def test_clocks_that_read_differently_are_added_apart() -> None:
    one, two = Histogram.of([1]), Histogram.of([2])
    total = Tally(service=one, scheduled=two) + Tally(service=one, scheduled=one)
    assert total.service == Histogram.of([1, 1])
    assert total.scheduled == Histogram.of([1, 2])
