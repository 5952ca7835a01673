"""The connection itself, whatever it carries: it is dialled, it is open, it ends."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from time import perf_counter_ns
from typing import Final, cast

from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.dial import NotOpened, dial

LONG_READ_BYTES: Final = 16 << 10
"""Reads below this are never long: they do not even look at the clock."""
LONG_READ_NS: Final = 2_000_000
"""After a read that took longer than this, everybody else has a turn."""


class Line(asyncio.Protocol):
    """One TCP, TLS or Unix connection.

    over: it ended, or was never opened, and will not carry anything again. write: the transport's, once it is open.
    port: our own, by which the server knows it; 0 until it is open, and on a Unix socket.
    """

    __slots__ = ("_opening", "_opening_ns", "_transport", "circuit", "over", "port", "write")

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self.over = False
        self.port = 0
        self._transport: asyncio.Transport | None = None
        self._opening: asyncio.Task[None] | None = None
        self._opening_ns = 0

    @property
    def is_open(self) -> bool:
        """Whether a request can be written now."""
        return self._transport is not None and not self.over

    @property
    def opening(self) -> asyncio.Task[None] | None:
        """What opens it, while it is on the way to being open."""
        return self._opening

    def open(self) -> None:
        """Start to connect. Ends in `_is_open_now`, in `_is_not_opened`, or without a word once it is `over`."""
        self._opening = self.circuit.loop.create_task(self._dial())

    @property
    def has_unsent(self) -> bool:
        """Whether the server has not taken all that was written."""
        return self._transport is not None and self._transport.get_write_buffer_size() > 0

    def leave(self) -> None:
        """End it in good order, but wait for nothing: a server may never take the rest, nor take its leave."""
        transport = self._transport
        if self.has_unsent:
            self.cut()
        elif transport is not None:
            transport.close()
            if self.circuit.route.context is not None:
                # Our close_notify has left by the loop's next turn; TLS would wait half a minute for the server's.
                self.circuit.loop.call_soon(transport.abort)

    def cut(self) -> None:
        """End it at once: what is not sent yet never will be."""
        self.over = True
        if self._opening is not None:
            self._opening.cancel()
        if self._transport is not None:
            self._transport.abort()

    def breathe(self, began_ns: int) -> None:
        """Let everything else have its turn after a long read: a loop reads on as long as there is more.

        A server that floods us would otherwise keep timers and the other connections waiting for seconds.
        """
        transport = self._transport
        if perf_counter_ns() - began_ns > LONG_READ_NS and transport is not None and not transport.is_closing():
            transport.pause_reading()
            self.circuit.loop.call_later(0, self._read_on)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the write method at hand."""
        self.circuit.recorder.connections.connected()
        self._transport = cast("asyncio.Transport", transport)
        self.write = self._transport.write
        if self.over:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it out, then see what it means. One whose TLS handshake failed was never made."""
        if self._transport is not None:
            self.circuit.recorder.connections.disconnected()
            self._is_lost(exc)

    def _read_on(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    # What it means to the request on it

    @abstractmethod
    def _is_open_now(self) -> None:
        """It can be used from now on."""

    @abstractmethod
    def _is_not_opened(self, kind: ErrorKind, why: str) -> None:
        """It could not be opened."""

    @abstractmethod
    def _is_lost(self, exc: Exception | None) -> None:
        """It was open and has ended, by whomever; `exc` says what went wrong, if anything did."""

    async def _dial(self) -> None:
        circuit = self.circuit
        try:
            opened = await dial(circuit.loop, circuit.route, self)
        except NotOpened as problem:
            self._opening = None
            if not self.over:
                self._is_not_opened(problem.kind, str(problem))
            return
        self._opening = None
        self._opening_ns = opened.connect_ns + (opened.tls_ns or 0)
        self.port = opened.port
        if self.over:
            return
        if self._transport is None or self._transport.is_closing():
            self._is_not_opened(ErrorKind.CLOSED_EARLY, "the server closed the connection")
            return
        circuit.recorder.connections.open_took(opened.connect_ns, opened.tls_ns)
        self._is_open_now()
