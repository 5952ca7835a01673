"""One TCP, Unix or TLS connection, as httpx's network layer wants it: read, write, close.

It is a protocol of ours on the event loop, and not the stream that httpx brings along, for what only the socket knows:
when bytes were written and read (both clients take the same clock, so their figures compare), how many there were, and
that a server closed an idle connection or spoke before it was asked.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from time import perf_counter_ns
from typing import Any, Final, cast

import httpcore

from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.transport.dial import NotOpened
from loadbench_gui.engine.transport.httpx_keeper import SEEN_BYTES, Broken, Keeper
from loadbench_gui.engine.transport.opening import classify, classify_handshake, explain

_FULL_BYTES: Final = 256 << 10


class Stream(asyncio.Protocol, httpcore.AsyncNetworkStream):
    """One connection. Reads raise `Broken`, writes `httpcore.WriteError`.

    port: our own, by which the server knows it; 0 on a Unix socket. connect_ns, tls_ns: how long it took to open.
    served: how many exchanges it has carried. is_over: it was closed, by whomever. saw_end: its end was read.
    was_closed: it was counted among those that the server closed. is_entrance: it leads to the target or to the proxy,
    and not to where a redirect leads.
    secured: which layers of TLS are on it.
    """

    def __init__(self, keeper: Keeper, loop: asyncio.AbstractEventLoop) -> None:
        self._keeper = keeper
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._pieces: deque[bytes] = deque()
        self._unread_bytes = 0
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._problem: Broken | None = None
        self._refusal: Broken | None = None
        self._is_counted = self._saw_eof = self._is_paused = self._is_full = False
        self.port = self.connect_ns = self.served = 0
        self.tls_ns: int | None = None
        self.is_over = self.saw_end = self.was_closed = self.is_entrance = False
        self.secured: list[ssl.SSLContext] = []

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it in."""
        self._is_counted = True
        self._keeper.recorder.connections.connected()
        self._transport = cast("asyncio.Transport", transport)
        if self.is_over:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Keep the bytes until they are asked for, and the time."""
        now = perf_counter_ns()
        keeper = self._keeper
        if now > keeper.turns.due_ns:
            keeper.turns.step(now)
        keeper.recorder.bytes_received += len(data)
        clock = keeper.clock
        clock.read_ns = now
        if not clock.first_ns:
            clock.first_ns = now
        if len(clock.seen) < SEEN_BYTES:
            clock.seen += data[:SEEN_BYTES]
        self._pieces.append(data)
        self._unread_bytes += len(data)
        if self._unread_bytes > _FULL_BYTES and not self._is_paused and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()
        keeper.heard(self)
        self._wake(self._reader)

    def eof_received(self) -> None:
        """Take the end in: it may be what completes an answer, so it has a time."""
        self._saw_eof = True
        self._keeper.clock.read_ns = perf_counter_ns()
        self._wake(self._reader)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it out, and wake up whoever waits for it."""
        if not self._is_counted:
            return
        self._count_out()
        self._saw_eof = True
        if exc is not None:
            self._problem = Broken(classify(exc, connecting=False), explain(exc))
        was_over, self.is_over = self.is_over, True
        self._wake(self._reader)
        self._wake(self._writer)
        if not was_over:
            self._keeper.ended(self)

    def pause_writing(self) -> None:
        """Make writers wait: the server reads more slowly than we write."""
        self._is_full = True

    def resume_writing(self) -> None:
        """Let them go on."""
        self._is_full = False
        self._wake(self._writer)

    # httpcore.AsyncNetworkStream. Time-outs are the issuer's: it gives up whole requests.

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return some bytes, or none at the end of the connection."""
        while not self._pieces:
            if problem := self._refusal or self._problem:
                raise problem
            if self.has_ended:
                self.saw_end = True
                return b""
            self._reader = self._loop.create_future()
            await self._reader
            turns = self._keeper.turns
            if (now := perf_counter_ns()) > turns.due_ns:
                turns.step(now)
        data = self._pieces.popleft()
        if len(data) > max_bytes:
            self._pieces.appendleft(data[max_bytes:])
            data = data[:max_bytes]
        self._unread_bytes -= len(data)
        if self._is_paused and self._unread_bytes <= _FULL_BYTES // 2 and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of it; waits while the server reads too slowly."""
        if not buffer:
            return
        transport = self._transport
        if self._refusal is not None:
            raise self._refusal
        if transport is None or self.is_over or transport.is_closing():
            raise httpcore.WriteError("the connection is closed")
        keeper = self._keeper
        now = perf_counter_ns()
        try:
            transport.write(buffer)
        except (RuntimeError, OSError) as problem:
            raise httpcore.WriteError("the connection is closed") from problem
        keeper.clock.write(now)
        keeper.recorder.bytes_sent += len(buffer)
        while self._is_full and not self.is_over:
            self._writer = self._loop.create_future()
            await self._writer

    async def aclose(self) -> None:
        """Close it from our side."""
        self.end()

    def end(self) -> None:
        """Close it from our side, at once: what has not left yet, the server may never take."""
        if self.is_over:
            return
        self.is_over = True
        self._wake(self._reader)
        self._wake(self._writer)
        transport = self._transport
        if transport is None:
            return
        if transport.get_write_buffer_size():
            transport.abort()
            return
        transport.close()
        if transport.get_extra_info("ssl_object") is not None:
            # Our close_notify has left by the loop's next turn; TLS would wait half a minute for the server's.
            self._loop.call_soon(transport.abort)

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Stream:
        """Return it encrypted."""
        await self._keeper.secure(self, ssl_context, server_hostname or "")
        return self

    async def secure(self, context: ssl.SSLContext, server_name: str, timeout_s: float) -> int:
        """Put TLS on it and return how long that took, in nanoseconds. Raises `NotOpened`."""
        began_ns = perf_counter_ns()
        assert self._transport is not None
        try:
            async with asyncio.timeout(timeout_s):
                transport = await self._loop.start_tls(
                    self._transport,
                    self,
                    context,
                    server_hostname=server_name,
                    ssl_handshake_timeout=timeout_s + 60.0,
                )
        except OSError as problem:
            self.end()
            self._count_out()
            kind = classify_handshake(problem)
            why = f"no TLS handshake within {timeout_s:g} s" if isinstance(problem, TimeoutError) else explain(problem)
            raise NotOpened(kind, why) from problem
        self._transport = cast("asyncio.Transport", transport)
        return perf_counter_ns() - began_ns

    def get_extra_info(self, info: str) -> Any:
        """Answer what httpx asks: whether it is encrypted, and whether an idle connection can be read (so: is over)."""
        match info:
            case "ssl_object":
                return self._transport.get_extra_info("ssl_object") if self._transport is not None else None
            case "is_readable":
                return self.has_ended or self.has_unread
            case _:
                return None

    def refuse(self, why: str) -> None:
        """Take what came for something else than the protocol that was asked for."""
        self._refusal = Broken(ErrorKind.PROTOCOL, why)
        self._pieces.clear()
        self.end()

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come."""
        return self.is_over or self._saw_eof

    @property
    def opening_ns(self) -> int:
        """How long it took to open."""
        return self.connect_ns + (self.tls_ns or 0)

    @property
    def has_unread(self) -> bool:
        """Whether bytes have come that nobody asked for yet."""
        return bool(self._pieces)

    @property
    def protocol(self) -> str | None:
        """What was agreed on in the TLS handshake."""
        encrypted = self.get_extra_info("ssl_object")
        return None if encrypted is None else encrypted.selected_alpn_protocol()

    def _count_out(self) -> None:
        if self._is_counted:
            self._is_counted = False
            self._keeper.recorder.connections.disconnected()

    @staticmethod
    def _wake(waiter: asyncio.Future[None] | None) -> None:
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
