"""Streams of servers that break the rules, or never stop: each lands in its class, and memory stays bounded."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib

import pytest

from engine.streams import (
    CHUNKED,
    HEAD,
    LAST_CHUNK,
    SSE_HEAD,
    Stream,
    chunk,
    chunks,
    event,
    shoot_streams,
    sized,
    stream_of,
)
from loadbench_gui.core.plan import ClosedLoad, EngineName, StreamKind, StreamSettings
from loadbench_gui.core.snapshot import ErrorKind

MIB = 1 << 20
BOTH = pytest.mark.parametrize("engine", ["in-app", "workers"])
THREE = event(0) + event(1) + event(2)


async def hold(stream: Stream) -> None:
    await stream.until_gone()


# Streams that are cut, or end too soon


@BOTH
def test_an_event_that_was_not_ended_is_none(engine: EngineName) -> None:
    async def no_final_newline(stream: Stream) -> None:
        await stream.send(sized(event(0) + event(1) + b"data: 2\n"))

    fired, _ = shoot_streams(no_final_newline, StreamSettings(events=3), engine=engine)
    streams = stream_of(fired)
    assert fired.measured.errors == {ErrorKind.INCOMPLETE: 4}
    assert (streams.events, streams.complete, streams.truncated) == (8, 0, 4)
    assert all(b"2 of 3 events had come" in sample.body_start for sample in fired.samples)


@BOTH
@pytest.mark.parametrize("resets", [False, True])
def test_a_cut_in_the_middle_of_an_event_is_told_from_an_end(resets: bool, engine: EngineName) -> None:
    async def cuts(stream: Stream) -> None:
        await stream.start()
        await stream.send(chunk(event(0)) + b"20\r\ndata: half of wh")
        await asyncio.sleep(0.02)
        if resets:
            stream.reset()
        stream.cut()

    fired, _ = shoot_streams(cuts, engine=engine)
    streams = stream_of(fired)
    assert fired.measured.errors == {ErrorKind.RESET if resets else ErrorKind.CLOSED_EARLY: 4}
    assert (streams.events, streams.truncated, streams.first_event.total) == (4, 4, 4)


def test_a_body_shorter_than_announced_was_cut() -> None:
    async def promises(stream: Stream) -> None:
        await stream.send(SSE_HEAD + b"Content-Length: 100\r\n\r\n" + THREE)
        stream.cut()

    fired, _ = shoot_streams(promises)
    assert fired.measured.errors == {ErrorKind.CLOSED_EARLY: 4}
    assert (stream_of(fired).events, stream_of(fired).truncated) == (12, 4)


def test_a_body_longer_than_announced_is_no_answer_to_the_next_request() -> None:
    async def goes_on(stream: Stream) -> None:
        await stream.send(SSE_HEAD + b"Content-Length: %d\r\n\r\n" % len(event(0)) + THREE)
        await hold(stream)

    fired, server = shoot_streams(goes_on)
    assert fired.measured.errors == {ErrorKind.PROTOCOL: 4}
    assert server.connections == 4


@pytest.mark.parametrize(
    "broken", [b"zz\r\ndata: x\n\n\r\n", b"5\r\ndata: too long\r\n", b"-1\r\n", b"ffffffffffffffffff\r\n"]
)
def test_a_broken_chunk_ends_a_stream_but_not_what_came_before(broken: bytes) -> None:
    async def breaks(stream: Stream) -> None:
        await stream.send(HEAD + chunk(THREE) + broken)
        await hold(stream)

    fired, _ = shoot_streams(breaks)
    streams = stream_of(fired)
    assert fired.measured.errors == {ErrorKind.PROTOCOL: 4}
    assert (streams.events, streams.truncated) == (12, 4)


def test_no_answer_at_all_is_a_timeout_of_a_stream_that_never_began() -> None:
    fired, _ = shoot_streams(hold, limit=1, timeout_s=0.3)
    assert fired.measured.errors == {ErrorKind.READ_TIMEOUT: 1}
    assert (stream_of(fired).truncated, stream_of(fired).headers.total) == (0, 0)


def test_a_head_and_nothing_else_is_a_stall() -> None:
    async def only_head(stream: Stream) -> None:
        await stream.start()
        await hold(stream)

    fired, _ = shoot_streams(only_head, limit=1, timeout_s=0.3)
    streams = stream_of(fired)
    assert fired.measured.errors == {ErrorKind.READ_TIMEOUT: 1}
    assert (streams.truncated, streams.headers.total, streams.first_event.total) == (1, 1, 0)
    assert streams.longest_stall_us >= 290_000


def test_a_connection_that_is_cut_before_the_head_began_no_stream() -> None:
    async def cuts(stream: Stream) -> None:
        stream.cut()

    fired, _ = shoot_streams(cuts)
    assert fired.measured.errors == {ErrorKind.CLOSED_EARLY: 4}
    assert stream_of(fired).truncated == 0


# What the grammar is made of


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_lines_may_end_in_three_ways_wherever_they_are_cut(end: bytes, size: int) -> None:
    body = end.join(
        [b"\xef\xbb\xbfdata: a", b"data: b", b"", b": c", b"id: 1", b"data: d", b"", b"data: [DONE]", b"", b""]
    )

    async def cuts(stream: Stream) -> None:
        await stream.start()
        for at in range(0, len(body), size):
            await stream.send(chunk(body[at : at + size]))
            await asyncio.sleep(0)
        await stream.finish()

    fired, _ = shoot_streams(cuts, StreamSettings(events=3, until="[DONE]"))
    assert (fired.measured.succeeded, stream_of(fired).events) == (4, 12)


def test_an_id_with_nul_is_not_sent_back() -> None:
    async def cuts(stream: Stream) -> None:
        await stream.start()
        if stream.number == 1:
            await stream.send(chunk(b"retry: 1\nid: 7\ndata: 0\n\nid: 8\0\ndata: 1\n\n"))
            stream.cut()
        await stream.send(chunk(event(2)) + LAST_CHUNK)

    fired, server = shoot_streams(cuts, StreamSettings(events=3, reconnects=1), limit=1)
    assert fired.measured.succeeded == 1
    assert server.streams[1].last_event_id == "7"


def test_an_id_is_sent_back_byte_for_byte() -> None:
    async def cuts(stream: Stream) -> None:
        await stream.start()
        if stream.number == 1:
            await stream.send(chunk("retry: 1\nid: Grüße: 1\ndata: 0\n\n".encode()))
            stream.cut()
        await stream.send(chunk(event(2)) + LAST_CHUNK)

    fired, server = shoot_streams(cuts, StreamSettings(events=2, reconnects=1), limit=1)
    assert fired.measured.succeeded == 1
    assert b"\r\nLast-Event-ID: " + "Grüße: 1".encode() + b"\r\n" in server.streams[1].head


@pytest.mark.parametrize(("size", "kind"), [(MIB - 6, None), (MIB, ErrorKind.PROTOCOL)])
def test_lines_of_a_mebibyte_are_read_and_longer_ones_are_not(size: int, kind: ErrorKind | None) -> None:
    async def megabytes(stream: Stream) -> None:
        await stream.start()
        await stream.send(chunk(b"data: " + b"x" * size + b"\n\n") + LAST_CHUNK)

    fired, _ = shoot_streams(megabytes, StreamSettings(events=1))
    assert fired.measured.errors == ({} if kind is None else {kind: 4})


# What never ends

FLOODS: dict[str, tuple[StreamKind, bytes, ErrorKind | None]] = {
    "comments": ("sse", b": are you still there?\n" * 3000, None),
    "blank lines": ("sse", b"\n\r\n\r" * 15_000, None),
    "fields without data": ("sse", b"event: x\nid: 7\n\n" * 4000, None),
    "blank lines of no JSON": ("ndjson", b" \n" * 30_000, None),
    "one line": ("sse", b"data: " + b"x" * 65536, ErrorKind.PROTOCOL),
    "one comment": ("sse", b":" + b"x" * 65536, ErrorKind.PROTOCOL),
    "one event of many lines": ("sse", b"data: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n" * 1500, ErrorKind.PROTOCOL),
    "one line of JSON": ("ndjson", b'{"a":"' + b"x" * 65536, ErrorKind.PROTOCOL),
}


@pytest.mark.parametrize(("kind", "piece", "error"), FLOODS.values(), ids=FLOODS)
def test_what_never_becomes_an_event_costs_no_memory(kind: StreamKind, piece: bytes, error: ErrorKind | None) -> None:
    sent = 0

    async def floods(stream: Stream) -> None:
        nonlocal sent
        await stream.start()
        framed = chunk(piece)
        while True:
            await stream.send(framed)
            sent += len(piece)

    limit, duration_s = (None, 1.0) if error is None else (2, 60.0)
    tracemalloc.start()
    try:
        fired, _ = shoot_streams(floods, StreamSettings(kind), limit=limit, duration_s=duration_s, timeout_s=2.0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    measured = fired.measured
    if error is None:
        assert (measured.issued, measured.censored, stream_of(fired).events) == (1, 1, 0)
        assert sent > 4 * MIB
    else:
        assert measured.errors == {error: 2}
    assert peak < 64 * MIB


def test_a_chunk_without_end_is_one_event_and_is_not_kept() -> None:
    async def one_chunk(stream: Stream) -> None:
        await stream.send(HEAD + b"10000000\r\n")
        for _ in range(256):
            await stream.send(b"x" * MIB)
        await stream.send(b"\r\n" + LAST_CHUNK)

    tracemalloc.start()
    try:
        fired, _ = shoot_streams(one_chunk, StreamSettings("chunked"), limit=1)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (fired.measured.succeeded, stream_of(fired).events) == (1, 1)
    assert peak < 64 * MIB


def test_the_endless_body_of_a_wrong_status_is_not_read_for_long() -> None:
    async def refuses(stream: Stream) -> None:
        await stream.send(b"HTTP/1.1 500 Oh\r\n" + CHUNKED)
        while True:
            await stream.send(chunk(b"data: sorry\n\n" * 1000))

    fired, server = shoot_streams(refuses)
    assert fired.measured.errors == {ErrorKind.BAD_STATUS: 4}
    assert server.connections == 4
    assert stream_of(fired).events == 0


def test_a_wrong_status_whose_body_trickles_is_given_up() -> None:
    async def trickles(stream: Stream) -> None:
        await stream.send(b"HTTP/1.1 500 Oh\r\n" + CHUNKED)
        while True:
            await stream.send(chunk(b"."))
            await asyncio.sleep(0.01)

    fired, _ = shoot_streams(trickles, limit=1, timeout_s=0.4)
    assert fired.measured.errors == {ErrorKind.READ_TIMEOUT: 1}


# Codings


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_compressed_stream_is_unfolded_as_it_comes(coding: str) -> None:
    async def compresses(stream: Stream) -> None:
        await stream.send(SSE_HEAD + f"Content-Encoding: {coding}\r\n".encode() + CHUNKED)
        stream_of_bytes = zlib.compressobj(wbits=31 if coding == "gzip" else 15)
        for number in range(3):
            data = stream_of_bytes.compress(event(number)) + stream_of_bytes.flush(zlib.Z_SYNC_FLUSH)
            await stream.send(chunk(data))
            await asyncio.sleep(0.005)
        await stream.send(chunk(stream_of_bytes.flush()) + LAST_CHUNK)

    fired, _ = shoot_streams(compresses, StreamSettings(events=3, until="2"))
    assert (fired.measured.succeeded, stream_of(fired).events) == (4, 12)


@pytest.mark.parametrize(
    ("coding", "body"),
    [("br", b"x"), ("gzip, gzip", b"x"), ("gzip", THREE), ("gzip", gzip.compress(b"\n" * (64 * MIB)))],
    ids=["unknown", "twice", "not what it says", "a bomb"],
)
def test_a_coding_that_cannot_be_undone_is_a_protocol_error(coding: str, body: bytes) -> None:
    async def codes(stream: Stream) -> None:
        await stream.send(sized(body, SSE_HEAD + f"Content-Encoding: {coding}\r\n".encode()))

    fired, _ = shoot_streams(codes)
    assert fired.measured.errors == {ErrorKind.PROTOCOL: 4}


# One among many


@BOTH
def test_one_bad_stream_does_not_disturb_the_others(engine: EngineName) -> None:
    async def mixed(stream: Stream) -> None:
        match stream.number % 4:
            case 0:
                await stream.send(HEAD + b"zz\r\n")
                await hold(stream)
            case 1:
                await stream.start()
                stream.cut()
            case _:
                await stream.send(HEAD + chunks(event(0), event(1)) + LAST_CHUNK)

    fired, server = shoot_streams(mixed, StreamSettings(events=2), ClosedLoad(4), limit=80, engine=engine)
    assert len(server.streams) == fired.measured.issued == 80
    assert fired.measured.errors == {ErrorKind.PROTOCOL: 20, ErrorKind.CLOSED_EARLY: 20}
    assert (fired.measured.succeeded, stream_of(fired).events, stream_of(fired).truncated) == (40, 80, 40)
