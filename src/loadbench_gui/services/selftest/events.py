"""Mini-runs of streams and WebSockets over loopback, counted on both sides."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha1
from typing import Final

from loadbench_gui.core.plan import ClosedLoad, Request, SocketSettings, StreamSettings, Target, Workload
from loadbench_gui.core.request import Expectation
from loadbench_gui.services.selftest.outcome import require
from loadbench_gui.services.selftest.scratch import Scratch
from loadbench_gui.services.selftest.traffic import fired

STREAMS: Final = 40
EVENTS_EACH: Final = 5
ROUND_TRIPS: Final = 200
_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""What RFC 6455 adds to a handshake's key."""
_KEY: Final = b"sec-websocket-key"
_CLOSE: Final = 8


@dataclass
class Account:
    """Where the server listens, and what it counted."""

    port: int = 0
    streams: int = 0
    messages: int = 0

    def target(self) -> Target:
        """Return its address."""
        return Target("http", "localhost", self.port, "127.0.0.1")


async def streams(_: Scratch) -> str:
    """Read server-sent events, and see whether all of them come."""
    settings = StreamSettings("sse", events=EVENTS_EACH)
    async with _serving() as account:
        measured = (await fired(account.target(), _workload(STREAMS, stream=settings))).measured
    events = measured.stream.events if measured.stream is not None else 0
    require(
        measured.issued == measured.succeeded == account.streams == STREAMS and events == STREAMS * EVENTS_EACH,
        f"of {STREAMS} streams {measured.succeeded} were complete, with {events} events; "
        f"the server counted {account.streams}",
    )
    return f"{STREAMS} streams, {events} events, all complete"


async def echoes(_: Scratch) -> str:
    """Send messages over WebSockets, and see whether each comes back."""
    async with _serving() as account:
        measured = (await fired(account.target(), _workload(ROUND_TRIPS, websocket=SocketSettings()))).measured
    require(
        measured.issued == measured.succeeded == account.messages == ROUND_TRIPS,
        f"of {ROUND_TRIPS} messages {measured.succeeded} came back; the server counted {account.messages}",
    )
    return f"{ROUND_TRIPS} round trips, all counted by the server"


def _workload(limit: int, *, stream: StreamSettings | None = None, websocket: SocketSettings | None = None) -> Workload:
    return Workload(
        "self-test", "ws" if stream is None else "stream", Request(), Expectation(), ClosedLoad(4),
        requests_limit=limit, stream=stream, websocket=websocket,
    )  # fmt: skip


@asynccontextmanager
async def _serving() -> AsyncIterator[Account]:
    account = Account()
    peers: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers.add(writer)
        try:
            await _serve(account, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # it has left
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    account.port = server.sockets[0].getsockname()[1]
    try:
        yield account
    finally:
        server.close()
        for writer in peers:
            writer.close()
        await server.wait_closed()


async def _serve(account: Account, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each request with a stream, until one asks for a WebSocket."""
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        if fields.get(b"upgrade") == b"websocket":
            key = next(line.split(b": ", 1)[1] for line in head.split(b"\r\n") if line.lower().startswith(_KEY))
            writer.write(_upgrade(key))
            await _echo(account, reader, writer)
            return
        account.streams += 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for index in range(EVENTS_EACH):
            event = b"data: %d\n\n" % index
            writer.write(b"%x\r\n%s\r\n" % (len(event), event))
            await writer.drain()
        writer.write(b"0\r\n\r\n")


def _upgrade(key: bytes) -> bytes:
    accepted = b64encode(sha1(key + _GUID, usedforsecurity=False).digest())
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return head + b"Sec-WebSocket-Accept: " + accepted + b"\r\n\r\n"


async def _echo(account: Account, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send back short messages of one frame, which is all that this load sends; end with the close frame."""
    while True:
        first, length = await reader.readexactly(2)
        mask = await reader.readexactly(4)
        masked = await reader.readexactly(length & 0x7F)
        payload = bytes(byte ^ mask[index % 4] for index, byte in enumerate(masked))
        writer.write(bytes((first, len(payload))) + payload)
        if first & 0x0F == _CLOSE:
            return
        account.messages += 1
