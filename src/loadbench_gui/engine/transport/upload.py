"""Sending a body apart from its head: from a file, piece by piece, or once the server has said that it wants it.

A piece is read when the connection has taken the one before, so gigabytes cost no more memory than a piece. One piece
is written per turn of the loop: other connections get theirs in between.
"""

from __future__ import annotations

import asyncio
import os
import select
import weakref
from collections.abc import Callable
from time import perf_counter_ns
from typing import Final, Protocol

from loadbench_gui.core.plan import Workload
from loadbench_gui.core.template.head import expects_continue
from loadbench_gui.engine.turns import TurnMeter
from loadbench_gui.errors import UserError

PIECE_BYTES: Final = 256 << 10
CONTINUE_S: Final = 1.0
"""How long a body waits for `100 Continue`; a server that does not know the expectation says nothing at all
(RFC 9110, section 10.1.1)."""


def has_uploads(workload: Workload) -> bool:
    """Whether any of its requests has a body that is sent apart from its head."""
    if workload.stream is not None and workload.stream.upload_chunk_bytes:
        return True
    return any(request.body_file or expects_continue(request) for request in workload.requests)


class Body(Protocol):
    """What is sent after a head. path: of the file it comes from, "" for none. size: how long it is."""

    path: str
    size: int

    def piece(self, offset: int) -> bytes:
        """Return what comes at `offset`; nothing where there is less than there was. Raises `OSError`."""


class FileBody:
    """A file that is sent as a body, by all connections of a shard over one descriptor.

    size: how long the body is; what the file gains while it is sent does not belong to it.
    """

    def __init__(self, path: str, size: int) -> None:
        """Open the file. Raises `UserError`. It is closed once nobody holds this object any more."""
        self.path = path
        self.size = size
        try:
            self._file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except OSError as error:
            raise UserError(f"{path} cannot be read: {error.strerror}", "Check the path and its permissions.") from None
        weakref.finalize(self, os.close, self._file)

    def piece(self, offset: int) -> bytes:
        """Return what comes at `offset`; nothing where the file is shorter than it was. Raises `OSError`."""
        size = min(PIECE_BYTES, self.size - offset)
        if hasattr(os, "pread"):
            return os.pread(self._file, size, offset)
        os.lseek(self._file, offset, os.SEEK_SET)
        return os.read(self._file, size)


class BytesBody:
    """A body that is in memory already."""

    def __init__(self, content: bytes) -> None:
        self.path = ""
        self.size = len(content)
        self._content = content

    def piece(self, offset: int) -> bytes:
        """Return what comes at `offset`."""
        return self._content[offset : offset + PIECE_BYTES]


class Upload:
    """One request on its way: its head, then its body.

    on_broken: told why the body cannot be sent to its end; nothing more is sent then.
    """

    __slots__ = (
        "_body", "_broken", "_loop", "_offset", "_paused", "_peer", "_step", "_transport", "_turns", "head", "waits",
    )  # fmt: skip

    def __init__(
        self,
        head: bytes,
        body: Body,
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        turns: TurnMeter,
        on_broken: Callable[[str], None],
    ) -> None:
        self.head = head
        self._body = body
        self._transport = transport
        self._loop = loop
        self._turns = turns
        self._broken = on_broken
        self._offset = 0
        self._paused = self.waits = False
        self._step: asyncio.Handle | None = None
        self._peer = _peer_of(transport)

    @property
    def is_whole(self) -> bool:
        """Whether all of it has left."""
        return self._offset == self._body.size and not self._transport.get_write_buffer_size()

    @property
    def rests(self) -> bool:
        """Whether it is we who are silent."""
        return False

    @property
    def sent_bytes(self) -> int:
        """How much of it has left: its head, and of its body what is no longer in our hands."""
        return len(self.head) + self.sent_body_bytes

    @property
    def sent_body_bytes(self) -> int:
        """How much of the body has left."""
        return max(0, self._offset - self._transport.get_write_buffer_size())

    def __str__(self) -> str:
        return f"{self.sent_body_bytes:,} of {self._body.size:,} bytes of the body were sent"

    def start(self, *, wait: bool) -> None:
        """Send the head, and the body after it. wait: only once the server wants it, or says nothing for a second."""
        if wait:
            self._transport.write(self.head)
            self.waits = True
            self._step = self._loop.call_later(CONTINUE_S, self.go_on)
            return
        first = self._read() if self._body.size else b""
        if first is not None:
            # Together, so that a small body is in the same packet as its head.
            self._hand_over([self.head, first], len(first))
            self._plan()

    def go_on(self) -> None:
        """Send the body that waited."""
        self.waits = False
        self.stop()
        self._plan()

    def stop(self) -> None:
        """Send no more than was handed over already."""
        if self._step is not None:
            self._step.cancel()
            self._step = None

    def pause(self) -> None:
        """The connection takes no more for now."""
        self._paused = True

    def resume(self) -> None:
        """The connection takes more."""
        self._paused = False
        if not self.waits and self._step is None:
            self._plan()

    def _plan(self) -> None:
        self._step = None
        if self._can_go_on():
            self._step = self._loop.call_soon(self._next)

    def _can_go_on(self) -> bool:
        return not self._paused and self._offset < self._body.size and not self._transport.is_closing()

    def _next(self) -> None:
        """Write one piece, and arrange for the next one."""
        now = perf_counter_ns()
        if now > self._turns.due_ns:
            self._turns.step(now)
        # What the server says comes first: once it has closed, writing would lose an answer that is not read yet.
        if not self._is_spoken_to():
            piece = self._read()
            if piece is None:
                return
            self._hand_over([piece], len(piece))
        self._plan()

    def _read(self) -> bytes | None:
        """Return the next piece, or None where there is none any more."""
        try:
            piece = self._body.piece(self._offset)
        except OSError as error:
            self._broken(f"{self._body.path} cannot be read any more: {error.strerror}")
            return None
        if not piece:
            self._broken(f"{self._body.path} has become shorter while it was sent: {self}")
            return None
        return piece

    def _hand_over(self, data: list[bytes], of_body: int) -> None:
        self._transport.writelines(data)
        # A transport that finds its connection lost drops what it was given.
        if not self._transport.is_closing():
            self._offset += of_body

    def _is_spoken_to(self) -> bool:
        return self._peer is not None and bool(self._peer.poll(0))


def _peer_of(transport: asyncio.Transport) -> select.poll | None:
    """Return what tells whether there is something to read from the server, where the system has it."""
    if not hasattr(select, "poll"):
        return None
    peer = select.poll()
    peer.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
    return peer
