"""The record: which population, which interval, which histogram."""

from __future__ import annotations

import pytest

from loadbench_gui.core.snapshot import ErrorKind, ShardSnapshot, Tally, WorkerHealth
from loadbench_gui.engine.recorder import SLICE, Recorder, Window

MS = 1_000_000
START = 1_000 * MS
WINDOW = Window(START, START + 250 * MS, START + 1_250 * MS, 250 * MS)


def recorder(*, closed: bool = False, mixed: bool = False) -> Recorder:
    return Recorder(0, WINDOW, scheduled=not closed, mixed=mixed)


def swapped(record: Recorder, issued: tuple[int, int] = (0, 0), *, last: bool = False) -> ShardSnapshot:
    record.fold_all()
    return record.swap(issued, WorkerHealth(), last=last)


def at(ms: float) -> int:
    """A moment of the run's time axis."""
    return START + round(ms * MS)


def test_requests_due_inside_the_window_are_measured_and_all_others_warm_up() -> None:
    record = recorder()
    for due in (0, 249, 250, 1_249):
        record.hot.extend((at(due), at(due), at(due), at(due) + MS))
    ends = [swapped(record) for _ in range(6)]
    assert sum(end.warmup.succeeded for end in ends) == 2
    assert sum(end.measured.succeeded for end in ends) == 2


def test_each_wait_lands_in_its_own_histogram() -> None:
    record = recorder()
    record.rows.extend((at(300), at(301), at(303), at(307), at(315), 201))
    measured = swapped_until(record, 2).measured
    medians = {
        name: getattr(measured, name).quantile(0.5)
        for name in ("dispatch_lag", "connection_wait", "first_byte", "service", "scheduled")
    }
    assert medians == {
        "dispatch_lag": 1_000,
        "connection_wait": pytest.approx(2_000, abs=1),
        "first_byte": pytest.approx(4_000, abs=3),
        "service": pytest.approx(12_000, abs=8),
        "scheduled": pytest.approx(15_000, abs=8),
    }
    assert measured.status_codes == {201: 1}


def swapped_until(record: Recorder, count: int) -> ShardSnapshot:
    """Swap `count` times and return the last snapshot."""
    return [swapped(record) for _ in range(count)][-1]


def test_a_closed_loop_keeps_one_clock_and_no_waits() -> None:
    record = recorder(closed=True)
    record.seal_hot(204, 100)
    for number in range(3 * SLICE):
        record.hot.extend((at(260), at(260) + (number + 1) * 10_000))
    measured = swapped_until(record, 2).measured
    assert measured.service == measured.scheduled == measured.first_byte
    assert measured.service.total == measured.succeeded == 3 * SLICE
    assert measured.dispatch_lag.total == measured.connection_wait.total == 3 * SLICE
    assert measured.dispatch_lag.max_us == 0
    assert measured.status_codes == {204: 3 * SLICE}


def test_what_came_after_the_boundary_belongs_to_the_next_interval() -> None:
    record = recorder()
    for last in (240, 249.9, 250, 260):
        record.hot.extend((at(10), at(10), at(10), at(last)))
    assert [swapped(record).warmup.succeeded for _ in range(3)] == [2, 2, 0]


def test_throughput_counts_last_bytes_inside_the_window() -> None:
    record = recorder()
    for last in (249, 250, 1_249, 1_250):
        record.hot.extend((at(10), at(10), at(10), at(last)))
    assert sum(swapped(record).traffic.completed for _ in range(6)) == 2


def test_a_change_of_answer_is_counted_under_its_own_status_and_size() -> None:
    record = recorder()
    record.request_bytes = 50
    record.seal_hot(200, 100)
    record.hot.extend((at(300), at(300), at(300), at(301)))
    record.seal_hot(202, 70)
    record.hot.extend((at(302), at(302), at(302), at(303)))
    second = swapped_until(record, 2)
    assert second.measured.status_codes == {200: 1, 202: 1}


def test_bytes_of_recognised_answers_are_counted() -> None:
    record = recorder()
    record.request_bytes = 50
    record.seal_hot(200, 100)
    record.hot.extend((at(1), at(1), at(1), at(2)) * 3)
    traffic = swapped(record).traffic
    assert (traffic.bytes_received, traffic.bytes_sent, traffic.reused) == (300, 150, 3)


def test_answers_of_two_sizes_in_turn_fold_in_as_few_slices_as_those_of_one() -> None:
    record = recorder()
    record.request_bytes = 50
    for number in range(SLICE // 2):
        for size in (100, 101):
            record.seal_hot(200, size)
            record.hot.extend((at(1), at(1), at(1), at(2 + number / 1_000)))
    folds = 1
    while record.fold_some():
        folds += 1
    assert folds == 1
    record.seal_hot(200, 7)
    record.hot.extend((at(9), at(9), at(9), at(10)))
    snapshot = swapped(record)
    traffic = snapshot.traffic
    assert traffic.bytes_received == SLICE // 2 * 201 + 7
    assert (traffic.bytes_sent, traffic.reused) == (50 * (SLICE + 1), SLICE + 1)
    assert snapshot.warmup.status_codes == {200: SLICE + 1}


def test_of_requests_that_differ_a_change_of_answer_makes_no_slice_of_its_own() -> None:
    record = recorder(mixed=True)
    for number in range(10):
        record.seal_hot(200 + number % 2, 100)
        record.hot.extend((at(1), at(1), at(1), at(2), 200 + number % 2, 100, 50))
    assert not record.fold_some()
    assert swapped(record).warmup.status_codes == {200: 5, 201: 5}


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "open"])
def test_of_requests_that_differ_each_brings_its_status_and_sizes_along(closed: bool) -> None:
    record = recorder(closed=closed, mixed=True)
    for number, (status, received, written) in enumerate(((200, 100, 50), (201, 7, 1_000_000), (200, 90, 51))):
        sent, last = at(300 + number), at(301 + number)
        before = () if closed else (sent - 3 * MS, sent - 2 * MS)
        record.hot.extend((*before, sent, last, status, received, written))
    ends = [swapped(record) for _ in range(2)]
    assert (ends[0].traffic.bytes_sent, ends[0].measured.succeeded) == (0, 0), "they belong to the second interval"
    traffic, measured = ends[1].traffic, ends[1].measured
    assert (traffic.bytes_sent, traffic.bytes_received) == (1_000_101, 197)
    assert measured.status_codes == {200: 2, 201: 1}
    assert measured.service.quantile(1.0) == pytest.approx(1_000, abs=1)
    assert measured.scheduled.quantile(1.0) == pytest.approx(1_000 if closed else 4_000, abs=2)
    assert measured.connection_wait.quantile(1.0) == pytest.approx(0 if closed else 2_000, abs=1)


def test_what_a_connection_served_is_told_at_the_very_end_by_its_port() -> None:
    record = recorder()
    for port, requests in ((40_001, 5), (40_002, 7), (40_001, 2), (0, 9)):
        record.connections.serve(port, requests)
    assert swapped(record).served == {}
    assert swapped(record, last=True).served == {40_001: 7, 40_002: 7}


def test_failures_timeouts_drops_and_censored_requests_have_one_fate_each() -> None:
    record = recorder()
    record.fail(ErrorKind.RESET, (at(300), at(300), at(301)), at(302))
    record.fail(ErrorKind.READ_TIMEOUT, (at(300), at(300), at(301)), at(400), 200)
    record.fail(ErrorKind.CONNECT_REFUSED, (at(300), at(305), 0), at(310))
    record.drop(at(320))
    record.censor([at(330), at(10)], at(430))
    record.censor([at(340)], at(430), sent=False)
    snapshot = swapped(record, (6, 1), last=True)
    tally = snapshot.measured
    assert (tally.failed, tally.timed_out, tally.dropped, tally.censored, tally.unsent) == (2, 1, 1, 2, 1)
    assert tally.issued == tally.ended == 6
    assert snapshot.warmup.censored == snapshot.warmup.issued == 1
    assert tally.service.total == 0
    assert tally.dispatch_lag.total == 3
    assert tally.connection_wait.total == 2
    assert tally.censored_at.quantile(1.0) == pytest.approx(100_000, rel=0.001)
    assert tally.errors[ErrorKind.READ_TIMEOUT] == 1
    assert tally.status_codes == {200: 1}


def test_issued_never_goes_backwards() -> None:
    record = recorder()
    assert [swapped(record, issued).measured.issued for issued in ((10, 0), (8, 0), (12, 0))] == [10, 0, 2]


def test_samples_are_bounded_by_kind() -> None:
    record = recorder()
    for _ in range(5):
        if record.wants_sample(ErrorKind.RESET):
            record.keep_sample(ErrorKind.RESET, at(100), b"request", b"head", b"body")
    assert len(swapped(record).samples) == 3
    assert not record.wants_sample(ErrorKind.RESET)
    assert record.wants_sample(ErrorKind.PROTOCOL)


def test_an_untouched_population_costs_nothing() -> None:
    assert swapped(recorder()).measured == Tally()


def test_folding_goes_slice_by_slice() -> None:
    record = recorder()
    record.hot.extend((at(1), at(1), at(1), at(2)) * (2 * SLICE + 1))
    more = [record.fold_some() for _ in range(3)]
    assert more == [True, True, False]
    assert swapped(record).warmup.succeeded == 2 * SLICE + 1


def test_an_answer_after_the_timeout_is_a_timeout_though_it_was_read_before_anyone_looked() -> None:
    closed, opened = recorder(closed=True), recorder()
    for record in (closed, opened):
        record.timeout_ns = 100 * MS
    closed.hot.extend((at(260), at(300), at(261), at(362)))
    opened.hot.extend((at(260), at(260), at(261), at(300), at(260), at(260), at(261), at(362)))
    opened.rows.extend((at(260), at(260), at(261), at(300), at(362), 200))
    for record, late in ((closed, 1), (opened, 2)):
        measured = swapped_until(record, 2).measured
        assert (measured.succeeded, measured.timed_out) == (1, late)
        assert measured.errors == {ErrorKind.READ_TIMEOUT: late}
        assert measured.status_codes == {200: 1}
        assert measured.service.total == 1
        assert measured.dispatch_lag.total == measured.ended == 1 + late


def test_the_most_connections_open_at_once_are_kept_though_none_is_left_at_the_end() -> None:
    record = recorder()
    for _ in range(3):
        record.connections.connected()
    for _ in range(3):
        record.connections.disconnected()
    assert [swapped(record).traffic.open_connections for _ in range(2)] == [3, 0]
