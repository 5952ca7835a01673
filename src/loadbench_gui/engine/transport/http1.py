"""HTTP/1.1 over one TCP or TLS connection: send pre-encoded bytes, recognise the response, keep the clock.

Two paths lead to the same record. Every kind of response is parsed by llhttp (`parse`). A response that came in one
read, was found right and left the connection open is remembered by its query, and a read that is equal to it byte
for byte is, by definition, parsed the same: it is recorded without a parser. Nothing but equality is trusted, so a
changed date, length or body goes through the parser, and is remembered in turn.

A `Connection` lives as long as its `Line`. It never decides what to send next: its owner does.
"""

from __future__ import annotations

from time import perf_counter_ns
from typing import Final

from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.sampled import SAMPLE_BYTES
from loadbench_gui.engine.transport.carrier import STALE_WITHIN_NS, Cargo, Owner
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.farewell import is_announced
from loadbench_gui.engine.transport.line import Line
from loadbench_gui.engine.transport.opening import classify, explain
from loadbench_gui.engine.transport.query import Query
from loadbench_gui.engine.transport.reply import Malformed, Reply
from loadbench_gui.engine.transport.supply import Payload

LONGEST_WHOLE: Final = 64 << 10
"""Nothing longer is recognised, be it the answer or the request: a long request may be answered before it has left,
and only the parser's path looks at that."""


class Connection(Line):
    """One connection and the request on it. `sent_ns` is 0 while there is none.

    query, request: what it carries, or carried last, and the very bytes.
    fast: the parser stands at the start of a message and an answer was parsed on this connection before.
    wanted: a request waits for this connection to open. resent: its request was lost once by a stale connection.
    """

    __slots__ = (
        "_reply",
        "due_ns",
        "fast",
        "owner",
        "place",
        "query",
        "request",
        "resent",
        "sent_ns",
        "served",
        "taken_ns",
        "wanted",
    )

    def __init__(self, circuit: Circuit, owner: Owner, place: int) -> None:
        super().__init__(circuit)
        self.owner = owner
        self.place = place
        self.query = circuit.queries[0]
        self.request: bytes = self.query.wire
        self.due_ns = self.taken_ns = self.sent_ns = 0
        self.fast = self.resent = self.wanted = False
        self.served = 0
        self._reply = Reply(circuit)

    @property
    def cargo(self) -> Cargo:
        """What it carries, or carried last: the query, and the very bytes."""
        return self.query, self.request

    # What the owner asks for.

    def load(self, query: Query, payload: Payload) -> None:
        """Take the bytes that `send` writes next; without it, it writes the same again."""
        self.query, self.request = query, payload

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
            write(self.request)
        except (RuntimeError, OSError):
            # The transport knows that it is closed before we were told: nothing was written.
            self.circuit.loop.call_soon(self._is_lost, ConnectionResetError())

    def expire(self, now_ns: int) -> None:
        """Give the request up: it was sent longer than the timeout ago."""
        self._fail(ErrorKind.READ_TIMEOUT, now_ns)

    def close(self) -> None:
        """End it without a word; a request on it is no longer accounted for here, but for its bytes."""
        if self.sent_ns and not self.over and not self.wanted:
            self.circuit.recorder.bytes_sent += self._written()
        self.settle()
        self.fast = False
        self.cut()

    def settle(self) -> None:
        """Report how many requests it has answered, once: when it ends or when the run does."""
        self.circuit.recorder.connections.serve(self.port, self.served)
        self.port = 0

    # asyncio.Protocol

    def data_received(self, data: bytes) -> None:
        """Take bytes in by the parser; subclasses put their fast path before this."""
        self.parse(data)

    def eof_received(self) -> None:
        """An end of file completes a response that nothing else delimits, if it is the server's."""
        if self._transport is None or not self.sent_ns or self.over or not is_announced(self._transport):
            return
        if self._reply.end():
            self._answered(perf_counter_ns())

    # Inside

    def _is_open_now(self) -> None:
        self.owner.opened(self)

    def _is_not_opened(self, kind: ErrorKind, why: str) -> None:
        if self.wanted:
            self._fail(kind, perf_counter_ns(), why)
        else:
            self.over = True
            self.owner.closed(self, was_free=False)

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
        self._reply.query = self.query
        try:
            complete = self._reply.feed(data, now, is_first=not self.served)
        except Malformed:
            self._fail(ErrorKind.PROTOCOL, now)
            return
        if complete:
            self._answered(now, data)

    def _unasked(self, now: int) -> None:
        if self.wanted:
            self._fail(ErrorKind.PROTOCOL, now)
        else:
            was_free = self._opening is None
            self.close()
            self.owner.closed(self, was_free=was_free)

    def _written(self) -> int:
        """Return how many bytes of the request were written."""
        return len(self.request)

    def _stays(self) -> bool:
        """Whether the connection can carry another request after the answer that is complete now.

        It cannot where the answer came before the request had left: the next one would stand behind the rest of it.
        """
        if not self._reply.keep:
            self.circuit.recorder.connections.closed_by_server += 1
        return self._reply.keep and not self.has_unsent

    def _answered(self, now: int, data: bytes = b"") -> None:
        """Judge a complete response, record it, and hand the connection back."""
        recorder, reply = self.circuit.recorder, self._reply
        recorder.bytes_sent += self._written()
        wrong = reply.judge()
        if wrong is not None:
            self._sample(wrong, now)
            recorder.fail(wrong, (self.due_ns, self.taken_ns, self.sent_ns), now, reply.status)
        else:
            recorder.rows.extend((self.due_ns, self.taken_ns, self.sent_ns, reply.first_ns, now, reply.status))
        if self.served:
            recorder.connections.reused += 1
        self.served += 1
        if not self._stays():
            self._end()
            self.owner.spent(self, now, faulty=False)
            return
        longest = max(len(data), len(self.request))
        if wrong is None and reply.reads == 1 and longest <= LONGEST_WHOLE and reply.is_checked:
            self.query.remember(data, reply.status)
        self.sent_ns = 0
        self.resent = False
        reply.reset()
        self.fast = True
        self.owner.answered(self, now)

    def _is_lost(self, exc: Exception | None) -> None:
        """Tell a free connection's end from a request's."""
        if self.over:
            return
        recorder = self.circuit.recorder
        if not self.sent_ns:
            if self._opening is None:
                self.settle()
                self.over = True
                self.fast = False
                recorder.connections.closed_by_server += 1
                self.owner.closed(self, was_free=True)
            return
        now = perf_counter_ns()
        if self.served and not self._reply.reads and now - self.sent_ns <= self._opening_ns + STALE_WITHIN_NS:
            self._lost_stale()
        elif exc is None:
            self._fail(ErrorKind.CLOSED_EARLY, now)
        else:
            self._fail(classify(exc, connecting=False), now, explain(exc))

    def _lost_stale(self) -> None:
        recorder = self.circuit.recorder
        recorder.connections.stale += 1
        if self.query.idempotent and not self.resent:
            sent_ns = self.sent_ns
            recorder.bytes_sent += self._written()
            self._end()
            self.owner.resend(self, sent_ns)
        else:
            self._fail(ErrorKind.STALE, perf_counter_ns())

    def _fail(self, kind: ErrorKind, now: int, why: str = "") -> None:
        """Record the request as failed and give the connection up. why: what there is to say beside the class."""
        self._sample(kind, now, why)
        self.circuit.recorder.fail(kind, (self.due_ns, self.taken_ns, self.sent_ns), now, self._reply.status)
        if self.served:
            self.circuit.recorder.connections.reused += 1
        self.close()
        self._end()
        self.owner.spent(self, now, faulty=True)

    def _sample(self, kind: ErrorKind, now: int, why: str = "") -> None:
        recorder = self.circuit.recorder
        if recorder.wants_sample(kind):
            head, _, body = self._reply.head.partition(b"\r\n\r\n")
            if why and not head:
                head = f"(no answer: {why})".encode()
            request = self.request[:SAMPLE_BYTES] if self.sent_ns else b""
            recorder.keep_sample(kind, now, request, head[:SAMPLE_BYTES], body[:SAMPLE_BYTES])

    def _end(self) -> None:
        """Leave nothing behind that would keep the transport or the parser alive."""
        self.settle()
        self.over = True
        self.fast = self.wanted = False
        self.sent_ns = 0
        self.leave()
        self._reply.forget()
