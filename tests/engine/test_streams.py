"""Streams over real connections: what is counted, what is timed, and when one is complete."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from certificates import make_certificate
from engine.streams import (
    HEAD,
    LAST_CHUNK,
    SSE_HEAD,
    Stream,
    chunk,
    chunks,
    event,
    falls_silent,
    shoot_streams,
    sized,
    stream_of,
)
from loadbench_gui.core.plan import ClosedLoad, EngineName, Expectation, OpenLoad, Request, StreamSettings
from loadbench_gui.core.snapshot import ErrorKind

BOTH = pytest.mark.parametrize("engine", ["in-app", "workers"])
TEN = b"".join(event(number) for number in range(10))


async def ten_apart(stream: Stream) -> None:
    """Ten events, each in a chunk and a write of its own."""
    await stream.start()
    for number in range(10):
        await stream.event(number)
        await asyncio.sleep(0.001)
    await stream.finish()


async def ten_at_once(stream: Stream) -> None:
    await stream.send(HEAD + chunk(TEN) + LAST_CHUNK)


@BOTH
def test_every_event_is_counted_and_every_gap(engine: EngineName) -> None:
    fired, server = shoot_streams(ten_apart, engine=engine)
    streams = stream_of(fired)
    assert (fired.measured.succeeded, streams.complete, streams.truncated) == (4, 4, 0)
    assert streams.events == 40
    assert streams.gap.total == 36
    assert streams.headers.total == streams.first_event.total == streams.first_content.total == 4
    assert (server.connections, len(server.streams)) == (1, 4), "the connection is kept"
    assert fired.measured.status_codes == {200: 4}


def test_events_of_one_read_have_no_gap_between_them() -> None:
    fired, _ = shoot_streams(ten_at_once)
    streams = stream_of(fired)
    assert streams.events == 40
    assert streams.gap.total == 36
    assert streams.gap.max_us == 0
    assert streams.per_read.total == 4
    assert streams.per_read.min_us == streams.per_read.max_us == 10


def test_the_latency_of_a_stream_ends_with_its_first_event() -> None:
    async def takes_its_time(stream: Stream) -> None:
        await stream.start()
        await stream.event(0)
        await asyncio.sleep(0.3)
        await stream.event(1)
        await stream.finish()

    fired, _ = shoot_streams(takes_its_time, limit=2)
    measured, streams = fired.measured, stream_of(fired)
    assert (measured.service.max_us or 0) < 250_000
    assert measured.service == measured.scheduled == streams.first_event
    assert (measured.download.min_us or 0) >= 290_000
    assert (streams.gap.min_us or 0) >= 290_000
    assert streams.longest_stall_us >= 290_000


@pytest.mark.parametrize("size", [1, 2, 7])
def test_it_does_not_matter_how_the_bytes_are_cut(size: int) -> None:
    answer = HEAD + chunks(b"data: \xf0\x9f", b"\x8e\x89\r", b"\n\r\n", b": c\n\ndata: b\n\n") + LAST_CHUNK

    async def dribbles(stream: Stream) -> None:
        for at in range(0, len(answer), size):
            await stream.send(answer[at : at + size])
            await asyncio.sleep(0)

    fired, _ = shoot_streams(dribbles, StreamSettings(events=2, until="b"))
    assert (fired.measured.succeeded, stream_of(fired).events) == (4, 8)


# Kinds


def test_lines_of_json_are_events_and_the_last_one_needs_no_end() -> None:
    async def lines(stream: Stream) -> None:
        await stream.send(HEAD + chunk(b'{"a":1}\n\n{"a"'))
        await stream.send(chunk(b':2}\r\n{"a":3}') + LAST_CHUNK)

    fired, _ = shoot_streams(lines, StreamSettings("ndjson", events=3))
    assert (fired.measured.succeeded, stream_of(fired).events) == (4, 12)


def test_chunks_are_events_as_the_server_framed_them() -> None:
    async def framed(stream: Stream) -> None:
        await stream.send(HEAD + chunks(b"a", b"b" * 100_000) + b"5\r\nab")
        await asyncio.sleep(0.01)
        await stream.send(b"cde\r\n" + LAST_CHUNK)

    fired, _ = shoot_streams(framed, StreamSettings("chunked", events=3, until="abcde"))
    assert (fired.measured.succeeded, stream_of(fired).events) == (4, 12)


def test_without_chunks_each_read_is_an_event() -> None:
    async def pieces(stream: Stream) -> None:
        await stream.send(SSE_HEAD + b"Content-Length: 6\r\n\r\n")
        for piece in (b"ab", b"cd", b"ef"):
            await asyncio.sleep(0.05)
            await stream.send(piece)

    fired, _ = shoot_streams(pieces, StreamSettings("chunked"), limit=2)
    assert stream_of(fired).events == 6


# What is complete


def body_of(*events: bytes) -> bytes:
    return b"".join(b"data: " + data + b"\n\n" for data in events)


@pytest.mark.parametrize(
    ("settings", "body", "kind"),
    [
        (StreamSettings(), TEN, None),
        (StreamSettings(events=10), TEN, None),
        (StreamSettings(events=11), TEN, ErrorKind.INCOMPLETE),
        (StreamSettings(events=9), TEN, ErrorKind.BAD_BODY),
        (StreamSettings(until="9"), TEN, None),
        (StreamSettings(until="[DONE]"), TEN, ErrorKind.INCOMPLETE),
        (StreamSettings(until="[DONE]"), TEN + body_of(b"[DONE]"), None),
        (StreamSettings(until="[DONE]", events=10), TEN + body_of(b"[DONE]"), ErrorKind.BAD_BODY),
        (StreamSettings(until="[DONE]", events=11), TEN + body_of(b"[DONE]"), None),
        (StreamSettings(until="DONE\nnow"), b"data: DONE\ndata: now\n\n", None),
        (StreamSettings(), b"", ErrorKind.INCOMPLETE),
        (StreamSettings(), b": nothing but a comment\n\n", ErrorKind.INCOMPLETE),
        (StreamSettings(events=0), b"", None),
        (StreamSettings(events=1), b"data: not ended", ErrorKind.INCOMPLETE),
    ],
)  # fmt: skip
@pytest.mark.parametrize("length", [True, False], ids=["with a length", "in chunks"])
def test_a_stream_is_complete_if_all_came_that_was_asked_for(
    settings: StreamSettings, body: bytes, kind: ErrorKind | None, length: bool
) -> None:
    answer = sized(body) if length else HEAD + (chunk(body) if body else b"") + LAST_CHUNK

    async def says(stream: Stream) -> None:
        await stream.send(answer)

    fired, server = shoot_streams(says, settings)
    assert fired.measured.errors == ({} if kind is None else {kind: 4})
    assert stream_of(fired).truncated == (4 if kind is ErrorKind.INCOMPLETE else 0)
    assert server.connections == 1, "the answer was whole, so the connection is kept"


def test_an_answer_that_ends_with_its_connection_is_whole() -> None:
    async def ends(stream: Stream) -> None:
        await stream.send(SSE_HEAD + b"\r\n" + TEN)
        stream.cut()

    fired, server = shoot_streams(ends, StreamSettings(events=10))
    assert (fired.measured.succeeded, server.connections) == (4, 4)


@pytest.mark.parametrize("settings", [StreamSettings(events=2), StreamSettings(until="1")])
def test_a_body_that_goes_on_after_all_had_come_is_left(settings: StreamSettings) -> None:
    async def goes_on(stream: Stream) -> None:
        await stream.start()
        for number in range(10_000):
            await stream.event(number)
            await asyncio.sleep(0.01)

    fired, server = shoot_streams(goes_on, settings)
    assert fired.measured.succeeded == server.connections == 4
    assert fired.traffic.closed_by_server == 0


@pytest.mark.parametrize("cuts", [True, False])
def test_a_body_whose_end_never_comes_is_left_after_a_moment(cuts: bool) -> None:
    async def hangs(stream: Stream) -> None:
        await stream.start()
        await stream.event(0)
        if cuts:
            await asyncio.sleep(0.01)
            stream.cut()
        await stream.until_gone()

    fired, server = shoot_streams(hangs, StreamSettings(events=1))
    assert fired.measured.succeeded == server.connections == 4
    assert (fired.measured.download.max_us or 0) < 90_000, "the wait for the end is not the server's time"


def test_the_end_of_an_answer_may_come_apart_from_its_last_event() -> None:
    async def two_writes(stream: Stream) -> None:
        await stream.start()
        await stream.event(0)
        await asyncio.sleep(0.01)
        await stream.finish()

    fired, server = shoot_streams(two_writes, StreamSettings(events=1))
    assert (fired.measured.succeeded, server.connections) == (4, 1)


def test_first_content_is_the_first_event_that_has_some() -> None:
    async def talks(stream: Stream) -> None:
        await stream.start()
        await stream.send(chunk(b'data: {"delta":{"role":"assistant"}}\n\n'))
        await asyncio.sleep(0.2)
        await stream.send(chunk(b'data: {"delta":{"content":"Hello"}}\n\ndata: [DONE]\n\n') + LAST_CHUNK)

    fired, _ = shoot_streams(talks, StreamSettings(until="[DONE]", content="delta.content"), limit=2)
    streams = stream_of(fired)
    assert fired.measured.succeeded == streams.first_content.total == 2
    assert (streams.first_content.min_us or 0) >= 190_000 > (streams.first_event.max_us or 0)


def test_a_wrong_status_is_no_stream() -> None:
    async def refuses(stream: Stream) -> None:
        await stream.send(b"HTTP/1.1 503 Busy\r\nContent-Length: 10\r\n\r\ndata: a\n\n\n")

    fired, server = shoot_streams(refuses)
    assert fired.measured.errors == {ErrorKind.BAD_STATUS: 4}
    assert (stream_of(fired).events, stream_of(fired).truncated, server.connections) == (0, 0, 1)
    assert all(sample.body_start.startswith(b"data: a") for sample in fired.samples)


def test_the_body_may_be_held_against_an_expectation_too() -> None:
    fired, _ = shoot_streams(ten_at_once, expect=Expectation(body=b"data: 7"))
    assert fired.measured.succeeded == 4
    fired, _ = shoot_streams(ten_at_once, expect=Expectation(body=b"data: 17"))
    assert fired.measured.errors == {ErrorKind.BAD_BODY: 4}


def test_samples_say_how_far_a_stream_came() -> None:
    async def cuts(stream: Stream) -> None:
        await stream.start()
        await stream.event(0)
        stream.cut()

    fired, _ = shoot_streams(cuts, StreamSettings(events=3), limit=1)
    (sample,) = fired.samples
    assert sample.request.startswith(b"GET / HTTP/1.1\r\n")
    assert sample.response_head.startswith(b"HTTP/1.1 200 OK")
    assert sample.body_start == b"data: 0\n\n\n(1 of 3 events had come)"


# Loads


@BOTH
def test_an_open_loop_starts_streams_when_they_are_due(engine: EngineName) -> None:
    shape = OpenLoad(rate_rps=50.0, connections=8)
    fired, _ = shoot_streams(ten_apart, shape=shape, engine=engine, limit=None, duration_s=1.0)
    assert fired.measured.issued == fired.measured.succeeded == 50
    assert stream_of(fired).first_event.total == 50
    assert fired.measured.scheduled.total == 50


def test_users_who_think_get_their_streams_too() -> None:
    fired, server = shoot_streams(ten_apart, shape=ClosedLoad(2, think_s=0.05), limit=6)
    assert fired.measured.succeeded == len(server.streams) == 6


def test_streams_of_a_mix_go_to_their_own_paths() -> None:
    requests = (Request(path="/a"), Request("POST", "/b", body=b"${counter}"))
    fired, server = shoot_streams(ten_at_once, requests=requests, limit=40)
    assert fired.measured.succeeded == 40
    assert {stream.head.split(b" ")[1] for stream in server.streams} == {b"/a", b"/b"}


def test_streams_of_the_warm_up_are_kept_apart() -> None:
    fired, server = shoot_streams(ten_apart, limit=None, warmup_s=0.3, duration_s=0.3)
    assert 0 < fired.measured.issued < len(server.streams)
    assert 0 < stream_of(fired).events < 10 * len(server.streams)


def test_streams_come_over_tls(tmp_path: Path) -> None:
    fired, server = shoot_streams(ten_apart, context=make_certificate(tmp_path).server)
    assert (fired.measured.succeeded, server.connections) == (4, 1)
    assert stream_of(fired).events == 40


def test_streams_come_over_unix_sockets(tmp_path: Path) -> None:
    fired, _ = shoot_streams(ten_apart, unix_path=str(tmp_path / "s"))
    assert stream_of(fired).events == 40


def test_silence_is_what_the_timeout_is_about_not_length() -> None:
    async def long(stream: Stream) -> None:
        await stream.start()
        for number in range(12):
            await stream.event(number)
            await asyncio.sleep(0.1)
        await stream.finish()

    fired, _ = shoot_streams(long, StreamSettings(events=12), limit=1, timeout_s=0.5)
    assert fired.measured.succeeded == 1


def test_silence_is_a_timeout_and_a_stall() -> None:
    fired, _ = shoot_streams(falls_silent, limit=1, timeout_s=0.5)
    streams = stream_of(fired)
    assert fired.measured.errors == {ErrorKind.READ_TIMEOUT: 1}
    assert (fired.measured.timed_out, streams.truncated, streams.events) == (1, 1, 1)
    assert 490_000 <= streams.longest_stall_us < 900_000
    assert streams.first_event.total == 1
    assert fired.measured.service.total == 0
