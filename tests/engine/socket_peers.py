"""WebSocket servers made by hand, frame by frame, so that they can also do what no library lets them do."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Unpack

from websockets.utils import apply_mask

from engine.firing import Ask, Firing, Watch, fire_load
from loadbench_gui.core.plan import ClosedLoad, LoadShape, Request, SocketSettings, Target
from loadbench_gui.core.run import Interval
from loadbench_gui.core.websocket import SocketTally
from loadbench_gui.services.generator import Fired
from resets import reset

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(payload: bytes = b"", opcode: int = TEXT, *, fin: bool = True, rsv: int = 0, mask: bytes = b"") -> bytes:
    """Return one frame. rsv: its three reserved bits. mask: four bytes, which a server must not use."""
    length = len(payload)
    masked = 0x80 if mask else 0
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    if length < 126:
        head += bytes([masked | length])
    elif length < 1 << 16:
        head += bytes([masked | 126]) + length.to_bytes(2, "big")
    else:
        head += bytes([masked | 127]) + length.to_bytes(8, "big")
    return head + mask + (_masked(payload, mask) if mask else payload)


def _masked(payload: bytes, mask: bytes) -> bytes:
    return apply_mask(payload, mask)


def accepted(head: bytes) -> bytes:
    """Return the answer that completes the handshake which `head` asks for."""
    fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    key = next(value for name, value in fields.items() if name.lower() == b"sec-websocket-key")
    proof = base64.b64encode(hashlib.sha1(key.strip() + _GUID, usedforsecurity=False).digest())
    lines = (b"HTTP/1.1 101 Switching Protocols", b"Upgrade: websocket", b"Connection: Upgrade")
    return b"\r\n".join((*lines, b"Sec-WebSocket-Accept: " + proof, b"", b""))


@dataclass
class Room:
    """What a running server has seen. codes: of the close frames that came. pings: how many pings.

    measuring: is set once a part of the window is over and told.
    """

    port: int = 0
    asked: int = 0
    codes: list[int | None] = field(default_factory=list)
    pings: int = 0
    messages: list[bytes] = field(default_factory=list)
    peers: list[Peer] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    measuring: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def target(self) -> Target:
        return Target("http", "127.0.0.1", self.port, "127.0.0.1")

    async def until(self, ready: Callable[[], bool]) -> None:
        """Wait until something has come after which `ready` holds."""
        async with self.changed:
            await self.changed.wait_for(ready)

    async def tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()


@dataclass(eq=False)
class Peer:
    """One connection, from the server's side. number: from 1. head: of the request that began it.

    kind: text or binary, as the last message was.
    """

    room: Room
    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    head: bytes = b""
    kind: int = TEXT

    def raw(self, data: bytes) -> None:
        if not self.writer.is_closing():
            self.writer.write(data)

    def send(self, payload: bytes, opcode: int = TEXT) -> None:
        self.raw(frame(payload, opcode))

    def close(self, code: int | None = 1000, reason: bytes = b"") -> None:
        self.raw(frame(b"" if code is None else code.to_bytes(2, "big") + reason, CLOSE))

    def reset(self) -> None:
        """End it so that the client sees a reset."""
        reset(self.writer.transport)

    async def read_frame(self) -> tuple[bool, int, bytes]:
        """Return whether it is a last one, its opcode and its content. Raises `asyncio.IncompleteReadError`."""
        first, second = await self.reader.readexactly(2)
        length = second & 0x7F
        if length >= 126:
            length = int.from_bytes(await self.reader.readexactly(2 if length == 126 else 8), "big")
        assert second & 0x80, "a client masks"
        mask = await self.reader.readexactly(4)
        return bool(first & 0x80), first & 0x0F, _masked(await self.reader.readexactly(length), mask)

    async def messages(self) -> AsyncIterator[bytes]:
        """Yield messages; answer pings and the close frame, and end there."""
        parts = b""
        while True:
            fin, opcode, payload = await self.read_frame()
            if opcode == PING:
                self.room.pings += 1
                self.send(payload, PONG)
            elif opcode == CLOSE:
                self.room.codes.append(int.from_bytes(payload[:2], "big") if payload else None)
                self.raw(frame(payload, CLOSE))
                await self.room.tell()
                return
            else:
                self.kind = opcode or self.kind
                parts += payload
                if fin:
                    whole, parts = parts, b""
                    self.room.messages.append(whole)
                    await self.room.tell()
                    yield whole

    async def into_the_window(self) -> None:
        """Wait until the window has begun for the generator, too: it has told of a part of it."""
        await self.room.measuring.wait()

    async def listen(self) -> None:
        """Take in whatever comes, to the end."""
        async for _ in self.messages():
            pass


Behaviour = Callable[[Peer], Awaitable[None]]


@asynccontextmanager
async def serving_sockets(
    behave: Behaviour,
    *,
    answer: Callable[[bytes], bytes] = accepted,
    backlog: int = 1024,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Room]:
    """Run a server whose connections each do `behave`, and end when it returns. answer: to the handshake."""
    room = Room()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        room.asked += 1
        peer = Peer(room, room.asked, reader, writer)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                peer.head = await reader.readuntil(b"\r\n\r\n")
                peer.raw(answer(peer.head))
                room.peers.append(peer)
                await room.tell()
                await behave(peer)
        finally:
            if peer in room.peers:
                room.peers.remove(peer)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=backlog, ssl=tls)
    room.port = server.sockets[0].getsockname()[1]
    try:
        yield room
    finally:
        server.close()
        for peer in list(room.peers):
            peer.writer.transport.abort()


async def fire_sockets(
    room: Room | Target,
    settings: SocketSettings,
    shape: LoadShape | None = None,
    *,
    path: str = "/",
    **how: Unpack[Firing],
) -> Fired:
    """Fire WebSockets at a server; two connections in a closed loop unless told otherwise."""
    target = room.target if isinstance(room, Room) else room
    if "tls" in how:
        target = replace(target, scheme="https", host="localhost")
    watch = how.get("watch") or Watch()
    asked: Firing = {"requests": (Request(path=path),), "timeout_s": 5.0, **how, "watch": watch}

    def on_interval(interval: Interval) -> None:
        watch.intervals.append(interval)
        if interval.t_s >= how.get("warmup_s", 0.0) and isinstance(room, Room):
            room.measuring.set()

    return await fire_load(target, shape or ClosedLoad(2), Ask(websocket=settings), on_interval=on_interval, **asked)


def shoot_sockets(
    behave: Behaviour,
    settings: SocketSettings,
    shape: LoadShape | None = None,
    *,
    answer: Callable[[bytes], bytes] = accepted,
    context: ssl.SSLContext | None = None,
    **how: Unpack[Firing],
) -> tuple[Fired, Room]:
    """Fire at a server that behaves so. answer: to a handshake. context: what it speaks TLS with."""

    async def scenario() -> tuple[Fired, Room]:
        async with serving_sockets(behave, answer=answer, tls=context) as room:
            return await fire_sockets(room, settings, shape, **how), room

    return asyncio.run(scenario())


def tally(fired: Fired) -> SocketTally:
    """Return what happened on the WebSockets inside the window."""
    assert fired.measured.websocket is not None
    return fired.measured.websocket
