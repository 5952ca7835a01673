"""HTTP/1.1 and HTTP/2 servers that keep every request they were sent, and answer as a test says."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings

from engine.listeners import Serve, listening
from engine.servers import HELLO, response
from loadbench_gui.core.plan import Target


@dataclass(frozen=True)
class Seen:
    """One request. raw: the very bytes of its head, empty for HTTP/2. connection: from 1. stream: 0 for HTTP/1.1."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    connection: int
    raw: bytes = b""
    stream: int = 0

    def header(self, name: str) -> str | None:
        """The first value of a header, by its name in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass
class Origin:
    """A running server and its log."""

    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    most_at_once: int = 0
    server_names: list[str | None] = field(default_factory=list)

    def target(self, host: str = "127.0.0.1", scheme: Any = "http") -> Target:
        return Target(scheme, host, self.port, "127.0.0.1")

    @property
    def targets(self) -> list[str]:
        return [seen.target for seen in self.seen]


Answer = Callable[[Seen], bytes]


def hello(_: Seen) -> bytes:
    return response()


@asynccontextmanager
async def origin(
    answer: Answer = hello, tls: ssl.SSLContext | None = None, unix_path: str = ""
) -> AsyncIterator[Origin]:
    """Speak HTTP/1.1 on a free port of the loopback address, or on a Unix socket."""
    log = Origin()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async for seen in requests_to(log, reader):
            writer.write(answer(seen))
            await writer.drain()

    async with logged(log, serve, tls, unix_path):
        yield log


async def requests_to(log: Origin, reader: asyncio.StreamReader) -> AsyncIterator[Seen]:
    """Count a connection and yield its requests. Raises `asyncio.IncompleteReadError` at its end."""
    log.connections += 1
    number = log.connections
    while True:
        seen = await read_request(reader, number)
        log.seen.append(seen)
        yield seen


@asynccontextmanager
async def logged(
    log: Origin, serve: Serve, tls: ssl.SSLContext | None = None, unix_path: str = ""
) -> AsyncIterator[None]:
    """Serve every connection, and end it with the task that serves it."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.transport.abort()

    async with listening(accept, tls, unix_path) as log.port:
        yield


async def read_request(reader: asyncio.StreamReader, connection: int) -> Seen:
    """Read one request with its body. Raises `asyncio.IncompleteReadError` at the end of the connection."""
    raw = await reader.readuntil(b"\r\n\r\n")
    first, *lines = raw.decode("latin-1").split("\r\n")[:-2]
    method, target, _ = first.split(" ")
    headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    return Seen(method, target, headers, await reader.readexactly(length), connection, raw)


# HTTP/2

StreamAnswer = Callable[[Seen], tuple[int, list[tuple[str, str]], bytes] | None]


def hello2(_: Seen) -> tuple[int, list[tuple[str, str]], bytes] | None:
    return 200, [("content-type", "application/json")], HELLO


@dataclass
class Behaviour2:
    """What an HTTP/2 server does. None as an answer: it leaves the stream open for ever.

    gather: it answers only once so many streams are open at the same time. streams: how many it allows.
    goodbye_after: it ends each connection politely after so many requests. resets: it resets every stream. delay_s:
    each answer comes so much later.
    """

    answer: StreamAnswer = hello2
    gather: int = 1
    streams: int = 100
    goodbye_after: int | None = None
    resets: bool = False
    delay_s: float = 0.0


@asynccontextmanager
async def origin2(behave: Behaviour2 | None = None, tls: ssl.SSLContext | None = None) -> AsyncIterator[Origin]:
    """Speak HTTP/2: over TLS where it is agreed on, without TLS from the first byte on."""
    log = Origin()
    behave = behave or Behaviour2()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        log.connections += 1
        await _Conversation(log, behave, reader, writer).run()

    async with logged(log, serve, tls):
        yield log


class _Conversation:
    def __init__(
        self, log: Origin, behave: Behaviour2, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._log, self._behave, self._reader, self._writer = log, behave, reader, writer
        self._number = log.connections
        self._state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        self._open: dict[int, tuple[list[tuple[str, str]], bytearray]] = {}
        self._waiting: list[Seen] = []
        self._answered = 0

    async def run(self) -> None:
        allowed = {h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: self._behave.streams}
        self._state.local_settings = h2.settings.Settings(client=False, initial_values=allowed)
        self._state.initiate_connection()
        while not self._is_over():
            self._writer.write(self._state.data_to_send())
            await self._writer.drain()
            data = await self._reader.read(65536)
            if not data:
                return
            try:
                events = self._state.receive_data(data)
            except h2.exceptions.ProtocolError:
                self._writer.write(self._state.data_to_send())
                return
            for event in events:
                self._take(event)
        self._state.close_connection()
        self._writer.write(self._state.data_to_send())
        await self._writer.drain()

    def _is_over(self) -> bool:
        after = self._behave.goodbye_after
        return after is not None and self._answered >= after

    def _take(self, event: object) -> None:
        match event:
            case h2.events.RequestReceived(stream_id=int(number), headers=headers):
                self._open[number] = ([(str(name), str(value)) for name, value in headers or ()], bytearray())
                self._log.most_at_once = max(self._log.most_at_once, len(self._open))
            case h2.events.DataReceived(stream_id=int(number), data=data, flow_controlled_length=length):
                self._open[number][1].extend(data or b"")
                self._state.acknowledge_received_data(length or 0, number)
            case h2.events.StreamEnded(stream_id=int(number)):
                self._asked(number)
            case _:
                pass

    def _asked(self, number: int) -> None:
        headers, body = self._open[number]
        named = dict(headers)
        plain = tuple((name, value) for name, value in headers if not name.startswith(":"))
        seen = Seen(
            named[":method"], named[":path"], (("host", named[":authority"]), *plain), bytes(body), self._number,
            stream=number,
        )  # fmt: skip
        self._log.seen.append(seen)
        self._waiting.append(seen)
        if self._behave.delay_s:
            self._waiting.clear()
            asyncio.get_running_loop().call_later(self._behave.delay_s, self._say_late, seen)
        elif len(self._waiting) >= self._behave.gather:
            for one in self._waiting:
                self._say(one)
            self._waiting.clear()

    def _say_late(self, seen: Seen) -> None:
        if not self._writer.is_closing():
            self._say(seen)
            self._writer.write(self._state.data_to_send())

    def _say(self, seen: Seen) -> None:
        if self._behave.resets:
            self._state.reset_stream(seen.stream)
            self._open.pop(seen.stream)
            return
        answer = self._behave.answer(seen)
        if answer is None:
            return
        status, headers, body = answer
        self._answered += 1
        self._open.pop(seen.stream)
        self._state.send_headers(seen.stream, [(":status", str(status)), *headers])
        self._state.send_data(seen.stream, body, end_stream=True)
