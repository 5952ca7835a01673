"""What a request is in each kind of load, and which figures it has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import make_run, make_socket_run, make_socket_workload, make_stream_run, make_stream_workload
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import ClosedLoad, SocketMode, SocketSettings, StreamSettings
from loadbench_gui.core.verdict import Metric
from loadbench_gui.stats.kinds import at_once
from loadbench_gui.stats.sample import EVENTS, SERVICE, Missing, compared, measure

STREAM = make_stream_run()
ECHO = make_socket_run("echo")
PUSH = make_socket_run("push")
FANOUT = make_socket_run("fanout")
HOLD = make_socket_run("hold", workload=make_socket_workload("hold", ClosedLoad(1_000)))
MIB = 1024 * 1024


def reason(found: float | Missing) -> str:
    assert isinstance(found, Missing), found
    return found.reason


def test_each_metric_is_read_from_the_population_that_it_is_about() -> None:
    assert STREAM.measured.stream
    assert ECHO.measured.websocket
    assert FANOUT.measured.websocket
    assert measure(STREAM, Metric.FIRST_EVENT_P50) == STREAM.measured.stream.first_event.quantile(0.5)
    assert measure(STREAM, Metric.GAP_P99) == STREAM.measured.stream.gap.quantile(0.99)
    assert measure(STREAM, Metric.P99) == STREAM.measured.scheduled.quantile(0.99)
    assert measure(ECHO, Metric.RTT_P50) == ECHO.measured.websocket.rtt.quantile(0.5)
    assert measure(ECHO, Metric.RTT_P99) == ECHO.measured.websocket.rtt.quantile(0.99)
    assert measure(FANOUT, Metric.FANOUT_P50) == FANOUT.measured.websocket.fanout.quantile(0.5)
    assert measure(FANOUT, Metric.FANOUT_P99) == FANOUT.measured.websocket.fanout.quantile(0.99)


def test_a_percentile_of_gaps_needs_gaps_not_streams() -> None:
    assert STREAM.measured.stream
    few = replace(STREAM.measured.stream, gap=Histogram.of([10_000] * 999))
    run = replace(STREAM, measured=replace(STREAM.measured, stream=few))
    assert reason(measure(run, Metric.GAP_P99)) == "1,000 gaps are needed, a run had 999"
    enough = replace(few, gap=Histogram.of([10_000] * 1_000))
    tally = replace(STREAM.measured, stream=enough, scheduled=Histogram.of([1] * 10))
    assert isinstance(measure(replace(STREAM, measured=tally), Metric.GAP_P99), float)


def test_what_another_protocol_or_mode_has_is_not_measured() -> None:
    assert reason(measure(make_run(), Metric.GAP_P99)) == "gap_p99 is not measured for http workloads"
    assert reason(measure(PUSH, Metric.RTT_P50)) == "rtt_p50 is not measured for ws workloads in push mode"
    assert reason(measure(STREAM, Metric.MEMORY_PER_CONNECTION)).endswith("not measured for stream workloads")


def test_pushed_messages_have_a_throughput_and_no_latency() -> None:
    assert measure(PUSH, Metric.THROUGHPUT) == PUSH.throughput_rps > 0
    assert "not asked for" in reason(measure(PUSH, Metric.P99))


def test_held_connections_have_neither_but_take_memory() -> None:
    assert HOLD.target is not None
    for metric in (Metric.THROUGHPUT, Metric.CPU_PER_1K):
        assert "nothing is sent" in reason(measure(HOLD, metric))
    assert "nothing is asked" in reason(measure(HOLD, Metric.P50))
    taken = (HOLD.target.peak_bytes - HOLD.target.idle_bytes) / 1_000
    assert measure(HOLD, Metric.MEMORY_PER_CONNECTION) == taken > 0


def test_streams_that_do_not_end_have_no_throughput() -> None:
    endless = make_stream_workload(shape=ClosedLoad(64), settings=StreamSettings("sse", endless=True))
    run = make_stream_run(workload=endless)
    assert "do not end" in reason(measure(run, Metric.THROUGHPUT))
    ending = make_stream_run(workload=make_stream_workload(shape=ClosedLoad(64)))
    assert measure(ending, Metric.THROUGHPUT) == ending.throughput_rps


def test_few_connections_do_not_tell_what_one_takes() -> None:
    assert reason(measure(ECHO, Metric.MEMORY_PER_CONNECTION)).startswith("100 connections are needed")
    assert HOLD.target is not None
    shrunk = replace(HOLD, target=replace(HOLD.target, peak_bytes=HOLD.target.idle_bytes))
    assert reason(measure(shrunk, Metric.MEMORY_PER_CONNECTION)) == "the server's memory did not grow"
    unwatched = replace(HOLD, target=None)
    assert "not watched" in reason(measure(unwatched, Metric.MEMORY_PER_CONNECTION))


def test_only_what_a_kind_of_load_has_is_compared() -> None:
    own = {run.workload.name: set(compared(run.workload)) & {*EVENTS, *SERVICE} for run in (make_run(), STREAM, ECHO)}
    assert own == {
        "json": set(SERVICE),
        "events": {Metric.FIRST_EVENT_P50, Metric.GAP_P99},
        "echo": {Metric.RTT_P50, Metric.RTT_P99},
    }
    assert Metric.MEMORY_PER_CONNECTION in compared(HOLD.workload)
    assert Metric.MEMORY_PER_CONNECTION not in compared(make_run().workload)


@pytest.mark.parametrize(("mode", "expected"), [("echo", 64), ("fanout", 3), ("push", None), ("hold", None)])
def test_how_many_are_under_way_at_once_is_known_where_we_ask(mode: SocketMode, expected: int | None) -> None:
    workload = make_socket_workload(mode, ClosedLoad(64), settings=SocketSettings(mode, publishers=3))
    assert at_once(workload) == expected


def test_a_streams_life_is_longer_than_its_latency_so_nobody_knows_how_many_are_under_way() -> None:
    assert at_once(make_stream_workload(shape=ClosedLoad(64))) is None
