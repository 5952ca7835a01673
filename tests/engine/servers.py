"""Loopback servers that do exactly what a test says, and count for themselves what they were asked."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.lifecycle import RunEvent
from loadbench_gui.core.plan import (
    ClosedLoad,
    EngineName,
    Expectation,
    GeneratorSettings,
    Load,
    LoadShape,
    Pacing,
    Request,
    Target,
    Tls,
    Workload,
)
from loadbench_gui.core.run import Interval
from loadbench_gui.services.generator import Fired, fire

HELLO = b'{"hello":"world"}'


def response(body: bytes = HELLO, *, status: str = "200 OK", headers: str = "") -> bytes:
    """A response whose length is announced."""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


@dataclass
class Asked:
    """One request, as the server saw it. number: on this connection, from 1; total: on all, from 1. head: its bytes."""

    number: int
    total: int
    connection: int
    transport: asyncio.Transport
    head: bytes = b""

    @property
    def path(self) -> str:
        return self.head.split(b" ", 2)[1].decode()

    def answer(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)

    def reset(self) -> None:
        """Close so that the client sees a reset, not an end: linger for no time at all."""
        linger = struct.pack("ii", 1, 0)
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.transport.abort()


@dataclass
class Server:
    """What a running server counted."""

    port: int = 0
    requests: int = 0
    received_bytes: int = 0
    connections: int = 0
    live: set[asyncio.Transport] = field(default_factory=set)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def target(self) -> Target:
        return Target("http", "127.0.0.1", self.port, "127.0.0.1")


Behaviour = Callable[[Asked], None]


def says(data: bytes) -> Behaviour:
    """Answer every request with `data`."""
    return lambda asked: asked.answer(data)


class _Peer(asyncio.Protocol):
    def __init__(self, server: Server, behave: Behaviour) -> None:
        self._server, self._behave = server, behave
        self._seen = b""
        self._number = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)
        self._server.connections += 1
        self._connection = self._server.connections
        self._transport = transport
        self._server.live.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.live.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._server.received_bytes += len(data)
        *heads, self._seen = (self._seen + data).split(b"\r\n\r\n")
        for head in heads:
            self._number += 1
            self._server.requests += 1
            self._server.asked.set()
            self._behave(Asked(self._number, self._server.requests, self._connection, self._transport, head))


@asynccontextmanager
async def serving(behave: Behaviour, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """Run a server on a free port of the loopback address."""
    server = Server()
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(lambda: _Peer(server, behave), "127.0.0.1", 0, ssl=tls, backlog=1024)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for transport in list(server.live):
            transport.abort()
        await asyncio.sleep(0)


@asynccontextmanager
async def serving_unix(behave: Behaviour, path: str) -> AsyncIterator[Server]:
    """Run a server on the Unix socket `path`."""
    server = Server()
    listener = await asyncio.get_running_loop().create_unix_server(lambda: _Peer(server, behave), path)
    try:
        yield server
    finally:
        listener.close()
        for transport in list(server.live):
            transport.abort()
        await asyncio.sleep(0)


@dataclass
class Watch:
    """Everything `fire` reported on the way."""

    states: list[RunEvent] = field(default_factory=list)
    intervals: list[Interval] = field(default_factory=list)
    caveats: list[Caveat] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)


async def fire_at(
    target: Target,
    shape: LoadShape | None = None,
    *,
    engine: EngineName = "in-app",
    method: str = "GET",
    body: bytes = b"",
    requests: tuple[Request, ...] = (),
    data_file: str = "",
    expect: Expectation | None = None,
    warmup_s: float = 0.0,
    duration_s: float = 0.5,
    timeout_s: float = 10.0,
    requests_limit: int | None = None,
    workers: int | None = None,
    pacing: Pacing = "timer",
    insecure: bool = False,
    tls: Tls | None = None,
    seed: int = 0,
    watch: Watch | None = None,
    stop: asyncio.Event | None = None,
) -> Fired:
    """Fire at a server of this module; four connections in a closed loop unless told otherwise.

    requests: what may be drawn, in place of the one with `method` and `body`.
    """
    watch = watch or Watch()
    workload = Workload(
        "test",
        "http",
        requests[0] if requests else Request(method=method, body=body),
        expect or Expectation(status=200),
        shape or ClosedLoad(4),
        warmup_s=warmup_s,
        duration_s=duration_s,
        timeout_s=timeout_s,
        requests_limit=requests_limit,
        also=requests[1:],
        data_file=data_file,
    )
    return await fire(
        Load(target, workload, seed=seed, tls=tls or Tls(insecure=insecure), pacing=pacing),
        GeneratorSettings(engine=engine, workers=workers, pacing=pacing),
        cpus=None,
        on_state=watch.states.append,
        on_interval=watch.intervals.append,
        on_caveat=watch.caveats.append,
        stop=stop or asyncio.Event(),
        on_start=watch.starts.append,
    )


def adds_up(fired: Fired) -> bool:
    """Whether every request that was issued has exactly one fate."""
    return fired.measured.issued == fired.measured.ended
