"""Bodies that are sent as streams: in chunks of a size, with pauses, while the answer may be coming already."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.streams import HEAD, LAST_CHUNK, Stream, chunk, event, shoot_streams, sized, stream_of
from loadbench_gui.core.plan import EngineName, Request, StreamSettings
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.transport.stream_upload import ChunkedBody, in_chunks
from loadbench_gui.engine.transport.upload import BytesBody

BOTH = pytest.mark.parametrize("engine", ["in-app", "workers"])


@dataclass
class Received:
    """The chunks of one request, and when each came."""

    chunks: list[bytes] = field(default_factory=list)
    at_s: list[float] = field(default_factory=list)

    async def read(self, stream: Stream) -> None:
        while True:
            size = int(await stream.reader.readline(), 16)
            data = await stream.reader.readexactly(size)
            assert await stream.reader.readexactly(2) == b"\r\n"
            if not size:
                return
            self.chunks.append(data)
            self.at_s.append(time.perf_counter())


def post(body: bytes) -> Request:
    return Request("POST", "/upload", (("X-A", "b"),), body=body)


@BOTH
def test_a_body_comes_in_chunks_of_the_size_that_was_asked_for(engine: EngineName) -> None:
    seen: list[Received] = []

    async def takes(stream: Stream) -> None:
        seen.append(Received())
        await seen[-1].read(stream)
        await stream.send(sized(event(1)))

    settings = StreamSettings(events=1, upload_chunk_bytes=4)
    fired, server = shoot_streams(takes, settings, requests=(post(b"0123456789"),), limit=3, engine=engine)
    assert (fired.measured.succeeded, server.connections) == (3, 1)
    assert all(one.chunks == [b"0123", b"4567", b"89"] for one in seen)
    for stream in server.streams:
        assert b"\r\nTransfer-Encoding: chunked" in stream.head
        assert b"content-length" not in stream.head.lower()
    assert fired.traffic.bytes_sent == 3 * len(
        server.streams[0].head + b"4\r\n0123\r\n4\r\n4567\r\n2\r\n89\r\n0\r\n\r\n"
    )


def test_a_file_is_sent_in_chunks(tmp_path: Path) -> None:
    path = tmp_path / "body"
    path.write_bytes(os.urandom(1_000_001))
    seen: list[Received] = []

    async def takes(stream: Stream) -> None:
        seen.append(Received())
        await seen[-1].read(stream)
        await stream.send(sized(event(1)))

    requests = (Request("PUT", "/", body_file=str(path)),)
    fired, _ = shoot_streams(takes, StreamSettings(upload_chunk_bytes=300_000), requests=requests, limit=2)
    assert fired.measured.succeeded == 2
    digest = hashlib.sha256(path.read_bytes()).digest()
    assert [hashlib.sha256(b"".join(one.chunks)).digest() for one in seen] == [digest, digest]
    assert [len(data) for data in seen[0].chunks] == [300_000, 300_000, 300_000, 100_001]


def test_there_is_a_pause_between_two_chunks() -> None:
    received = Received()

    async def takes(stream: Stream) -> None:
        await received.read(stream)
        await stream.send(sized(event(1)))

    settings = StreamSettings(upload_chunk_bytes=2, upload_every_s=0.1)
    fired, _ = shoot_streams(takes, settings, requests=(post(b"012345"),), limit=1, timeout_s=0.25)
    assert fired.measured.succeeded == 1, "a body that is on its way is no silence"
    assert received.chunks == [b"01", b"23", b"45"]
    assert received.at_s[2] - received.at_s[0] >= 0.19


def test_an_answer_may_come_while_the_body_is_still_sent() -> None:
    async def echoes(stream: Stream) -> None:
        await stream.start()
        while size := int(await stream.reader.readline(), 16):
            data = await stream.reader.readexactly(size + 2)
            await stream.send(chunk(b"data: " + data[:-2] + b"\n\n"))
        await stream.reader.readexactly(2)
        await stream.finish()

    settings = StreamSettings(events=4, until="67", upload_chunk_bytes=2, upload_every_s=0.05)
    fired, server = shoot_streams(echoes, settings, requests=(post(b"01234567"),), limit=2)
    assert (fired.measured.succeeded, server.connections) == (2, 1)
    assert (stream_of(fired).gap.quantile(0.5) or 0) >= 40_000
    assert (fired.measured.service.max_us or 0) < (stream_of(fired).gap.min_us or 0) * 3


def test_an_answer_that_is_whole_before_the_body_was_sent_ends_the_stream() -> None:
    async def refuses(stream: Stream) -> None:
        await stream.send(HEAD + chunk(event(0)) + LAST_CHUNK)
        await stream.until_gone()

    settings = StreamSettings(upload_chunk_bytes=2, upload_every_s=0.2)
    fired, server = shoot_streams(refuses, settings, requests=(post(b"0" * 1000),), limit=3)
    assert fired.measured.succeeded == server.connections == 3


def test_a_request_without_a_body_is_sent_as_it_is() -> None:
    async def says(stream: Stream) -> None:
        await stream.send(sized(event(0)))

    fired, server = shoot_streams(says, StreamSettings(upload_chunk_bytes=2))
    assert fired.measured.succeeded == 4
    assert all(b"chunked" not in stream.head for stream in server.streams)


def test_a_server_that_reads_nothing_is_silent() -> None:
    async def sleeps(stream: Stream) -> None:
        await asyncio.sleep(30)

    settings = StreamSettings(upload_chunk_bytes=1 << 20)
    fired, _ = shoot_streams(sleeps, settings, requests=(post(b"0" * (32 << 20)),), limit=1, timeout_s=0.3)
    assert fired.measured.errors == {ErrorKind.READ_TIMEOUT: 1}


@pytest.mark.parametrize("size", [0, 1, 3, 4, 5, 8, 9, 300])
@pytest.mark.parametrize("chunk_bytes", [1, 4, 16, 255, 256])
def test_a_chunked_body_is_as_long_as_it_says(size: int, chunk_bytes: int) -> None:
    content = os.urandom(size)
    body = ChunkedBody(BytesBody(content), chunk_bytes)
    sent, pieces = b"", 0
    while len(sent) < body.size:
        piece = body.piece(len(sent))
        assert piece
        sent += piece
        pieces += 1
    assert len(sent) == body.size
    assert pieces == max(1, -(-size // chunk_bytes))
    plain, rest = b"", sent
    while rest:
        length, _, rest = rest.partition(b"\r\n")
        plain += rest[: int(length, 16)]
        assert rest[int(length, 16) :][:2] == b"\r\n"
        rest = rest[int(length, 16) + 2 :]
    assert plain == content


def test_what_a_head_said_of_its_body_is_said_once() -> None:
    head = (
        b"POST / HTTP/1.1\r\nHost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\nX: content-length: 5\r\n\r\n"
    )
    assert (
        in_chunks(head) == b"POST / HTTP/1.1\r\nHost: a\r\nX: content-length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    )


def test_a_pause_of_ours_is_no_silence_of_the_server() -> None:
    """It is longer than the timeout: the server has nothing to say before it has the whole."""

    async def takes(stream: Stream) -> None:
        await Received().read(stream)
        await stream.send(sized(event(1)))

    settings = StreamSettings(events=1, upload_chunk_bytes=2, upload_every_s=0.5)
    fired, _ = shoot_streams(takes, settings, requests=(post(b"0123"),), limit=1, timeout_s=0.15)
    assert fired.measured.errors == {}
    assert fired.measured.succeeded == 1
