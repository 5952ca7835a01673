"""Servers whose answers are streams, piece by piece as a test says, and what it takes to fire at them."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from engine.servers import Watch, adds_up
from loadbench_gui.core.plan import (
    ClosedLoad,
    EngineName,
    Expectation,
    GeneratorSettings,
    Load,
    LoadShape,
    Request,
    StreamSettings,
    Target,
    Tls,
    Workload,
)
from loadbench_gui.core.streaming import StreamTally
from loadbench_gui.services.generator import Fired, fire

SSE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
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
        await self.send(SSE_HEAD + CHUNKED)

    async def event(self, number: int) -> None:
        """Send an event in a chunk of its own."""
        await self.send(chunk(event(number)))

    async def finish(self) -> None:
        await self.send(LAST_CHUNK)

    async def until_gone(self) -> None:
        """Wait until the client has closed its side."""
        while await self.reader.read(1 << 16):
            pass

    def cut(self) -> None:
        """Close the connection in the middle."""
        self.writer.close()
        raise ConnectionError

    def reset(self) -> None:
        """Close so that the client sees a reset: linger for no time at all."""
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()
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
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


Behaviour = Callable[[Stream], Awaitable[None]]


@asynccontextmanager
async def streaming(
    behave: Behaviour, tls: ssl.SSLContext | None = None, unix_path: str = "", port: int = 0
) -> AsyncIterator[StreamServer]:
    """Run a server on a free port, or on a Unix socket. Who raises `ConnectionError` ends a connection."""
    server = StreamServer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        server.tasks.add(task)
        server.connections += 1
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                for on_this in range(1, 1 << 30):
                    stream = await _next(reader, writer, server, on_this)
                    await behave(stream)
        finally:
            server.tasks.discard(task)
            writer.close()

    if unix_path:
        listener = await asyncio.start_unix_server(serve, unix_path)
        server.target = Target("http", "localhost", 80, "", unix_path)
    else:
        listener = await asyncio.start_server(serve, "127.0.0.1", port, ssl=tls)
        port = listener.sockets[0].getsockname()[1]
        server.target = Target("http" if tls is None else "https", "localhost", port, "127.0.0.1")
    try:
        yield server
    finally:
        listener.close()
        for task in list(server.tasks):
            task.cancel()
        while server.tasks:
            await asyncio.wait(server.tasks)


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
    target: Target,
    settings: StreamSettings,
    shape: LoadShape | None = None,
    *,
    requests: tuple[Request, ...] = (Request(),),
    expect: Expectation | None = None,
    engine: EngineName = "in-app",
    limit: int | None = None,
    warmup_s: float = 0.0,
    duration_s: float = 20.0,
    timeout_s: float = 10.0,
    workers: int | None = None,
    watch: Watch | None = None,
    stop: asyncio.Event | None = None,
) -> Fired:
    """Fire over one connection unless told otherwise, and see that every stream has exactly one fate."""
    watch = watch or Watch()
    workload = Workload(
        "test",
        "stream",
        requests[0],
        expect or Expectation(),
        shape or ClosedLoad(1),
        warmup_s=warmup_s,
        duration_s=duration_s,
        timeout_s=timeout_s,
        requests_limit=limit,
        also=requests[1:],
        stream=settings,
    )
    tls = Tls(insecure=target.scheme == "https")
    fired = await fire(
        Load(target, workload, tls=tls, pacing="timer"),
        GeneratorSettings(engine=engine, workers=workers, pacing="timer", tls=tls),
        cpus=None,
        on_state=watch.states.append,
        on_interval=watch.intervals.append,
        on_caveat=watch.caveats.append,
        stop=stop or asyncio.Event(),
        on_start=watch.starts.append,
    )
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
    tls: ssl.SSLContext | None = None,
    unix_path: str = "",
    requests: tuple[Request, ...] = (Request(),),
    expect: Expectation | None = None,
    engine: EngineName = "in-app",
    limit: int | None = 4,
    warmup_s: float = 0.0,
    duration_s: float = 20.0,
    timeout_s: float = 10.0,
    watch: Watch | None = None,
) -> tuple[Fired, StreamServer]:
    """Fire four streams, unless told otherwise, at a server that behaves so."""

    async def scenario() -> tuple[Fired, StreamServer]:
        async with streaming(behave, tls, unix_path) as server:
            fired = await fire_streams(
                server.target, settings or StreamSettings(), shape, requests=requests, expect=expect, engine=engine,
                limit=limit, warmup_s=warmup_s, duration_s=duration_s, timeout_s=timeout_s, watch=watch,
            )  # fmt: skip
            return fired, server

    return asyncio.run(scenario())


def stream_of(fired: Fired) -> StreamTally:
    assert fired.measured.stream is not None
    return fired.measured.stream
