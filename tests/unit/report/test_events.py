"""Streams and WebSockets on the report page: their tables, their charts, their words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import ARMS, make_run, make_socket_run, make_socket_workload, make_stream_run, make_stream_workload
from loadbench_gui.core.plan import ClosedLoad, SocketMode, StreamSettings
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.report.html import page
from loadbench_gui.report.page import Page, Table
from loadbench_gui.report.words import NARROW

CUT = {ErrorKind.CLOSED_EARLY: 7}
STREAMS = [make_stream_run(arm, order=i, errors=CUT if i == 2 else None) for i, arm in enumerate(ARMS)]
HELD = [
    make_socket_run("hold", arm, workload=make_socket_workload("hold", ClosedLoad(1_000)), order=i)
    for i, arm in enumerate(ARMS)
]


def sockets(mode: SocketMode) -> list[Run]:
    return [make_socket_run(mode, arm, order=i) for i, arm in enumerate(ARMS)]


def tables(runs: list[Run]) -> dict[str, Table]:
    return {table.caption.split(",")[0]: table for table in page(runs).sections[0].events}


def column(table: Table, title: str) -> list[tuple[str, str]]:
    at = [cell.text for cell in table.head].index(title)
    return [(row[at].text.replace(NARROW, " "), row[at].note.replace(NARROW, " ")) for row in table.rows]


def titles(shown: Page) -> list[str]:
    return [figure.title for figure in shown.sections[0].figures]


def test_plain_requests_have_no_such_tables() -> None:
    assert page([make_run()]).sections[0].events == ()


def test_when_events_come_is_said_with_percentiles_and_the_longest_wait() -> None:
    times = tables(STREAMS)["When events come"]
    assert [cell.text for cell in times.head[1:]] == [
        "headers", "first event", "first content", "gap", "longest stall", "events per read",
    ]  # fmt: skip
    text, note = column(times, "gap")[0]
    assert text == "10.0 ms"
    assert note.startswith("p99 10.9 ms, max 11.")
    assert column(times, "events per read")[0] == ("2.00", "at most 3")


def test_whether_all_events_came_is_counted() -> None:
    whole = tables(STREAMS)["Whether all events came"]
    stream = STREAMS[2].measured.stream
    assert stream is not None
    assert column(whole, "complete")[2] == (f"{stream.complete:,}", "99.5 % of 1,612")
    assert [text for text, _ in column(whole, "truncated")] == ["0", "0", "7"]
    assert column(whole, "events")[2][0] == f"{stream.events:,}"


def test_a_message_that_was_lost_or_came_twice_is_red_and_close_codes_are_listed() -> None:
    runs = sockets("echo")
    runs[1] = make_socket_run("echo", ARMS[1], planted={"lost": 3, "stray": 1}, close_codes={1011: 2, 1006: 1}, order=1)
    came = tables(runs)["Which messages came"]
    at = [cell.text for cell in came.head].index("lost")
    assert [row[at].tone for row in came.rows] == ["muted", "error", "muted"]
    assert [text for text, _ in column(came, "closed by the server")] == ["none", "1 × 1006, 2 × 1011", "none"]


def test_of_pushed_messages_without_numbers_it_is_not_known_whether_any_was_lost() -> None:
    runs = [make_socket_run("push", ARMS[0]), make_socket_run("push", ARMS[1], planted={"numbered": 9}, order=1)]
    came = tables(runs)["Which messages came"]
    assert [text for text, _ in column(came, "lost")] == ["not known", "0"]
    assert [text for text, _ in column(came, "stray")] == ["0", "0"]


def test_a_push_says_how_long_it_was_silent_at_the_most() -> None:
    runs = [
        make_socket_run("push", ARMS[0]),
        make_socket_run("push", ARMS[1], planted={"longest_silence_us": 2_500_000}, order=1),
    ]
    silences = [text for text, _ in column(tables(runs)["Which messages came"], "longest silence")]
    assert silences[1] == "2,500 ms"
    assert "longest silence" not in [cell.text for cell in tables(sockets("echo"))["Which messages came"].head]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("echo", ["handshake", "round trip"]),
        ("push", ["handshake", "gap"]),
        ("fanout", ["handshake", "fan-out", "skew"]),
        ("hold", ["handshake", "ping"]),
    ],
)
def test_only_times_that_a_mode_has_are_shown(mode: SocketMode, expected: list[str]) -> None:
    shown = tables(sockets(mode))["How long messages take"]
    assert [cell.text for cell in shown.head[1:]] == expected


def test_memory_is_told_for_each_connection_on_both_sides() -> None:
    runs = [replace(run, fitness=replace(run.fitness, bytes_per_connection=3_994.0)) for run in HELD]
    taken = tables(runs)["Memory of open connections"]
    assert column(taken, "connections")[0] == ("1,000", "most at once")
    assert column(taken, "generator, each")[0][0] == "3.90 KiB"
    assert column(taken, "server, each")[0][1] == "PSS"
    assert "Memory of open connections" not in tables(sockets("echo")), "64 connections do not tell"
    assert column(tables([replace(run, target=None) for run in runs])["Memory of open connections"], "server, each")[
        0
    ] == ("–", "not watched")


def test_each_kind_of_load_has_the_charts_that_make_sense_for_it() -> None:
    end = ["Memory over time", "Runs in the order they were made"]
    latency, rest = "Latency by percentile", ["Latency over time", "Throughput over time", *end]
    assert titles(page(STREAMS)) == [latency, "Gaps by percentile", *rest]
    assert titles(page(sockets("echo"))) == [latency, *rest]
    assert titles(page(sockets("fanout"))) == [latency, "Fan-out by percentile", *rest]
    assert titles(page(sockets("push"))) == ["Gaps by percentile", "Throughput over time", *end]
    assert titles(page(HELD)) == end


def test_the_first_table_has_the_figures_of_its_kind() -> None:
    def heads(runs: list[Run]) -> list[str]:
        return [cell.text for cell in page(runs).sections[0].overview.head]

    assert heads(STREAMS)[1:5] == ["p99, scheduled", "p50, scheduled", "Gap, p99", "Streams/s"]
    assert heads(sockets("push"))[1:3] == ["Gap, p99", "Messages/s"]
    assert heads(HELD)[1:] == ["Memory per connection", "Memory, peak", "Memory, idle"]


def test_runs_are_summed_up_in_the_words_of_their_kind() -> None:
    assert "streams came whole" in page(STREAMS).verdict
    assert "messages came back" in page(sockets("echo")).verdict
    assert "publications reached all subscribers" in page(sockets("fanout")).verdict
    held = page(HELD).verdict
    assert held.startswith("fastapi: 1,000 of 1,000 connections were held.")
    assert "/s" not in held


def test_what_a_latency_spans_is_said_for_the_kinds_that_are_shown() -> None:
    assert "a stream's to its first event" in page(STREAMS).clock
    assert "a publication's to its last subscriber" in page(sockets("fanout")).clock
    assert "(" not in page([make_run()]).clock


def test_what_is_asked_is_said_in_one_line() -> None:
    endless = make_stream_run(workload=make_stream_workload(settings=StreamSettings("ndjson", endless=True)))
    assert "GET /events · lines of JSON, endless · open loop" in page([endless]).sections[0].subtitle
    assert "WebSocket /ws · held · 1,000 connections · " in page(HELD).sections[0].subtitle


def test_connections_that_ask_nothing_have_no_phases() -> None:
    assert page(sockets("push")).sections[0].phases is None
    waits = page(sockets("echo")).sections[0].phases
    assert waits is not None
    assert [cell.text for cell in waits.head[1:]] == ["dispatch lag", "connection wait"]


def test_held_connections_have_no_rate_in_the_table_of_runs() -> None:
    shown = page(HELD).runs
    at = [cell.text for cell in shown.head].index("rate")
    assert shown.rows[0][at].text == "–"
    assert "round trips/s" in [cell.text for cell in page(sockets("echo")).runs.head]
