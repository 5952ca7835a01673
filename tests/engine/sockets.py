"""WebSocket servers that keep a log of what they were sent and what they answered, and loads to fire at them."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Unpack

from websockets.asyncio.server import Server as Listener
from websockets.asyncio.server import ServerConnection, serve, unix_serve
from websockets.exceptions import ConnectionClosed

from engine.firing import Ask, Firing, Watch, adds_up, fire_load
from loadbench_gui.core.plan import ClosedLoad, LoadShape, Request, SocketSettings, Target
from loadbench_gui.core.snapshot import Tally
from loadbench_gui.core.websocket import SocketTally
from loadbench_gui.services.generator import Fired


@dataclass
class Log:
    """What a server saw. messages: in the order in which they came. closed: the codes that clients closed with."""

    port: int = 0
    unix_path: str = ""
    connections: int = 0
    paths: list[str] = field(default_factory=list)
    subprotocols: list[str | None] = field(default_factory=list)
    extensions: list[int] = field(default_factory=list)
    messages: list[str | bytes] = field(default_factory=list)
    sent: int = 0
    closed: list[int | None] = field(default_factory=list)

    @property
    def target(self) -> Target:
        return Target("http", "127.0.0.1", self.port, "127.0.0.1", unix_path=self.unix_path)


@dataclass
class Visit:
    """One message on a connection. number: on this connection, from 0; total: on all, from 0."""

    connection: ServerConnection
    log: Log
    message: str | bytes
    number: int
    total: int

    async def say(self, *messages: str | bytes | Iterable[str] | Iterable[bytes]) -> None:
        for message in messages:
            self.log.sent += 1
            await self.connection.send(message)


Behaviour = Callable[[Visit], Awaitable[None]]


async def echoes(visit: Visit) -> None:
    await visit.say(visit.message)


@asynccontextmanager
async def serving(
    behave: Behaviour = echoes, *, tls: ssl.SSLContext | None = None, unix_path: str = "", **options: Any
) -> AsyncIterator[Log]:
    """Run a server on a free port, or on a Unix socket. options: of `websockets.serve`."""
    log = Log(unix_path=unix_path)

    async def attend(connection: ServerConnection) -> None:
        log.connections += 1
        assert connection.request is not None
        log.paths.append(connection.request.path)
        log.subprotocols.append(connection.subprotocol)
        log.extensions.append(len(connection.protocol.extensions))
        number = 0
        try:
            async for message in connection:
                log.messages.append(message)
                await behave(Visit(connection, log, message, number, len(log.messages) - 1))
                number += 1
        except ConnectionClosed:
            pass
        finally:
            await connection.wait_closed()
            log.closed.append(connection.close_code)

    options = {"max_size": None, "compression": None, "max_queue": None, "ping_interval": None} | options
    listening: Listener
    if unix_path:
        listening = await unix_serve(attend, unix_path, **options)
    else:
        listening = await serve(attend, "127.0.0.1", 0, ssl=tls, backlog=1024, **options)
        log.port = listening.sockets[0].getsockname()[1]
    try:
        yield log
    finally:
        listening.close(close_connections=False)
        for connection in list(listening.connections):
            connection.transport.abort()
        await listening.wait_closed()


async def talk(
    target: Target,
    shape: LoadShape | None = None,
    settings: SocketSettings | None = None,
    *,
    request: Request | None = None,
    **how: Unpack[Firing],
) -> Fired:
    """Fire messages; two connections in a closed loop unless told otherwise. Every request has exactly one fate."""
    asked: Firing = {"requests": (request or Request(path="/echo"),), **how}
    fired = await fire_load(target, shape or ClosedLoad(2), Ask(websocket=settings or SocketSettings()), **asked)
    assert adds_up(fired), fired.measured
    return fired


def socket_of(tally: Tally) -> SocketTally:
    """Return what a load of WebSockets always has."""
    assert tally.websocket is not None
    return tally.websocket


def all_of(watch: Watch) -> SocketTally:
    """Return what happened in both populations over the whole run."""
    return sum((socket_of(i.measured) + socket_of(i.warmup) for i in watch.intervals), SocketTally())
