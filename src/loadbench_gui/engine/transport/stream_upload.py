"""Bodies that are sent as streams: in chunks, without their length, and if it is asked for with pauses between."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Final

from loadbench_gui.core.streaming import StreamSettings
from loadbench_gui.engine.transport.carrier import Owner
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.upload import Body, Upload
from loadbench_gui.engine.transport.upload_connection import UploadConnection
from loadbench_gui.engine.turns import TurnMeter

_LENGTH: Final = re.compile(rb"\r\n(?:Content-Length|Transfer-Encoding):[^\r\n]*", re.IGNORECASE)
_LAST_CHUNK: Final = b"0\r\n\r\n"


def in_chunks(head: bytes) -> bytes:
    """Return the head of a request that announces a body in chunks, whatever it announced before."""
    lines, end, _ = head.partition(b"\r\n\r\n")
    return b"%b\r\nTransfer-Encoding: chunked%b" % (_LENGTH.sub(b"", lines), end)


class ChunkedBody:
    """A body as it looks in chunks of `chunk_bytes` (RFC 9112, section 7.1). size: with what makes them chunks.

    It is read from the front, a chunk at a time: offsets are where chunks begin.
    """

    def __init__(self, body: Body, chunk_bytes: int) -> None:
        self.path = body.path
        self._body = body
        self._chunk_bytes = chunk_bytes
        self._framed_bytes = _framed_bytes(chunk_bytes)
        whole, rest = divmod(body.size, chunk_bytes)
        self.size = whole * self._framed_bytes + (_framed_bytes(rest) if rest else 0) + len(_LAST_CHUNK)

    def piece(self, offset: int) -> bytes:
        """Return the chunk at `offset`, the last one with the end; nothing where there is less than was announced."""
        begin = offset // self._framed_bytes * self._chunk_bytes
        end = min(begin + self._chunk_bytes, self._body.size)
        if begin >= end:
            return _LAST_CHUNK
        data = self._read(begin, end)
        if len(data) < end - begin:
            return b""
        return b"%x\r\n%b\r\n%b" % (len(data), data, _LAST_CHUNK if end == self._body.size else b"")

    def _read(self, begin: int, end: int) -> bytes:
        data = self._body.piece(begin)[: end - begin]
        while data and begin + len(data) < end:
            more = self._body.piece(begin + len(data))[: end - begin - len(data)]
            if not more:
                break
            data += more
        return data


class PacedUpload(Upload):
    """One request on its way, with a pause before each piece but the first."""

    __slots__ = ("_due_s", "_every_s")

    def __init__(
        self,
        head: bytes,
        body: Body,
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        turns: TurnMeter,
        on_broken: Callable[[str], None],
        every_s: float,
    ) -> None:
        super().__init__(head, body, transport, loop, turns, on_broken)
        self._every_s = every_s
        self._due_s = 0.0

    @property
    def rests(self) -> bool:
        """Whether the pause before a piece goes on, and all before it has left."""
        is_pausing = self._every_s > 0 and self._step is not None and not self.waits
        return is_pausing and not self._transport.get_write_buffer_size()

    def start(self, *, wait: bool) -> None:
        """Send the head, and the first piece with it unless that waits."""
        self._due_s = self._loop.time() - (self._every_s if wait else 0.0)
        super().start(wait=wait)

    def _plan(self) -> None:
        if not self._every_s:
            super()._plan()
            return
        self._step = None
        if self._can_go_on():
            # What the connection held up is not made up for.
            self._due_s = max(self._due_s + self._every_s, self._loop.time())
            self._step = self._loop.call_at(self._due_s, self._next)


class ChunkingConnection(UploadConnection):
    """Sends bodies in chunks where the stream's settings say so."""

    __slots__ = ("_settings",)

    def __init__(self, circuit: Circuit, owner: Owner, place: int) -> None:
        super().__init__(circuit, owner, place)
        self._settings = circuit.load.workload.stream or StreamSettings()

    def _goes_apart(self) -> bool:
        return super()._goes_apart() or (self._settings.upload_chunk_bytes > 0 and self._has_body())

    def _has_body(self) -> bool:
        return self.query.file is not None or bool(self.request.partition(b"\r\n\r\n")[2])

    def _parts(self) -> tuple[bytes, Body]:
        head, body = super()._parts()
        if not self._settings.upload_chunk_bytes:
            return head, body
        return in_chunks(head), ChunkedBody(body, self._settings.upload_chunk_bytes)

    def _upload_of(self, head: bytes, body: Body, transport: asyncio.Transport) -> Upload:
        circuit, every_s = self.circuit, self._settings.upload_every_s
        return PacedUpload(head, body, transport, circuit.loop, circuit.turns, self._cannot_go_on, every_s)


def _framed_bytes(size: int) -> int:
    return len(b"%x" % size) + size + 4
