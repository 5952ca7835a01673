"""Opening a connection: TCP or a Unix socket first, then TLS on it as a phase of its own, each with its time.

A plain connection is opened by the event loop in one call, which costs half of what a socket of our own would. TLS is
put on the open connection by `start_tls`, so that the two can be timed apart; a handshake costs a hundred times more.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from dataclasses import dataclass, replace
from time import perf_counter_ns
from typing import Final, cast

from loadbench_gui import trust
from loadbench_gui.core.plan import Target, Tls
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.transport.last_words import LastWords
from loadbench_gui.engine.transport.opening import classify, classify_handshake, explain

_QUEUE_IS_FULL_S: Final = 0.001


@dataclass(frozen=True, slots=True)
class Route:
    """Where to connect and how; `context` is None where nothing is encrypted.

    server_name: what is asked for in the handshake, and what the certificate must be for.
    hears_out: a server that closes while it is written to is read to its end first (see `LastWords`).
    """

    address: str
    port: int
    unix_path: str
    timeout_s: float
    context: ssl.SSLContext | None = None
    server_name: str = ""
    hears_out: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """How long each phase took; `tls_ns` is None without one. port: our own, 0 on a Unix socket."""

    connect_ns: int
    tls_ns: int | None
    port: int


class NotOpened(Exception):
    """There is no connection. kind: its class; `str` says why."""

    def __init__(self, kind: ErrorKind, why: str) -> None:
        super().__init__(why)
        self.kind = kind


def route(target: Target, tls: Tls, timeout_s: float, *, hears_out: bool = False) -> Route:
    """Return how to reach `target`. Reads the files that `tls` names. Raises `UserError` if one of them is no good."""
    plain = Route(target.address, target.port, target.unix_path, timeout_s)
    if target.scheme != "https":
        return plain
    context = trust.client_context(
        insecure=tls.insecure, ca_file=tls.ca_file, cert_file=tls.cert_file, key_file=tls.key_file
    )
    context.set_alpn_protocols(["http/1.1"])
    name = tls.server_name or target.host
    return replace(plain, context=context, server_name=name, hears_out=hears_out)


async def dial(loop: asyncio.AbstractEventLoop, way: Route, protocol: asyncio.Protocol) -> Opened:
    """Open a connection for `protocol` and return how long that took. Raises `NotOpened`.

    The whole of it may take `Route.timeout_s`.
    """
    began_ns = perf_counter_ns()
    handshaking = False
    try:
        async with asyncio.timeout(way.timeout_s):
            entrance = protocol if way.context is None else _Entrance()
            transport = await _connect(loop, way, entrance)
            connected_ns = perf_counter_ns()
            if way.context is None:
                return Opened(connected_ns - began_ns, None, _port(transport, way))
            handshaking = True
            secured = await _secure(loop, way, transport, protocol)
            opened = Opened(connected_ns - began_ns, perf_counter_ns() - connected_ns, _port(transport, way))
            protocol.connection_made(secured)
            return opened
    except TimeoutError as problem:
        # The system's own patience may be shorter than ours, and is a time-out as well.
        phase = "TLS handshake" if handshaking else "connection"
        raise NotOpened(ErrorKind.CONNECT_TIMEOUT, f"no {phase} within {way.timeout_s:g} s") from problem
    except OSError as problem:
        kind = classify_handshake(problem) if handshaking else classify(problem, connecting=True)
        why = explain(problem)
        raise NotOpened(kind, f"{why}, in the middle of the TLS handshake" if _is_cut(problem) else why) from problem


def _is_cut(problem: OSError) -> bool:
    return isinstance(problem, ConnectionError) and not problem.errno


class _Entrance(asyncio.Protocol):
    """Stands at an open connection until TLS takes over: nothing is read, so nothing the server says is lost."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).pause_reading()


async def _connect(loop: asyncio.AbstractEventLoop, way: Route, protocol: asyncio.Protocol) -> asyncio.Transport:
    if way.unix_path:
        return await _connect_unix(loop, way.unix_path, protocol)
    transport, _ = await loop.create_connection(lambda: protocol, way.address, way.port)
    return transport


async def _connect_unix(loop: asyncio.AbstractEventLoop, path: str, protocol: asyncio.Protocol) -> asyncio.Transport:
    """Connect to a Unix socket.

    Linux does not make a connection wait in line there: while the server's queue is full it answers "try again",
    which event loops take for a connection under way.
    """
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await _knock(sock, path)
        transport, _ = await loop.create_unix_connection(lambda: protocol, sock=sock)
    except BaseException:
        sock.close()
        raise
    return transport


async def _knock(sock: socket.socket, path: str) -> None:
    while True:
        try:
            return sock.connect(path)
        except BlockingIOError:
            await asyncio.sleep(_QUEUE_IS_FULL_S)


async def _secure(
    loop: asyncio.AbstractEventLoop, way: Route, transport: asyncio.Transport, protocol: asyncio.Protocol
) -> asyncio.Transport:
    assert way.context is not None
    if transport.is_closing():
        raise ConnectionResetError
    try:
        # A limit beyond ours: the loop's own one would be reported as an aborted connection.
        secured = await loop.start_tls(
            transport,
            protocol,
            way.context,
            server_hostname=way.server_name,
            ssl_handshake_timeout=way.timeout_s + 60.0,
        )
    except BaseException:
        transport.abort()
        raise
    if secured is None or secured.is_closing():
        raise ConnectionResetError
    if way.hears_out:
        transport.set_protocol(LastWords(transport, cast("asyncio.BufferedProtocol", transport.get_protocol())))
    return secured


def _port(transport: asyncio.Transport, way: Route) -> int:
    return 0 if way.unix_path else int(transport.get_extra_info("sockname")[1])
