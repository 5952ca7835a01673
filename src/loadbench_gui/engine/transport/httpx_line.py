"""A line: the connections under one place's requests, or under those of several that share one by HTTP/2.

httpx's pool asks the line for connections, so they go to the address that was looked up beforehand, are opened before
the load begins, and are counted and timed like those of the fast client.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from typing import Any, Final, Protocol

import httpcore
import httpx

from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.transport.dial import NotOpened, Route, dial
from loadbench_gui.engine.transport.httpx_hub import PLACES_PER_LINE, Hub
from loadbench_gui.engine.transport.httpx_keeper import Clock, NoConnection
from loadbench_gui.engine.transport.httpx_stream import Stream

_DEEPEST: Final = 4
_HTTP1: Final = b"HTTP/1."
_NO_HTTP2: Final = "the server does not speak HTTP/2"


class User(Protocol):
    """A connection, as its issuer knows it, on this line."""

    sent_ns: int

    def lost(self) -> None:
        """The line has ended."""

    def unasked(self) -> None:
        """Bytes came while there was no request."""


class HttpxLine(httpcore.AsyncNetworkBackend):
    """Connections to one server, of which `main` carries the requests.

    Redirects may lead elsewhere and need others for the time being. users: those whose requests go this way.
    retired: it takes no new users, and ends with the last it has.
    """

    def __init__(self, hub: Hub) -> None:
        circuit = hub.circuit
        self._hub = hub
        self._loop = circuit.loop
        self.multiplexed = hub.multiplexed
        self.recorder, self.turns = circuit.recorder, circuit.turns
        self.clock = Clock()
        self.main: Stream | None = None
        self._spare: Stream | None = None
        self._streams: list[Stream] = []
        self._opening: asyncio.Task[None] | None = None
        self._users: list[User] = []
        self._pool = hub.pool(self)
        self.retired = False

    # For the connections on it

    @property
    def is_open(self) -> bool:
        """Whether a request can be written now."""
        main = self.main
        return main is not None and not main.has_ended and (self.multiplexed or not main.has_unread)

    async def open(self, user: User) -> None:
        """Connect, if that has not been done for another user. Raises `NotOpened`."""
        self._users.append(user)
        if self.main is None or self.main.is_over:
            if self._opening is None or self._opening.done():
                self._opening = self._loop.create_task(self._open())
            await asyncio.shield(self._opening)

    def leave(self, user: User, *, retire: bool) -> None:
        """Let `user` go; the last closes the line. retire: others may stay, but nobody else comes."""
        if user in self._users:
            self._users.remove(user)
        self.retired = self.retired or retire
        if not self._users:
            self.retired = True
            if self._opening is not None:
                self._opening.cancel()
            self.settle()
            for stream in self._streams:
                stream.end()
            self._streams.clear()

    def settle(self) -> None:
        """Report how many requests the main connection has answered. Behind a proxy nobody knows which server did."""
        stream = self.main
        if stream is not None and self._hub.proxy is None:
            self.recorder.connections.serve(stream.port, stream.served)
            stream.port = 0

    def used(self) -> None:
        """Count an exchange that the main connection has carried."""
        if self.main is not None:
            self.recorder.connections.reused += self.main.served > 0
            self.main.served += 1

    def count_closed(self) -> None:
        """Count the main connection as closed by the server, once."""
        if self.main is not None and not self.main.was_closed:
            self.main.was_closed = True
            self.recorder.connections.closed_by_server += 1

    async def send(self, request: httpx.Request, target: bytes, *, goes_on: Any) -> httpx.Response:
        """Send one request and return its answer, the body unread. Raises what httpcore raises.

        target: path and query as they are written. goes_on: tells by an answer's head whether httpx will answer it with
        another request; its body is then passed over.
        """
        url = request.url
        response = await self._pool.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=target),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        headers = httpx.Headers(response.headers)
        body = _Body(response.stream, is_kept=not goes_on(response.status, headers))
        return httpx.Response(response.status, headers=headers, stream=body, extensions=response.extensions)

    @property
    def has_surplus(self) -> bool:
        """Whether more came than the answer: then what comes next could not be told apart."""
        if self.multiplexed:
            return False
        return (self.main is not None and self.main.has_unread) or any(map(_leftover, self._pool.connections))

    # httpcore.AsyncNetworkBackend

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:
        """Return a connection: the one that was opened ahead, or a new one. Raises `NoConnection`."""
        try:
            if (host, port) == self._hub.door:
                return await self._take_main()
            return await self._dial(self._hub.elsewhere(host, port), count=True)
        except NotOpened as problem:
            raise NoConnection(problem) from problem

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Any = None
    ) -> httpcore.AsyncNetworkStream:
        """Return a connection to the target's socket. Raises `NoConnection`."""
        return await self.connect_tcp(*self._hub.door)

    async def sleep(self, seconds: float) -> None:
        """Wait; httpx calls this between attempts, of which it is allowed one."""
        await asyncio.sleep(seconds)

    # Keeper: see `httpx_stream`

    def ended(self, stream: Stream) -> None:
        """Tell those who have no request on it; the others find out by themselves."""
        if stream is not self.main:
            return
        self.retired = self.retired or self.multiplexed
        if not any(user.sent_ns for user in self._users):
            self.count_closed()
        for user in list(self._users):
            if not user.sent_ns:
                user.lost()

    def heard(self, stream: Stream) -> None:
        """Notice bytes that nobody asked for. HTTP/2 has frames of its own, which may come at any time."""
        if self.multiplexed:
            # Taken for a frame this would be the start of a very long one, and waited for.
            is_bare = self._hub.origin.scheme == "http"
            if is_bare and not stream.served and self.clock.seen.startswith(_HTTP1):
                stream.refuse("the server answers in HTTP/1.1")
        elif stream is self.main:
            for user in list(self._users):
                if not user.sent_ns:
                    user.unasked()

    async def secure(self, stream: Stream, mark: ssl.SSLContext, server_name: str) -> None:
        """Put TLS on a connection that has none of this mark yet: behind a proxy, or where a redirect leads."""
        if mark in stream.secured:
            return
        hub = self._hub
        if server_name == hub.origin.raw_host.decode("ascii"):
            server_name = hub.server_name or server_name
        try:
            stream.tls_ns = await stream.secure(hub.contexts[mark], server_name, hub.circuit.timeout_s)
            self._expect_http2(stream)
        except NotOpened as problem:
            raise NoConnection(problem) from problem
        stream.secured.append(mark)
        if stream.is_entrance and hub.is_tunnelled and mark is hub.target_mark:
            self.recorder.connections.open_took(stream.connect_ns, stream.tls_ns)

    # Inside

    async def _open(self) -> None:
        self._spare = await self._dial_main()

    async def _take_main(self) -> Stream:
        spare, self._spare = self._spare, None
        return spare if spare is not None and not spare.is_over else await self._dial_main()

    async def _dial_main(self) -> Stream:
        hub = self._hub
        stream = await self._dial(hub.entrance, count=not hub.is_tunnelled)
        if hub.entrance.context is not None:
            stream.secured.append(hub.proxy_mark if hub.proxy is not None else hub.target_mark)
            if hub.proxy is None:
                self._expect_http2(stream)
        stream.is_entrance = True
        self.main = stream
        return stream

    async def _dial(self, way: Route, *, count: bool) -> Stream:
        """Connect. count: it is open now; otherwise the handshake behind the proxy is still a part of opening it."""
        stream = Stream(self, self._loop)
        self._streams = [*(one for one in self._streams if not one.is_over), stream]
        try:
            opened = await dial(self._loop, way, stream)
        except NotOpened as problem:
            if isinstance(problem.__cause__, socket.gaierror):
                raise NotOpened(ErrorKind.DNS, str(problem)) from problem.__cause__
            raise
        stream.connect_ns, stream.tls_ns, stream.port = opened.connect_ns, opened.tls_ns, opened.port
        if count:
            self.recorder.connections.open_took(opened.connect_ns, opened.tls_ns)
        return stream

    def _expect_http2(self, stream: Stream) -> None:
        if self.multiplexed and stream.protocol != "h2":
            stream.end()
            raise NotOpened(ErrorKind.PROTOCOL, _NO_HTTP2)


class Lines:
    """Which line the requests of a place go by."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._shared: dict[int, HttpxLine] = {}

    def at(self, place: int) -> HttpxLine:
        """Return a fresh line, or with HTTP/2 the one that the places beside it are on."""
        if not self._hub.multiplexed:
            return HttpxLine(self._hub)
        group = place // PLACES_PER_LINE
        line = self._shared.get(group)
        if line is None or line.retired:
            line = self._shared[group] = HttpxLine(self._hub)
        return line


class _Body(httpx.AsyncByteStream):
    """The body of an answer; one that nobody will look at is read and not kept."""

    def __init__(self, pieces: Any, *, is_kept: bool) -> None:
        self._pieces = pieces
        self._is_kept = is_kept

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._pieces:
            if self._is_kept:
                yield piece

    async def aclose(self) -> None:
        await self._pieces.aclose()


def _leftover(connection: Any) -> bool:
    """Whether the parser of a connection holds bytes beyond the answer.

    httpx does not say, and would take them for the answer to the next request. There is no public way to its parser.
    """
    for _ in range(_DEEPEST):
        parser = getattr(connection, "_h11_state", None)
        if parser is not None:
            return bool(parser.trailing_data[0])
        connection = getattr(connection, "_connection", None)
    return False
