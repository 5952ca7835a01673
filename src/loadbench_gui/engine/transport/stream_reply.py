"""The answer that is a stream: its head is read like any other, its body goes to whoever watches the events."""

from __future__ import annotations

from collections.abc import Callable

from httptools import HttpResponseParser

from loadbench_gui.core.events.bounds import LONGEST_EVENT_BYTES, TooLong
from loadbench_gui.engine.sampled import SAMPLE_BYTES
from loadbench_gui.engine.transport.circuit import Circuit
from loadbench_gui.engine.transport.coding import Undecodable
from loadbench_gui.engine.transport.framing import codings, final_head
from loadbench_gui.engine.transport.reply import LONGEST_HEAD, Malformed, Reply
from loadbench_gui.engine.transport.stream_coding import Unfolding
from loadbench_gui.engine.transport.stream_course import NO_CONTENT, Course
from loadbench_gui.engine.transport.stream_watch import EventWatch


class StreamReply(Reply):
    """Bytes in by `feed`; events come out on the other side, in `EventWatch`.

    is_refused: its status is wrong, so its body is no stream. refused_bytes: of that body. start: the body's beginning.
    on_body: called by the parser with each piece of the body; a list's own method where nobody keeps the whole.
    """

    __slots__ = ("_framing_bytes", "_pieces", "_unfolding", "_watch", "is_refused", "on_body", "refused_bytes", "start")

    def __init__(self, circuit: Circuit, watch: EventWatch) -> None:
        super().__init__(circuit)
        self._watch = watch
        self._pieces: list[bytes] = []
        self.on_body: Callable[[bytes], None] = self._keep_piece if circuit.looks_inside else self._pieces.append
        self._start()

    @property
    def is_complete(self) -> bool:
        """Whether its end has come."""
        return self._complete

    @property
    def is_checked(self) -> bool:
        """No two streams are alike: an answer is never remembered."""
        return False

    def begin(self, course: Course, due_ns: int, sent_ns: int) -> None:
        """Make ready for another stream, or for the rest of one."""
        self._start()
        self._watch.begin(course, due_ns, sent_ns)

    def feed(self, data: bytes, now_ns: int, *, is_first: bool) -> bool:
        """Take bytes in and return whether the answer is complete now. Raises `Malformed`.

        Also where there is more between two pieces of the body, or behind the last one, than anybody has to say there.
        """
        if self._parser is None:
            self._parser = HttpResponseParser(self)
        knew_head = self._head_done
        try:
            return super().feed(data, now_ns, is_first=is_first)
        finally:
            if self._head_done:
                if not knew_head:
                    self._read_head(now_ns)
                if self._pass_on(now_ns) or not knew_head:
                    self._framing_bytes = 0
                else:
                    self._framing_bytes += len(data)
                if self._framing_bytes > LONGEST_HEAD:
                    raise Malformed

    def _start(self) -> None:
        self._pieces.clear()
        self._unfolding: Unfolding | None = None
        self.is_refused = False
        self.refused_bytes = self._framing_bytes = 0
        self.start = b""

    def _read_head(self, now_ns: int) -> None:
        goes_on = self.status == NO_CONTENT and self._watch.course.reconnects > 0
        self.is_refused = self.query.check.status_is_wrong(self.status) and not goes_on
        if self.is_refused:
            return
        self._watch.head(self.status, now_ns)
        if coded := codings(final_head(self._head)[0]):
            try:
                self._unfolding = Unfolding(coded)
            except Undecodable as problem:
                raise Malformed from problem

    def _pass_on(self, now_ns: int) -> bool:
        """Hand on what this read brought of the body, and return whether it brought any."""
        pieces = self._pieces
        if not pieces:
            return False
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self._note(data, now_ns)
        if self.is_refused:
            self.refused_bytes += len(data)
            return True
        try:
            self._watch_body(data if self._unfolding is None else self._unfolding.unfold(data), now_ns)
        except (TooLong, Undecodable) as problem:
            raise Malformed from problem
        return True

    def _watch_body(self, data: bytes, now_ns: int) -> None:
        self._watch.body(data, now_ns)

    def _note(self, data: bytes, now_ns: int) -> None:
        course = self._watch.course
        course.first_body_ns = course.first_body_ns or now_ns
        if len(self.start) < SAMPLE_BYTES:
            self.start += data[: SAMPLE_BYTES - len(self.start)]

    def _keep_piece(self, data: bytes) -> None:
        self._pieces.append(data)
        self.take_body(data)


class ChunkReply(StreamReply):
    """Events are the chunks of the body as the server framed them; where it has none, what each read brings.

    A chunk that comes in many reads is gathered in one place, up to the bound of an event: only its beginning is ever
    looked at.
    """

    __slots__ = ("_begun", "_begun_bytes", "_chunks", "_is_chunked")

    def _start(self) -> None:
        super()._start()
        self._chunks: list[bytes] = []
        self._begun = bytearray()
        self._begun_bytes = 0
        self._is_chunked = False

    def _pass_on(self, now_ns: int) -> bool:
        if not self._is_chunked:
            return super()._pass_on(now_ns)
        chunks, self._chunks = self._chunks, []
        if self._pieces:
            self._gather()
        elif not chunks:
            return False
        if len(self.start) < SAMPLE_BYTES:
            self._note((b"".join(chunks) + self._begun)[self._begun_bytes :], now_ns)
        if self.is_refused:
            self.refused_bytes += sum(map(len, chunks)) + len(self._begun) - self._begun_bytes
        else:
            self._watch.events(chunks, now_ns)
        self._begun_bytes = len(self._begun)
        return True

    def _watch_body(self, data: bytes, now_ns: int) -> None:
        self._watch.events([data] if data else [], now_ns)

    def _gather(self) -> None:
        self._begun += b"".join(self._pieces)[: LONGEST_EVENT_BYTES - len(self._begun)]
        self._pieces.clear()

    # The parser's calls

    def on_chunk_header(self) -> None:
        """There are chunks."""
        self._is_chunked = True

    def on_chunk_complete(self) -> None:
        """One is complete; the last one of a body is empty and no event."""
        if self._begun:
            self._gather()
            self._chunks.append(bytes(self._begun))
            self._begun.clear()
        elif self._pieces:
            self._chunks.append(b"".join(self._pieces))
            self._pieces.clear()
