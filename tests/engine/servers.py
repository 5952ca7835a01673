"""Loopback servers that do exactly what a test says, and count for themselves what they were asked."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Unpack, cast

from engine.firing import Ask, Firing, fire_load
from loadbench_gui.core.plan import ClosedLoad, Expectation, LoadShape, Request, Target, Tls
from loadbench_gui.services.generator import Fired
from resets import reset

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
        """Close so that the client sees a reset, not an end."""
        reset(self.transport)


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


def says_and_closes(data: bytes) -> Behaviour:
    """Answer every request with `data`, and close the connection without having announced it."""

    def behave(asked: Asked) -> None:
        asked.answer(data)
        asyncio.get_running_loop().call_soon(asked.transport.close)

    return behave


def says_until(count: int, stop: asyncio.Event, data: bytes) -> Behaviour:
    """Answer every request with `data`; the load is to stop once so many have come."""

    def behave(asked: Asked) -> None:
        asked.answer(data)
        if asked.total == count:
            stop.set()

    return behave


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
    async with _ended_with(listener, server):
        yield server


@asynccontextmanager
async def serving_unix(behave: Behaviour, path: str) -> AsyncIterator[Server]:
    """Run a server on the Unix socket `path`."""
    server = Server()
    listener = await asyncio.get_running_loop().create_unix_server(lambda: _Peer(server, behave), path)
    async with _ended_with(listener, server):
        yield server


@asynccontextmanager
async def _ended_with(listener: asyncio.Server, server: Server) -> AsyncIterator[None]:
    try:
        yield
    finally:
        listener.close()
        for transport in list(server.live):
            transport.abort()
        await asyncio.sleep(0)


async def fire_at(
    target: Target,
    shape: LoadShape | None = None,
    *,
    method: str = "GET",
    body: bytes = b"",
    data_file: str = "",
    insecure: bool = False,
    **how: Unpack[Firing],
) -> Fired:
    """Fire at a server of this module; four connections in a closed loop unless told otherwise.

    method, body: of the one request, where no `requests` are given to draw from.
    """
    asked: Firing = {
        "requests": (Request(method=method, body=body),), "expect": Expectation(status=200),
        "tls": Tls(insecure=insecure), **how,
    }  # fmt: skip
    return await fire_load(target, shape or ClosedLoad(4), Ask(data_file=data_file), **asked)
