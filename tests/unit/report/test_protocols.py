"""Streams and WebSockets in the result document: the contract's names, nothing invented."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from builders import make_run, make_socket_run, make_socket_workload, make_stream_run, make_stream_workload
from loadbench_gui.core.plan import ClosedLoad, SocketMode, SocketSettings, StreamSettings
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import ErrorKind, Tally
from loadbench_gui.report.document import document, to_json

Q_KEYS = {
    "count", "min", "mean", "stdev", "p50", "p75", "p90", "p95", "p99", "p99_9", "p99_99", "max", "unsupported",
    "infinite", "at_least",
}  # fmt: skip
STREAM_TIMES = ("headers_us", "first_event_us", "first_content_us", "gap_us", "events_per_read")
STREAM_COUNTS = ("longest_stall_us", "events", "complete", "truncated", "left", "reconnected")
SOCKET_TIMES = ("handshake_us", "rtt_us", "ping_us", "gap_us", "fanout_us", "skew_us")
SOCKET_COUNTS = ("messages_sent", "messages_received", "lost", "duplicated", "reordered", "stray")


def one(run: Run) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(to_json(document([run])))["runs"][0]
    return written


def test_a_streams_keys_are_those_of_the_contract() -> None:
    run = make_stream_run(errors={ErrorKind.CLOSED_EARLY: 5})
    written = one(run)
    stream, tally = written["stream"], run.measured.stream
    assert tally is not None
    assert all(set(stream[name]) == Q_KEYS for name in STREAM_TIMES)
    assert {name: stream[name] for name in STREAM_COUNTS} == {name: getattr(tally, name) for name in STREAM_COUNTS}
    assert stream["truncated"] == 5
    assert stream["events_per_s"] == pytest.approx(tally.events / run.duration_s)
    assert stream["first_event_us"]["count"] == tally.first_event.total == written["requests"]["issued"]
    assert written["websocket"] is None
    assert written["protocol"] == "stream"


@pytest.mark.parametrize("mode", ["echo", "push", "fanout", "hold"])
def test_a_websockets_keys_are_those_of_the_contract(mode: SocketMode) -> None:
    run = make_socket_run(mode, planted={"lost": 4, "duplicated": 3, "reordered": 2, "stray": 1}, close_codes={1011: 7})
    written = one(run)
    socket, tally = written["websocket"], run.measured.websocket
    assert tally is not None
    assert all(set(socket[name]) == Q_KEYS for name in SOCKET_TIMES)
    assert [socket[name] for name in SOCKET_COUNTS] == [tally.sent, tally.received, 4, 3, 2, 1]
    assert socket["close_codes"] == {"1011": 7}
    assert socket["handshake_us"]["count"] == 64
    assert written["stream"] is None


@pytest.mark.parametrize(("numbered", "known"), [(0, None), (40, 0)])
def test_of_pushed_messages_without_numbers_nobody_says_that_none_was_lost(numbered: int, known: int | None) -> None:
    socket = one(make_socket_run("push", planted={"numbered": numbered}))["websocket"]
    assert [socket[name] for name in ("lost", "duplicated", "reordered", "stray")] == [known, known, known, 0]


def test_pings_without_a_pong_and_silences_are_told_where_there_can_be_any() -> None:
    pinged = make_socket_workload("hold", settings=SocketSettings("hold", ping_every_s=1.0))
    held = one(make_socket_run("hold", workload=pinged, planted={"pings_unanswered": 3}))["websocket"]
    assert (held["pings_unanswered"], held["longest_silence_us"]) == (3, None)
    pushed = one(make_socket_run("push", planted={"longest_silence_us": 5_200_000}))["websocket"]
    assert (pushed["pings_unanswered"], pushed["longest_silence_us"]) == (None, 5_200_000)


def test_a_time_that_was_never_taken_is_null_and_says_so() -> None:
    fanout = one(make_socket_run("push"))["websocket"]["fanout_us"]
    assert fanout["count"] == 0
    assert {*fanout["unsupported"]} == Q_KEYS - {"count", "unsupported", "infinite", "at_least"}


def test_plain_requests_have_neither() -> None:
    written = one(make_run())
    assert [written[key] for key in ("stream", "websocket", "stream_options", "websocket_options")] == [None] * 4


def test_a_run_in_which_no_stream_began_has_zeros_and_no_figures() -> None:
    nothing = Tally(issued=9, failed=9, errors={ErrorKind.CONNECT_REFUSED: 9})
    stream = one(replace(make_stream_run(), measured=nothing))["stream"]
    assert [stream[name] for name in STREAM_COUNTS] == [0] * 6
    assert stream["first_event_us"]["p50"] is None


def test_what_is_only_held_has_no_throughput_and_endless_streams_have_none_either() -> None:
    held = one(make_socket_run("hold"))
    endless = make_stream_workload(shape=ClosedLoad(8), settings=StreamSettings("sse", endless=True))
    for written in (held, one(make_stream_run(workload=endless))):
        assert written["throughput_rps"] is None
        assert {interval["throughput_rps"] for interval in written["intervals"]} == {None}
    assert one(make_socket_run("push"))["throughput_rps"] > 0


def test_intervals_say_how_many_events_and_messages_came() -> None:
    stream, echo, plain = one(make_stream_run()), one(make_socket_run("echo")), one(make_run())
    assert all(interval["events"] > 0 for interval in stream["intervals"])
    assert all(interval["messages_received"] > 0 for interval in echo["intervals"])
    assert {(i["events"], i["messages_received"]) for i in plain["intervals"]} == {(None, None)}


def test_memory_is_told_by_the_connection_on_both_sides() -> None:
    run = make_socket_run("hold", workload=make_socket_workload("hold", ClosedLoad(1_000)))
    run = replace(run, fitness=replace(run.fitness, bytes_per_connection=3_900.0))
    written = one(run)
    assert run.target is not None
    assert written["websocket"]["memory_per_connection_bytes"] == (run.target.peak_bytes - run.target.idle_bytes) / 1e3
    assert written["generator"]["bytes_per_connection"] == 3_900.0


def test_how_to_send_the_same_again_is_told_and_messages_are_not() -> None:
    settings = SocketSettings("echo", message=b"token=hunter2", hello=b"secret", subprotocols=("chat",))
    options = one(make_socket_run(workload=make_socket_workload(settings=settings)))["websocket_options"]
    assert options["size_bytes"] == 13
    assert options["hello_bytes"] == 6
    assert options["subprotocols"] == ["chat"]
    assert "hunter2" not in json.dumps(options)
    assert one(make_stream_run())["stream_options"]["events"] == 20


@pytest.mark.parametrize(("binary", "length"), [(False, 16 + 5), (True, 8 + 5)])
def test_a_publication_is_as_long_as_its_identifier_and_its_message(binary: bool, length: int) -> None:
    settings = SocketSettings("fanout", message=b"12345", binary=binary)
    options = one(make_socket_run("fanout", workload=make_socket_workload("fanout", settings=settings)))
    assert options["websocket_options"]["size_bytes"] == length
