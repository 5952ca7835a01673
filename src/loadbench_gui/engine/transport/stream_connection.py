"""Streams over HTTP/1.1: a request whose answer is read as events, one stream at a time on a connection.

A stream has ended when its answer has, or when all that was asked for has come: then the end of the answer is waited
for a moment, so that the connection can carry the next one, and else it is closed. What was cut is taken up again on a
fresh connection where that is asked for; until then this one holds the request's place.
"""

from __future__ import annotations

import asyncio
from time import perf_counter_ns
from typing import Final, cast

from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.sampled import SAMPLE_BYTES
from loadbench_gui.engine.stream_record import StreamRecord
from loadbench_gui.engine.transport.carrier import Cargo, Owner
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.line import LONG_READ_BYTES
from loadbench_gui.engine.transport.query import Query
from loadbench_gui.engine.transport.stream_course import Course, Resumption, with_last_id
from loadbench_gui.engine.transport.stream_reply import ChunkReply, StreamReply
from loadbench_gui.engine.transport.stream_upload import ChunkingConnection
from loadbench_gui.engine.transport.stream_verdict import CUT, is_worth_another, outlives, verdict
from loadbench_gui.engine.transport.stream_watch import EventWatch
from loadbench_gui.engine.transport.supply import Payload

LINGER_S: Final = 0.1
"""How long the end of an answer is waited for, once all that was asked for has come."""
MOST_REFUSED_BYTES: Final = 64 << 10
"""What is read of a body that is no stream, for the connection's sake."""


class StreamConnection(ChunkingConnection):
    """One connection and the stream on it.

    While a stream waits to be taken up again, its connection is `over` and has still got its `sent_ns`.
    """

    __slots__ = (
        "_heard_ns", "_later", "_record", "_resumed", "_stream", "_unresumed", "_uploaded_bytes", "_watch",
    )  # fmt: skip

    def __init__(self, circuit: Circuit, owner: Owner, place: int) -> None:
        super().__init__(circuit, owner, place)
        self._record = cast("StreamRecord", circuit.recorder.side)
        self._watch = EventWatch(self._settings, self._record)
        reply = ChunkReply if self._settings.kind == "chunked" else StreamReply
        self._reply = self._stream = reply(circuit, self._watch)
        self._resumed: Course | None = None
        # The request as it was before it said how far its stream had come.
        self._unresumed = b""
        self._heard_ns = self._uploaded_bytes = 0
        self._later: asyncio.TimerHandle | None = None

    # What the owner asks for

    @property
    def cargo(self) -> Cargo:
        """What it carries; with how far that has come, while it waits to be taken up again."""
        if self.over and self.sent_ns and self._later is not None:
            return self.query, Resumption(self._unresumed or self.request, self._watch.course)
        return self.query, self._unresumed or self.request

    def load(self, query: Query, payload: Payload) -> None:
        """Take what `send` writes next: a request, or the rest of a stream."""
        self._unresumed = b""
        if isinstance(payload, Resumption):
            self._resumed = payload.course
            payload = payload.request
        super().load(query, payload)

    def send(self, due_ns: int, taken_ns: int, sent_ns: int) -> None:
        """Write the request."""
        course, self._resumed = self._resumed, None
        if self._unresumed:
            self.request, self._unresumed = self._unresumed, b""
        if course is not None:
            self._unresumed = self.request
            self.request = with_last_id(self.request, course.last_id)
        self._heard_ns = sent_ns if course is None else perf_counter_ns()
        self._uploaded_bytes = 0
        self._stream.begin(course or Course(), due_ns, sent_ns)
        super().send(due_ns, taken_ns, sent_ns)

    def expire(self, now_ns: int) -> None:
        """Give the stream up if it has been silent for longer than the timeout. Opening has a limit of its own."""
        if self.wanted or self.over:
            return
        upload = self._upload
        if upload is not None and (upload.rests or self._uploaded_bytes != upload.sent_bytes):
            self._uploaded_bytes, self._heard_ns = upload.sent_bytes, now_ns
        if now_ns - self._heard_ns > self.circuit.recorder.timeout_ns:
            super().expire(now_ns)

    def conclude(self, now_ns: int) -> None:
        """The load is over: leave a stream of which at least one event came in its time.

        When this is called, it has been over for up to a tick.
        """
        course = self._course
        if self.sent_ns and course is not None and 0 < course.first_event_ns < self.circuit.recorder.counted_until_ns:
            course.left = True
            self._watch.course = course
            self._record.count("left", self.due_ns)
            self._answered(now_ns)

    def close(self) -> None:
        """End it without a word, in the middle of a stream as well, or while it waits to be taken up again."""
        if self.sent_ns and (course := self._course) is not None and not course.left:
            self._watch_last(course, perf_counter_ns())
        super().close()
        self._wait_no_more()

    # Inside

    @property
    def _course(self) -> Course | None:
        """How far the stream under way has come; None while its request has not been sent for the first time."""
        return self._resumed if self.wanted else self._watch.course

    def parse(self, data: bytes) -> None:
        """Take bytes in, and see whether all that was asked for has come."""
        now = perf_counter_ns()
        if self.sent_ns and not self.over and not self.wanted:
            if now - self._heard_ns > self.circuit.recorder.timeout_ns:
                # A late look at the sockets does not make the server less late.
                self.circuit.recorder.bytes_received += len(data)
                self._fail(ErrorKind.READ_TIMEOUT, now)
                return
            if not self._stream.is_refused:
                self._heard_ns = now
        super().parse(data)
        if self.sent_ns and not self.over and self._stream.reads:
            self._look_for_enough(now)
        if len(data) >= LONG_READ_BYTES:
            self.breathe(now)

    def _look_for_enough(self, now: int) -> None:
        stream, course = self._stream, self._watch.course
        if stream.is_refused:
            if stream.refused_bytes > MOST_REFUSED_BYTES:
                self._answered(now)
        elif course.enough_ns:
            # The body goes on.
            self._answered(now)
        elif stream.status and self._watch.has_enough:
            course.enough_ns = now
            self._later = self.circuit.loop.call_later(LINGER_S, self._let_go)

    def _let_go(self) -> None:
        if not self.over and self.sent_ns:
            self._answered(perf_counter_ns())

    def _answered(self, now: int, data: bytes = b"") -> None:
        """Judge a stream that has ended, one way or another, and hand the connection back."""
        self._wait_no_more()
        if self._stream.is_complete and not self._stream.is_refused:
            self._watch.end(now)
        course = self._watch.course
        wrong, why = verdict(self._stream, self._watch)
        if wrong is ErrorKind.INCOMPLETE and is_worth_another(self._stream, course, self._settings):
            self._take_up_again()
            return
        recorder = self.circuit.recorder
        recorder.bytes_sent += self._written()
        if wrong is None:
            self._succeed(now)
        else:
            self._sample(wrong, now, why)
            recorder.fail(wrong, (self.due_ns, self.taken_ns, self.sent_ns), now, self._stream.status)
            if wrong is ErrorKind.INCOMPLETE:
                self._record.count("truncated", self.due_ns)
            self._watch.stop(now)
        if self.served:
            recorder.connections.reused += 1
        self.served += 1
        self._hand_back(now)

    def _hand_back(self, now: int) -> None:
        if self.over or not self._stays():
            self._end()
            self.owner.spent(self, now, faulty=False)
            return
        self.sent_ns = 0
        self.resent = False
        self._stream.reset()
        self.owner.answered(self, now)

    def _succeed(self, now: int) -> None:
        """Record it. One that was left ends with the window, and one that we let go when it had all."""
        recorder, course = self.circuit.recorder, self._watch.course
        last = now
        if course.left:
            last = min(now, recorder.counted_until_ns - 1)
        elif not self._stream.is_complete:
            last = course.enough_ns
        first_event = course.first_event_ns or last
        first = course.first_body_ns or last
        stamps = (self.due_ns, self.taken_ns, self.sent_ns, first, first_event, last, course.status)
        recorder.streams.extend(stamps)
        self._record.count("complete", self.due_ns)
        self._watch.stop(last)

    def _fail(self, kind: ErrorKind, now: int, why: str = "") -> None:
        """Record the stream as failed, unless it can be taken up again."""
        course = self._course
        if course is not None and course.enough_ns and kind in CUT:
            self._answered(now)
            return
        if course is not None and not self._stream.is_refused and outlives(kind, course, self._settings):
            self._take_up_again()
            return
        if course is not None and course.head_ns:
            self._record.count("truncated", self.due_ns)
            why = f"{why}; {self._watch.so_far}" if why else self._watch.so_far
        super()._fail(kind, now, why)

    # Taking a stream up again

    def _take_up_again(self) -> None:
        """Give the connection up, and have a fresh one opened for the rest after a while."""
        if self.wanted:
            assert self._resumed is not None
            self._watch.course = self._resumed
        else:
            self.circuit.recorder.bytes_sent += self._written()
            if self.served:
                self.circuit.recorder.connections.reused += 1
            self.served += 1
        self._watch.interrupt()
        sent_ns = self.sent_ns
        self._end()
        self.sent_ns = sent_ns
        self._later = self.circuit.loop.call_later(self._watch.course.wait_s, self._resume)

    def _resume(self) -> None:
        sent_ns = self.sent_ns
        if sent_ns:
            self.owner.resend(self, sent_ns)
            self.sent_ns = 0
        self._later = None

    # What there is to say

    def _sample(self, kind: ErrorKind, now: int, why: str = "") -> None:
        head, end, _ = self._stream.head.partition(b"\r\n\r\n")
        recorder = self.circuit.recorder
        if not end or not recorder.wants_sample(kind):
            super()._sample(kind, now, why)
            return
        note = f"\n({why})".encode() if why else b""
        body = self._stream.start[: SAMPLE_BYTES - len(note)] + note
        recorder.keep_sample(kind, now, self.request[:SAMPLE_BYTES], head[:SAMPLE_BYTES], body)

    def _written(self) -> int:
        return 0 if self.over or self.wanted else super()._written()

    def _stays(self) -> bool:
        """Whether the connection can carry another stream: it cannot where this one is not over for the server."""
        if self._stream.is_complete:
            return super()._stays()
        if self._upload is not None or self.wanted:
            self.cut()
        return False

    def _end(self) -> None:
        self._wait_no_more()
        super()._end()

    def _watch_last(self, course: Course, now: int) -> None:
        """It is without an event since the last one, and no other will come."""
        self._watch.course = course
        self._watch.stop(now)

    def _wait_no_more(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
