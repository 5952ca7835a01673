"""HTTP/1.1 over one TCP or TLS connection: send pre-encoded bytes, recognise the response, keep the clock.

Two paths lead to the same record. Every kind of response is parsed by llhttp (`parse`). A response that came in one
read, was found right and left the connection open is remembered by the circuit, and a read that is equal to it byte
for byte is, by definition, parsed the same: it is recorded without a parser. Nothing but equality is trusted, so a
changed date, length or body goes through the parser, and is remembered in turn.

A `Connection` lives for one TCP connection. It never decides what to send next: `Circuit.owner` does.
"""

from __future__ import annotations

import asyncio
from time import perf_counter_ns
from typing import Final, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.transport.check import LONGEST_BODY
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.framing import final_head, is_framed, says_close
from loadbench_gui.engine.transport.opening import classify

LONGEST_HEAD: Final = 64 << 10
"""Heads beyond this (interim responses included) are a protocol error; servers stop at 8 to 32 KiB."""
LONGEST_WHOLE: Final = 64 << 10
_SAMPLE_BYTES: Final = 2048
_STALE_WITHIN_NS: Final = 100_000_000
"""A server that ended a connection between two requests is heard of within the time that opening it took, and a little
for busy loops. What is lost later than that was lost by a server that had it: a failure, not to be tried again."""


class _Sink:
    """What the parser calls when bodies are looked at; `Connection` itself has no `on_body`, which saves the copies."""

    def __init__(self, connection: Connection) -> None:
        self.on_message_begin = connection.on_message_begin
        self.on_headers_complete = connection.on_headers_complete
        self.on_message_complete = connection.on_message_complete
        self.on_body = connection.take_body


class Connection(asyncio.Protocol):
    """One connection and the request on it. `sent_ns` is 0 while there is none.

    fast: the parser stands at the start of a message and an answer was parsed on this connection before.
    wanted: a request waits for this connection to open. resent: its request was lost once by a stale connection.
    """

    __slots__ = (
        "_body",
        "_body_size",
        "_complete",
        "_first_ns",
        "_head",
        "_head_done",
        "_head_size",
        "_keep",
        "_opening",
        "_opening_ns",
        "_parser",
        "_reads",
        "_status",
        "_surplus",
        "_transport",
        "circuit",
        "due_ns",
        "fast",
        "over",
        "place",
        "resent",
        "sent_ns",
        "served",
        "taken_ns",
        "wanted",
        "write",
    )

    _head: list[bytes]
    _head_size: int
    _body_size: int
    _reads: int
    _head_done: bool
    _complete: bool
    _keep: bool

    def __init__(self, circuit: Circuit, place: int) -> None:
        self.circuit = circuit
        self.place = place
        self.due_ns = self.taken_ns = self.sent_ns = 0
        self.fast = self.over = self.resent = self.wanted = False
        self.served = 0
        self._transport: asyncio.Transport | None = None
        self._opening: asyncio.Task[None] | None = None
        self._opening_ns = 0
        self._parser: HttpResponseParser | None = None
        self._body: list[bytes] | None = None
        self._reset()

    # State, as the owner sees it.

    @property
    def is_open(self) -> bool:
        """Whether a request can be written now."""
        return self._transport is not None and not self.over

    @property
    def opening(self) -> asyncio.Task[None] | None:
        """What opens it, while it is on the way to being open."""
        return self._opening

    # What the owner asks for.

    def open(self) -> None:
        """Start to connect. Ends in `owner.opened`, or in the wanted request being sent, or in a failure."""
        self._opening = self.circuit.loop.create_task(self._open())

    def want(self, due_ns: int, taken_ns: int) -> None:
        """Carry a request as soon as the connection is open; start to connect if that has not begun."""
        self.due_ns, self.taken_ns = due_ns, taken_ns
        self.wanted = True
        if self._opening is None:
            self.open()

    def send(self, due_ns: int, taken_ns: int, sent_ns: int) -> None:
        """Write the request. The stamps are the caller's; `sent_ns` is taken right before the call."""
        self.due_ns, self.taken_ns, self.sent_ns = due_ns, taken_ns, sent_ns
        try:
            write = self.write
            write(self.circuit.request)
        except (RuntimeError, OSError):
            # The transport knows that it is closed before we were told: nothing was written.
            self.circuit.loop.call_soon(self._lost, ConnectionResetError())

    def expire(self, now_ns: int) -> None:
        """Give the request up: it was sent longer than the timeout ago."""
        self._fail(ErrorKind.READ_TIMEOUT, now_ns)

    def close(self) -> None:
        """End it without a word; a request on it is no longer accounted for here."""
        self.over = True
        self.fast = False
        if self._opening is not None:
            self._opening.cancel()
        if self._transport is not None:
            self._transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the write method at hand."""
        self.circuit.recorder.connected()
        self._transport = cast("asyncio.Transport", transport)
        self.write = self._transport.write
        if self.over:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take bytes in by the parser; subclasses put their fast path before this."""
        self.parse(data)

    def eof_received(self) -> None:
        """An end of file completes a response that nothing else delimits."""
        if self.sent_ns and self._head_done and not self._complete and not self.over:
            head, _ = final_head(self._head)
            if not is_framed(head):
                self._complete = True
                self._keep = False
                self._answered(perf_counter_ns())

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it out, then see what it means."""
        self.circuit.recorder.disconnected()
        self._lost(exc)

    # The parser's calls

    def on_message_begin(self) -> None:
        """Notice a second response where one was asked for."""
        self._surplus = self._complete

    def on_headers_complete(self) -> None:
        """Read the status; the body is yet to come unless the request was a HEAD."""
        parser = cast("HttpResponseParser", self._parser)
        status = parser.get_status_code()
        if status < 200 or self._complete:
            return
        self._status = status
        self._head_done = True
        self._keep = parser.should_keep_alive()
        if self.circuit.bodiless:
            self._complete = True

    def on_message_complete(self) -> None:
        """Note the end; interim responses do not count."""
        if self._head_done:
            self._complete = True

    def take_body(self, data: bytes) -> None:
        """Keep a piece of a body that is to be checked."""
        if self._body is not None and not self.circuit.bodiless and self._body_size < LONGEST_BODY:
            self._body.append(data)
            self._body_size += len(data)

    # Inside

    async def _open(self) -> None:
        circuit, target = self.circuit, self.circuit.target
        server_name = target.host if circuit.tls else None
        began_ns = perf_counter_ns()
        try:
            async with asyncio.timeout(circuit.timeout_s):
                await circuit.loop.create_connection(
                    lambda: self, target.address, target.port, ssl=circuit.tls, server_hostname=server_name
                )
        except OSError as problem:
            self._opening = None
            self._cannot_open(classify(problem, tls=circuit.tls is not None, connecting=True))
            return
        self._opening = None
        self._opening_ns = perf_counter_ns() - began_ns
        if self.over:
            return
        if self._transport is None or self._transport.is_closing():
            self._cannot_open(ErrorKind.CLOSED_EARLY)
            return
        circuit.recorder.opened += 1
        circuit.owner.opened(self)

    def _cannot_open(self, kind: ErrorKind) -> None:
        if self.over:
            return
        if self.wanted:
            self._fail(kind, perf_counter_ns())
        else:
            self.over = True
            self.circuit.owner.closed(self, was_free=False)

    def parse(self, data: bytes) -> None:
        """Take bytes in by the parser and act on what they complete."""
        if self.over:
            return
        now = perf_counter_ns()
        circuit = self.circuit
        circuit.recorder.bytes_received += len(data)
        if now > circuit.turns.due_ns:
            circuit.turns.step(now)
        if not self.sent_ns:
            # Bytes that nobody asked for: whatever comes next on this connection could not be told apart.
            self._unasked(now)
            return
        self.fast = False
        self._reads += 1
        if self._reads == 1:
            self._first_ns = now
            self._body = self._wants_body()
        if not self._head_done:
            self._head.append(data)
            self._head_size += len(data)
        try:
            self._feed(data)
        except (HttpParserError, HttpParserUpgrade):
            self._fail(ErrorKind.PROTOCOL, now)
            return
        if self._surplus or (not self._head_done and self._head_size > LONGEST_HEAD):
            self._fail(ErrorKind.PROTOCOL, now)
        elif self._complete:
            if self.circuit.bodiless and not self._ends_with_head():
                self._fail(ErrorKind.PROTOCOL, now)
            else:
                self._answered(now, data)

    def _unasked(self, now: int) -> None:
        if self.wanted:
            self._fail(ErrorKind.PROTOCOL, now)
        else:
            was_free = self._opening is None
            self.close()
            self.circuit.owner.closed(self, was_free=was_free)

    def _feed(self, data: bytes) -> None:
        if self._parser is None:
            self._parser = HttpResponseParser(_Sink(self) if self.circuit.check.looks_inside else self)
        self._parser.feed_data(data)

    def _wants_body(self) -> list[bytes] | None:
        circuit = self.circuit
        if circuit.check.reads_body:
            return []
        if circuit.check.samples_body and (circuit.sample_due or not self.served):
            circuit.sample_due = False
            return []
        return None

    def _ends_with_head(self) -> bool:
        """A response to HEAD is over with its head. llhttp waits for the body that is announced: start it afresh."""
        self._parser = None
        head, rest = final_head(self._head)
        self._keep = self._keep or (head.startswith(b"HTTP/1.1") and not says_close(head))
        return not rest

    def _answered(self, now: int, data: bytes = b"") -> None:
        """Judge a complete response, record it, and hand the connection back."""
        circuit, recorder = self.circuit, self.circuit.recorder
        wrong = self._judge()
        if wrong is not None:
            self._sample(wrong, now)
            recorder.fail(wrong, (self.due_ns, self.taken_ns, self.sent_ns), now, self._status)
        else:
            recorder.rows.extend((self.due_ns, self.taken_ns, self.sent_ns, self._first_ns, now, self._status))
            recorder.bytes_sent += recorder.request_bytes
        if self.served:
            recorder.reused += 1
        self.served += 1
        if not self._keep:
            recorder.closed_by_server += 1
            self._end()
            circuit.owner.spent(self, now, faulty=False)
            return
        if wrong is None and self._reads == 1 and len(data) <= LONGEST_WHOLE and self._is_checked():
            recorder.seal_hot(self._status, len(data))
            circuit.whole = data
        self.sent_ns = 0
        self.resent = False
        self._reset()
        self.fast = True
        circuit.owner.answered(self, now)

    def _judge(self) -> ErrorKind | None:
        check = self.circuit.check
        if check.status_is_wrong(self._status):
            return ErrorKind.BAD_STATUS
        if self._body is not None and not self.circuit.bodiless and check.body_is_wrong(b"".join(self._body)):
            return ErrorKind.BAD_BODY
        return None

    def _is_checked(self) -> bool:
        return self._body is not None or not self.circuit.check.looks_inside

    def _lost(self, exc: Exception | None) -> None:
        """Tell a free connection's end from a request's."""
        if self.over:
            return
        recorder = self.circuit.recorder
        if not self.sent_ns:
            if self._opening is None:
                self.over = True
                self.fast = False
                recorder.closed_by_server += 1
                self.circuit.owner.closed(self, was_free=True)
            return
        now = perf_counter_ns()
        if self.served and not self._reads and now - self.sent_ns <= self._opening_ns + _STALE_WITHIN_NS:
            self._lost_stale()
        elif exc is None:
            self._fail(ErrorKind.CLOSED_EARLY, now)
        else:
            self._fail(classify(exc, tls=self.circuit.tls is not None, connecting=False), now)

    def _lost_stale(self) -> None:
        recorder = self.circuit.recorder
        recorder.stale += 1
        if self.circuit.idempotent and not self.resent:
            sent_ns = self.sent_ns
            self._end()
            recorder.bytes_sent += recorder.request_bytes
            self.circuit.owner.resend(self, sent_ns)
        else:
            self._fail(ErrorKind.STALE, perf_counter_ns())

    def _fail(self, kind: ErrorKind, now: int) -> None:
        """Record the request as failed and give the connection up."""
        self._sample(kind, now)
        self.circuit.recorder.fail(kind, (self.due_ns, self.taken_ns, self.sent_ns), now, self._status)
        if self.served:
            self.circuit.recorder.reused += 1
        self.close()
        self._end()
        self.circuit.owner.spent(self, now, faulty=True)

    def _sample(self, kind: ErrorKind, now: int) -> None:
        recorder = self.circuit.recorder
        if recorder.wants_sample(kind):
            head, _, body = b"".join(self._head).partition(b"\r\n\r\n")
            request = self.circuit.request[:_SAMPLE_BYTES] if self.sent_ns else b""
            recorder.keep_sample(kind, now, request, head[:_SAMPLE_BYTES], body[:_SAMPLE_BYTES])

    def _end(self) -> None:
        """Leave nothing behind that would keep the transport or the parser alive."""
        self.over = True
        self.fast = self.wanted = False
        self.sent_ns = 0
        self._parser = None
        if self._transport is not None:
            self._transport.close()
        self._reset()

    def _reset(self) -> None:
        self._head = []
        self._head_size = self._body_size = self._reads = self._status = self._first_ns = 0
        self._head_done = self._complete = self._surplus = False
        self._keep = True
        self._body = None
