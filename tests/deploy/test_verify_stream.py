"""The question before a load of streams: events as they should be pass, and what is wrong with others is said."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from loadbench_gui.core.plan import Expectation, Request, StreamSettings, Target
from loadbench_gui.deploy.answer import Answer
from loadbench_gui.deploy.verify_stream import verify_stream
from loadbench_gui.errors import TargetFault

SSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
LAST = b"0\r\n\r\n"
NO_EXPECTATION = Expectation()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def events(*data: str, with_ids: int = 0) -> bytes:
    return b"".join(chunk(f"id: {with_ids + number}\ndata: {one}\n\n".encode()) for number, one in enumerate(data))


@contextmanager
def streaming(data: bytes, *, stays: bool = False) -> Iterator[tuple[Target, list[bytes]]]:
    """A server that sends `data` to whoever asks, then closes, or (stays) keeps the connection until it is left."""
    received: list[bytes] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with closing(connection):
                received.append(connection.recv(65536))
                connection.sendall(data)
                if stays:
                    received.append(connection.recv(65536))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield Target("http", "web.example", listener.getsockname()[1], "127.0.0.1"), received
        finally:
            thread.join()


def look(
    data: bytes,
    settings: StreamSettings,
    expect: Expectation = NO_EXPECTATION,
    *,
    stays: bool = False,
    timeout_s: float = 5.0,
) -> Answer:
    with streaming(data, stays=stays) as (target, _):
        work = verify_stream(target, Request(path="/sse"), expect, settings, timeout_s=timeout_s)
        return asyncio.run(work)


def test_a_stream_may_take_longer_than_its_timeout_which_is_the_longest_silence() -> None:
    rhythm = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with closing(connection):
                connection.recv(65536)
                connection.sendall(SSE)
                for number in range(8):
                    connection.sendall(events(f"number {number}"))
                    rhythm.wait(0.2)
                connection.sendall(LAST)

        thread = threading.Thread(target=serve)
        thread.start()
        target = Target("http", "web.example", listener.getsockname()[1], "127.0.0.1")
        work = verify_stream(target, Request(), Expectation(200, b"number 7"), StreamSettings("sse"), timeout_s=1.0)
        answer = asyncio.run(work)
        thread.join()

    assert answer.problem == ""


def test_a_stream_with_all_its_events_is_right() -> None:
    answer = look(SSE + events("a", "b", "c") + LAST, StreamSettings("sse", events=3), Expectation(200, b"c"))

    assert answer.ok
    assert answer.complete
    assert (answer.status, answer.content_type) == (200, "text/event-stream")
    assert answer.body_start.startswith("id: 0\ndata: a")


def test_lines_of_json_and_chunks_are_events_as_well() -> None:
    lines = SSE + chunk(b'{"a":1}\n{"a"') + chunk(b":2}\n\n") + chunk(b'{"a":3}') + LAST
    assert look(lines, StreamSettings("ndjson", events=3), Expectation(json='{"a":1}')).ok

    pieces = SSE + chunk(b"one") + chunk(b"two, the end") + LAST
    assert look(pieces, StreamSettings("chunked", events=2, until="end")).ok
    assert look(pieces, StreamSettings("chunked", events=3)).problem == "the stream ended after 2 events of 3"


@pytest.mark.parametrize(
    ("data", "settings", "expect", "problem"),
    [
        (events("a", "b") + LAST, StreamSettings(events=3), NO_EXPECTATION, "the stream ended after 2 events of 3"),
        (events("a") + LAST, StreamSettings(events=3), NO_EXPECTATION, "the stream ended after 1 event of 3"),
        (events("a", "b") + LAST, StreamSettings(events=1), NO_EXPECTATION, "2 events came instead of 1"),
        (events("a") + LAST, StreamSettings(until="[DONE]"), NO_EXPECTATION, "the stream ended without '[DONE]'"),
        (events("a", "b"), StreamSettings(events=3), NO_EXPECTATION, "the stream was cut off after 2 events"),
        (events("a") + b"5\r\ndat", StreamSettings(), NO_EXPECTATION, "the stream was cut off after 1 event"),
        (
            chunk(b"data: half") + LAST,
            StreamSettings(),
            NO_EXPECTATION,
            "the stream ended without an event, content type text/event-stream; it begins 'data: half'",
        ),
        (events("a") + LAST, StreamSettings(), Expectation(status=201), "status 200 instead of 201; the body begins "),
        (
            events("a", "b") + LAST,
            StreamSettings(),
            Expectation(body=b"z"),
            r"the events do not contain 'z'; they begin 'a\nb'",
        ),
        (
            events('{"n": 1}') + LAST,
            StreamSettings(),
            Expectation(json='{"n":2}'),
            """the JSON is '{"n":1}' instead of '{"n":2}'""",
        ),
        (
            events('{"n": 1}') + LAST,
            StreamSettings(content="delta.text"),
            NO_EXPECTATION,
            """no event has anything at delta.text; the first is '{"n": 1}'""",
        ),
    ],
)
def test_what_is_wrong_with_a_stream_is_said(
    data: bytes, settings: StreamSettings, expect: Expectation, problem: str
) -> None:
    assert look(SSE + data, settings, expect).problem.startswith(problem)


def test_a_line_beyond_all_measure_is_wrong() -> None:
    answer = look(SSE + chunk(b"data: " + b"x" * (2 << 20)), StreamSettings())

    assert "has a line or an event that is longer than any client takes" in answer.problem


def test_an_endless_stream_is_left_after_its_first_event() -> None:
    answer = look(SSE + events("a"), StreamSettings(endless=True), stays=True)

    assert answer.ok
    assert not answer.complete


def test_a_stream_is_complete_with_what_it_should_have_though_the_connection_stays_open() -> None:
    answer = look(SSE + events("a", "b"), StreamSettings(events=2), stays=True)

    assert answer.ok
    assert answer.complete


def test_a_stream_that_only_sends_comments_has_no_event() -> None:
    answer = look(SSE + chunk(b": still here\n\n"), StreamSettings(), stays=True, timeout_s=0.2)

    assert answer.problem.startswith("the stream brought nothing more within 0.2 s without an event")


def test_an_answer_that_is_no_stream_is_shown() -> None:
    page = b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope"

    assert look(page, StreamSettings()).problem == "status 404; the body begins 'nope'"


def test_a_compressed_stream_is_refused() -> None:
    packed = gzip.compress(b"data: a\n\n")
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)

    assert "is compressed (gzip)" in look(head + packed, StreamSettings()).problem


def test_streams_are_told_apart_by_what_their_events_say() -> None:
    wanted = StreamSettings(events=2)
    digest = look(SSE + events('{"n": 1, "t": 2}', "b") + LAST, wanted).digest
    other_ids = chunk(b": hello\r\n\r\n") + events('{"t":2,"n":1}', "b", with_ids=70) + LAST

    assert look(SSE + other_ids, wanted).digest == digest
    assert look(SSE + events('{"n": 1, "t": 2}', "c") + LAST, wanted).digest != digest


def test_endless_streams_are_told_apart_by_the_form_of_their_events() -> None:
    def digest(event: str) -> str:
        return look(SSE + events(event), StreamSettings(endless=True), stays=True).digest

    assert digest('{"price": 1.5, "at": [1]}') == digest('{"price": 2, "at": [5, 6]}')
    assert digest('{"price": 1.5}') != digest('{"price": "1.5"}')
    assert digest("plain") == digest("other")


def test_the_request_is_the_loads_and_its_body_goes_in_chunks_where_the_loads_does() -> None:
    request = Request("POST", "/speak", (("X-One", "1"),), b"words")
    with streaming(SSE + events("a") + LAST) as (target, received):
        settings = StreamSettings(upload_chunk_bytes=2)
        assert asyncio.run(verify_stream(target, request, NO_EXPECTATION, settings)).ok

    lines = received[0].split(b"\r\n")
    assert lines[0] == b"POST /speak HTTP/1.1"
    assert b"Transfer-Encoding: chunked" in lines
    assert b"X-One: 1" in lines


def test_what_is_quoted_is_masked() -> None:
    with streaming(SSE + events("hush") + LAST) as (target, _):
        work = verify_stream(
            target,
            Request(),
            Expectation(body=b"never"),
            StreamSettings(),
            mask=lambda data: data.replace(b"hush", b"***"),
        )
        answer = asyncio.run(work)

    assert "***" in answer.problem
    assert "hush" not in answer.problem + answer.body_start


def test_silence_is_a_fault_of_the_target() -> None:
    with streaming(b"", stays=True) as (target, _), pytest.raises(TargetFault, match=r"within 0\.2 s"):
        asyncio.run(verify_stream(target, Request(), NO_EXPECTATION, StreamSettings(), timeout_s=0.2))
