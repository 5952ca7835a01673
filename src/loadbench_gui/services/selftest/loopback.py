"""A small HTTP server of our own on this machine's loopback, which counts for itself what it is asked."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, cast

from loadbench_gui.core.plan import Target

_ANSWER: Final = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{"hello":"world"}'
_END: Final = b"\r\n\r\n"


@dataclass
class Loopback:
    """Where the server listens, and what it counted."""

    port: int = 0
    requests: int = 0
    connections: int = 0
    live: set[asyncio.Transport] = field(default_factory=set)

    def target(self, *, tls: bool = False) -> Target:
        """Return its address."""
        return Target("https" if tls else "http", "localhost", self.port, "127.0.0.1")


class _Peer(asyncio.Protocol):
    """One connection. Requests have no body, so each ends with an empty line."""

    def __init__(self, server: Loopback) -> None:
        self._server = server
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._server.connections += 1
        self._server.live.add(self._transport)

    def data_received(self, data: bytes) -> None:
        *requests, self._unread = (self._unread + data).split(_END)
        self._server.requests += len(requests)
        self._transport.write(_ANSWER * len(requests))

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.live.discard(self._transport)


@asynccontextmanager
async def serving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Loopback]:
    """Serve on the running loop for the length of the block."""
    counted = Loopback()
    server = await asyncio.get_running_loop().create_server(lambda: _Peer(counted), "127.0.0.1", 0, ssl=tls)
    counted.port = server.sockets[0].getsockname()[1]
    try:
        yield counted
    finally:
        server.close()
        for transport in tuple(counted.live):
            transport.abort()
        await server.wait_closed()
