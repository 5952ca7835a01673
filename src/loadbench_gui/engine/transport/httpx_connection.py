"""A place whose requests are sent by httpx: HTTP/2, proxies, redirects, cookies and logins, on the same clocks.

To its issuer it is a connection like those of `http1`. An exchange is what one request comes to in the end: redirects
that are followed and a login that is asked for are parts of it, so a server may count more requests than were issued.
It was sent when the first of them was written and has ended with the last byte of the last answer; both are read at the
socket, so that what httpx itself takes in between is not mistaken for the server's time. How long it kept the loop busy
is evidence like any other, and what it costs shows in the generator's CPU time.
"""

from __future__ import annotations

import asyncio
from time import perf_counter_ns
from typing import Final, cast

from loadbench_gui.core.plan import Load
from loadbench_gui.core.request import Request
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.sampled import SAMPLE_BYTES
from loadbench_gui.engine.transport.carrier import STALE_WITHIN_NS, Carrier, Maker, Owner
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.dial import NotOpened
from loadbench_gui.engine.transport.httpx_errors import is_lost, name
from loadbench_gui.engine.transport.httpx_exchange import Exchange
from loadbench_gui.engine.transport.httpx_line import HttpxLine
from loadbench_gui.engine.transport.httpx_request import as_text, codings
from loadbench_gui.engine.transport.httpx_shared import Shared
from loadbench_gui.engine.transport.query import Query
from loadbench_gui.engine.transport.supply import Payload

_SWITCHING: Final = 101
_NOTHING: Final = Request()


def carriers(load: Load) -> Maker:
    """Return what makes the connections of `load`."""
    made: list[Shared] = []

    def make(circuit: Circuit, owner: Owner, place: int) -> Carrier:
        if not made:
            made.append(Shared(load, circuit))
        return HttpxConnection(made[0], circuit, owner, place)

    return make


class HttpxConnection:
    """One place and the request on it: see `carrier.Carrier`. `sent_ns` is 0 while there is none."""

    def __init__(self, shared: Shared, circuit: Circuit, owner: Owner, place: int) -> None:
        self._shared = shared
        self.circuit = circuit
        self.owner = owner
        self.place = place
        self.query, self._request = circuit.queries[0], _NOTHING
        self.due_ns = self.taken_ns = self.sent_ns = self._read_ns = 0
        self.over = self.resent = self.wanted = False
        self._line: HttpxLine | None = None
        self._opening: asyncio.Task[None] | None = None
        self._exchange: Exchange | None = None
        self._task: asyncio.Task[None] | None = None

    # State, as the owner sees it.

    @property
    def is_open(self) -> bool:
        """Whether a request can be written now."""
        return not self.over and self._opening is None and self._line is not None and self._line.is_open

    @property
    def opening(self) -> asyncio.Task[None] | None:
        """What opens it, while it is on the way to being open."""
        return self._opening

    @property
    def cargo(self) -> tuple[Query, Payload]:
        """What it carries, or carried last."""
        return self.query, self._request

    # What the owner asks for.

    def load(self, query: Query, payload: Payload) -> None:
        """Take the request that `send` sends next."""
        self.query, self._request = query, cast("Request", payload)

    def open(self) -> None:
        """Start to connect. Ends in `owner.opened`, or in the wanted request being sent, or in a failure."""
        self._opening = self.circuit.loop.create_task(self._open())

    def want(self, due_ns: int, taken_ns: int) -> None:
        """Carry a request as soon as it is open; start to connect if that has not begun."""
        self.due_ns, self.taken_ns = due_ns, taken_ns
        self.wanted = True
        if self._opening is None:
            self.open()

    def send(self, due_ns: int, taken_ns: int, sent_ns: int) -> None:
        """Have httpx send the request. `sent_ns` is made more exact when its first bytes are written.

        In a closed loop it was due when the answer before it was read: what httpx took for that is lag of ours.
        """
        if self._read_ns and due_ns == taken_ns == sent_ns and self._is_alike(self._read_ns, due_ns):
            due_ns = self._read_ns
        self.due_ns, self.taken_ns, self.sent_ns = due_ns, taken_ns, sent_ns
        self._task = self.circuit.loop.create_task(self._carry())

    def expire(self, now_ns: int) -> None:
        """Give the request up: it was sent longer than the timeout ago, or its connection took that long to open."""
        line, exchange, task = self._line, self._exchange, self._task
        written = exchange is not None and exchange.is_written
        if line is not None:
            # An answer that is given up still counts against what a multiplexed connection may hold.
            line.leave(self, retire=True)
        self._fail(ErrorKind.READ_TIMEOUT if written else ErrorKind.CONNECT_TIMEOUT, now_ns, "")
        if task is not None:
            task.cancel()

    def close(self) -> None:
        """End it without a word; a request on it is no longer accounted for here."""
        self.over = True
        for task in (self._opening, self._task):
            if task is not None:
                task.cancel()
        self._leave()

    def settle(self) -> None:
        """Report how many requests were answered."""
        if self._line is not None:
            self._line.settle()

    # For the line: see `httpx_line.User`

    def lost(self) -> None:
        """The line has ended while there was no request."""
        if not self.over and self._opening is None:
            self.over = True
            self._leave()
            self.owner.closed(self, was_free=True)

    def unasked(self) -> None:
        """Bytes came that nobody asked for: whatever comes next could not be told apart."""
        if self.over:
            return
        if self.wanted:
            self._fail(ErrorKind.PROTOCOL, perf_counter_ns(), "the server spoke before it was asked")
        else:
            was_free = self._opening is None
            self.close()
            self.owner.closed(self, was_free=was_free)

    # Inside

    async def _open(self) -> None:
        line = self._line = self._shared.lines.at(self.place)
        problem = None
        try:
            await line.open(self)
        except NotOpened as why:
            problem = why
        self._opening = None
        if self.over:
            return
        if problem is not None:
            self._cannot_open(problem.kind, str(problem))
        elif not line.is_open:
            self._cannot_open(ErrorKind.CLOSED_EARLY, "the server closed the connection")
        else:
            self.owner.opened(self)

    def _cannot_open(self, kind: ErrorKind, why: str) -> None:
        if self.wanted:
            self._fail(kind, perf_counter_ns(), why)
        else:
            self.over = True
            self._leave()
            self.owner.closed(self, was_free=False)

    async def _carry(self) -> None:
        shared, line = self._shared, self._line
        assert line is not None
        exchange = self._exchange = Exchange(
            line, shared.hub.settings, keeps=self._wants_body(line), on_written=self._written
        )
        try:
            request = shared.writer.write(self._request, self.query)
            await exchange.run(shared.hub.client(self.place), request, self._request.path)
        except Exception as problem:
            if not self.over:
                self._failed(exchange, problem, line)
        else:
            if not self.over:
                self._answered(exchange, line)

    def _written(self, at_ns: int) -> None:
        if not (self.resent or self.over):
            self.sent_ns = at_ns

    def _is_alike(self, earlier_ns: int, later_ns: int) -> bool:
        """Whether requests due at these times belong to the same population."""
        return not earlier_ns < self.circuit.recorder.window.begin_ns <= later_ns

    def _wants_body(self, line: HttpxLine) -> bool:
        query = self.query
        if query.check.reads_body:
            return True
        is_first = line.main is None or not line.main.served
        if query.check.samples_body and (query.sample_due or is_first):
            query.sample_due = False
            return True
        return False

    def _answered(self, exchange: Exchange, line: HttpxLine) -> None:
        """Judge a complete answer, record it, and hand the connection back."""
        if exchange.unasked or exchange.status == _SWITCHING or line.has_surplus:
            self._fail(ErrorKind.PROTOCOL, perf_counter_ns(), "more came than the answer to one request")
            return
        recorder = self.circuit.recorder
        # In the order in which they are recorded, which the recorder relies on; tasks may overtake each other a little.
        last_ns = self._shared.last_ns = max(self._shared.last_ns, line.clock.read_ns)
        wrong = self._judge(exchange)
        if wrong is not None:
            self._sample(wrong, last_ns, "")
            recorder.fail(wrong, self._stamps(), last_ns, exchange.status)
        else:
            recorder.rows.extend((*self._stamps(), exchange.first_ns, last_ns, exchange.status))
        line.used()
        self.sent_ns = 0
        self.resent = False
        if line.is_open:
            self._read_ns = last_ns
            self.owner.answered(self, perf_counter_ns())
            self._read_ns = 0
        else:
            line.count_closed()
            self.over = True
            self._leave()
            self.owner.spent(self, perf_counter_ns(), faulty=False)

    def _judge(self, exchange: Exchange) -> ErrorKind | None:
        query, response = self.query, exchange.response
        if query.check.status_is_wrong(exchange.status):
            return ErrorKind.BAD_STATUS
        if not exchange.keeps or query.bodiless or response is None:
            return None
        wrong = query.check.body_is_wrong(b"".join(exchange.body), codings(response))
        return ErrorKind.BAD_BODY if wrong else None

    def _failed(self, exchange: Exchange, problem: Exception, line: HttpxLine) -> None:
        """Tell a connection that the server had ended from a failure."""
        now, main = perf_counter_ns(), line.main
        saw_end = main is not None and main.saw_end
        in_time = main is not None and now - self.sent_ns <= main.opening_ns + STALE_WITHIN_NS
        is_kept = main is not None and main.served > 0
        if is_lost(problem, saw_end=saw_end) and is_kept and in_time and not exchange.was_heard:
            self.circuit.recorder.connections.stale += 1
            if self.query.idempotent and not self.resent:
                sent_ns, self.sent_ns, self.over = self.sent_ns, 0, True
                self._leave()
                self.owner.resend(self, sent_ns)
            else:
                self._fail(ErrorKind.STALE, now, "the server had ended the connection")
        else:
            kind, why = name(problem, saw_end=saw_end)
            self._fail(kind, now, why)

    def _fail(self, kind: ErrorKind, now: int, why: str) -> None:
        """Record the request as failed and give the connection up. why: what there is to say beside the class."""
        recorder, exchange = self.circuit.recorder, self._exchange
        self._sample(kind, now, why)
        recorder.fail(kind, self._stamps(), now, exchange.status if exchange is not None else 0)
        if self._line is not None and self._line.main is not None and self._line.main.served:
            recorder.connections.reused += 1
        self.over = True
        self.wanted = False
        self.sent_ns = 0
        self._leave()
        self.owner.spent(self, now, faulty=True)

    def _stamps(self) -> tuple[int, int, int]:
        """Return when the request was due, taken up and sent; 0 if it was never written."""
        was_written = self.resent or (self._exchange is not None and self._exchange.is_written)
        return self.due_ns, self.taken_ns, self.sent_ns if was_written else 0

    def _sample(self, kind: ErrorKind, now: int, why: str) -> None:
        recorder, exchange = self.circuit.recorder, self._exchange
        if not recorder.wants_sample(kind):
            return
        request, head, body = b"", b"", b""
        if exchange is not None and exchange.is_written:
            request = as_text(self._request, self.circuit.target.authority)
            head, body = exchange.as_text()
        if why and not head:
            head = f"(no answer: {why})".encode()
        recorder.keep_sample(kind, now, request[:SAMPLE_BYTES], head[:SAMPLE_BYTES], body[:SAMPLE_BYTES])

    def _leave(self) -> None:
        if self._line is not None:
            self._line.leave(self, retire=False)
