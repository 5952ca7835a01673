"""HTTP/1.1 for loads with bodies that are sent apart from their heads: streamed from files, or after `100 Continue`.

Every answer is parsed: what an upload costs hides what the parser does.
"""

from __future__ import annotations

import asyncio
from time import perf_counter_ns

from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.transport.carrier import Owner
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.http1 import Connection
from loadbench_gui.engine.transport.last_words import unread
from loadbench_gui.engine.transport.upload import Body, BytesBody, Upload


class UploadConnection(Connection):
    """Sends bodies piece by piece, and takes an answer that comes before the body is sent for what it is.

    After such an answer the rest is not sent, and the connection is closed: the server still expects the rest on it.
    """

    __slots__ = ("_upload",)

    def __init__(self, circuit: Circuit, owner: Owner, place: int) -> None:
        super().__init__(circuit, owner, place)
        self._upload: Upload | None = None

    def send(self, due_ns: int, taken_ns: int, sent_ns: int) -> None:
        """Write the request, or begin to."""
        transport = self._transport
        if transport is None or not self._goes_apart():
            super().send(due_ns, taken_ns, sent_ns)
            return
        self.due_ns, self.taken_ns, self.sent_ns = due_ns, taken_ns, sent_ns
        head, body = self._parts()
        self._upload = self._upload_of(head, body, transport)
        try:
            self._upload.start(wait=self.query.compiled.expects_continue and body.size > 0)
        except (RuntimeError, OSError):
            # The transport knows that it is closed before we were told: nothing was written.
            self.circuit.loop.call_soon(self._is_lost, ConnectionResetError())

    def close(self) -> None:
        """End it without a word, in the middle of a body as well."""
        super().close()
        self._forget()

    # asyncio.Protocol

    def pause_writing(self) -> None:
        """The connection takes no more for now."""
        if self._upload is not None:
            self._upload.pause()

    def resume_writing(self) -> None:
        """The connection takes more."""
        if self._upload is not None:
            self._upload.resume()

    def eof_received(self) -> None:
        """An end of file completes some answers; otherwise there is no use in sending the rest."""
        super().eof_received()
        if self.sent_ns and not self.over and self._upload is not None and not self._upload.is_whole:
            self._fail(ErrorKind.CLOSED_EARLY, perf_counter_ns(), "the server closed the connection")

    # Inside

    def parse(self, data: bytes) -> None:
        """Take bytes in; a body that waits for them goes on its way."""
        reply = self._reply
        if reply.reads and not reply.first_ns:
            reply.first_ns = perf_counter_ns()
        super().parse(data)
        upload = self._upload
        if upload is not None and upload.waits and reply.continued:
            upload.go_on()
            # The first byte of the answer is yet to come.
            reply.first_ns = 0

    def _goes_apart(self) -> bool:
        """Whether the body of the request is sent apart from its head."""
        compiled = self.query.compiled
        return bool(compiled.body_file) or compiled.expects_continue

    def _upload_of(self, head: bytes, body: Body, transport: asyncio.Transport) -> Upload:
        circuit = self.circuit
        return Upload(head, body, transport, circuit.loop, circuit.turns, self._cannot_go_on)

    def _parts(self) -> tuple[bytes, Body]:
        if self.query.file is not None:
            return self.request, self.query.file
        head, end, body = self.request.partition(b"\r\n\r\n")
        return head + end, BytesBody(body)

    def _cannot_go_on(self, why: str) -> None:
        """The body cannot be sent to its end. Later: who sends must not find its connection gone when it returns."""
        self.circuit.loop.call_soon(self._give_up, self._upload, why)

    def _give_up(self, upload: Upload | None, why: str) -> None:
        if self._upload is upload and not self.over:
            self._fail(ErrorKind.BODY_FILE, perf_counter_ns(), why)

    def _written(self) -> int:
        return super()._written() if self._upload is None else self._upload.sent_bytes

    def _stays(self) -> bool:
        if self._upload is None or self._upload.is_whole:
            self._forget()
            return super()._stays()
        self.cut()
        self._forget()
        return False

    def _is_lost(self, exc: Exception | None) -> None:
        if exc is not None and self._upload is not None and not self.over:
            self._read_last_words()
        super()._is_lost(exc)

    def _fail(self, kind: ErrorKind, now: int, why: str = "") -> None:
        if self._upload is not None and not self._upload.is_whole and kind is not ErrorKind.BODY_FILE:
            why = f"{why}; {self._upload}" if why else str(self._upload)
        super()._fail(kind, now, why)

    def _end(self) -> None:
        super()._end()
        self._forget()

    def _forget(self) -> None:
        if self._upload is not None:
            self._upload.stop()
            self._upload = None

    def _read_last_words(self) -> None:
        """Take what the server said before it closed; what came over TLS was handed over by `LastWords`."""
        if self._transport is None or self.circuit.route.context is not None:
            return
        for data in unread(self._transport):
            if data:
                self.parse(data)
            else:
                super().eof_received()
            if self.over or not self.sent_ns:
                return
