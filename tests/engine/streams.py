"""Servers whose answers are streams, piece by piece as a test says, and what it takes to fire at them."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NoReturn, Unpack

from engine.firing import Ask, Firing, adds_up, fire_load
from engine.listeners import listening
from loadbench_gui.core.plan import ClosedLoad, LoadShape, StreamSettings, Target, Tls
from loadbench_gui.core.streaming import StreamTally
from loadbench_gui.services.generator import Fired
from resets import reset

SSE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
HEAD = SSE_HEAD + CHUNKED
LAST_CHUNK = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def chunks(*data: bytes) -> bytes:
    return b"".join(map(chunk, data))


def event(number: int) -> bytes:
    return b"data: %d\n\n" % number


def sized(body: bytes, head: bytes = SSE_HEAD) -> bytes:
    """An answer that comes as one, with its length."""
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


@dataclass
class Stream:
    """One request, as its server sees it. number: of all requests, on_this: of its connection, both from 1."""

    writer: asyncio.StreamWriter
    reader: asyncio.StreamReader
    head: bytes
    number: int
    on_this: int
    server: StreamServer
    body: bytes = b""

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def start(self) -> None:
        """Send the head of a stream that comes in chunks."""
        await self.send(HEAD)

    async def event(self, number: int) -> None:
        """Send an event in a chunk of its own."""
        await self.send(chunk(event(number)))

    async def finish(self) -> None:
        await self.send(LAST_CHUNK)

    async def until_gone(self) -> NoReturn:
        """Say nothing more, and end the connection once the client has closed its side."""
        while await self.reader.read(1 << 16):
            pass
        raise ConnectionError

    def cut(self) -> None:
        """Close the connection in the middle."""
        self.writer.close()
        raise ConnectionError

    def reset(self) -> None:
        """Close so that the client sees a reset."""
        reset(self.writer.transport)
        raise ConnectionError

    @property
    def last_event_id(self) -> str | None:
        for line in self.head.decode().split("\r\n"):
            name, _, value = line.partition(":")
            if name.lower() == "last-event-id":
                return value.strip()
        return None


@dataclass
class StreamServer:
    """What a server saw."""

    target: Target = field(default_factory=lambda: Target("http", "", 0, ""))
    connections: int = 0
    streams: list[Stream] = field(default_factory=list)


Behaviour = Callable[[Stream], Awaitable[None]]


@asynccontextmanager
async def streaming(
    behave: Behaviour, tls: ssl.SSLContext | None = None, unix_path: str = "", port: int = 0
) -> AsyncIterator[StreamServer]:
    """Run a server on a free port, or on a Unix socket. Who raises `ConnectionError` ends a connection."""
    server = StreamServer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        try:
            for on_this in range(1, 1 << 30):
                await behave(await _next(reader, writer, server, on_this))
        finally:
            writer.close()

    async with listening(serve, tls, unix_path, port) as taken:
        address = "" if unix_path else "127.0.0.1"
        server.target = Target("http" if tls is None else "https", "localhost", taken or 80, address, unix_path)
        yield server


async def falls_silent(stream: Stream) -> None:
    """One event, and nothing after it."""
    await stream.start()
    await stream.event(0)
    await stream.until_gone()


async def _next(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: StreamServer, on_this: int
) -> Stream:
    head = await reader.readuntil(b"\r\n\r\n")
    stream = Stream(writer, reader, head, len(server.streams) + 1, on_this, server)
    lines = head.lower().split(b"\r\n")
    length = next((int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:")), 0)
    stream.body = await reader.readexactly(length)
    server.streams.append(stream)
    return stream


async def fire_streams(
    target: Target, settings: StreamSettings, shape: LoadShape | None = None, **how: Unpack[Firing]
) -> Fired:
    """Fire over one connection unless told otherwise, and see that every stream has exactly one fate."""
    asked: Firing = {"duration_s": 20.0, "tls": Tls(insecure=target.scheme == "https"), **how}
    fired = await fire_load(target, shape or ClosedLoad(1), Ask(stream=settings), **asked)
    assert adds_up(fired), fired.measured
    whole = fired.measured.succeeded
    assert fired.measured.service.total == fired.measured.scheduled.total == whole
    assert stream_of(fired).complete == whole
    return fired


def shoot_streams(
    behave: Behaviour,
    settings: StreamSettings | None = None,
    shape: LoadShape | None = None,
    *,
    context: ssl.SSLContext | None = None,
    unix_path: str = "",
    **how: Unpack[Firing],
) -> tuple[Fired, StreamServer]:
    """Fire four streams, unless told otherwise, at a server that behaves so. context: what it speaks TLS with."""
    asked: Firing = {"limit": 4, **how}

    async def scenario() -> tuple[Fired, StreamServer]:
        async with streaming(behave, context, unix_path) as server:
            return await fire_streams(server.target, settings or StreamSettings(), shape, **asked), server

    return asyncio.run(scenario())


def stream_of(fired: Fired) -> StreamTally:
    assert fired.measured.stream is not None
    return fired.measured.stream
