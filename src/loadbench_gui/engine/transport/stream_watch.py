"""Watching a stream's events: how many came, when, whether one has content, and whether it was the last."""

from __future__ import annotations

from loadbench_gui.core.events.content import ContentPath
from loadbench_gui.core.events.ndjson import LineReader
from loadbench_gui.core.events.sse import SseReader
from loadbench_gui.core.streaming import StreamSettings
from loadbench_gui.engine.stream_record import StreamRecord
from loadbench_gui.engine.transport.stream_course import LONGEST_WAIT_S, NO_CONTENT, Course


class EventWatch:
    """One object serves all the streams of a connection, one after the other; `begin` starts the next."""

    __slots__ = (
        "_before",
        "_content",
        "_due_ns",
        "_is_in_line",
        "_reader",
        "_record",
        "_seeks",
        "_sent_ns",
        "_settings",
        "_until",
        "course",
    )

    def __init__(self, settings: StreamSettings, record: StreamRecord) -> None:
        self._settings = settings
        self._record = record
        self._content = ContentPath(settings.content)
        self._until = settings.until.encode()
        # Where it has no line feed, it lies in a line, and so in the bytes as they came.
        self._is_in_line = b"\n" not in self._until
        self._due_ns = self._sent_ns = 0
        # Events that came before the stream was taken up again, and whether it is yet to be seen where it goes on.
        self._before = 0
        self._seeks = False
        self._reader: SseReader | LineReader = LineReader()
        self.course = Course()

    def begin(self, course: Course, due_ns: int, sent_ns: int) -> None:
        """Watch another stream, or the rest of one."""
        self.course = course
        self._due_ns, self._sent_ns = due_ns, sent_ns
        self._before, self._seeks = course.events, bool(course.last_id)
        if self._settings.kind == "sse":
            self._reader = SseReader(course.last_id, tracks=self._settings.reconnects > 0)
        else:
            self._reader = LineReader()

    @property
    def has_enough(self) -> bool:
        """Whether all has come that was asked for, and something was."""
        settings, course = self._settings, self.course
        if settings.events is None:
            return course.ended
        return course.events >= settings.events and (course.ended or not self._until)

    @property
    def has_too_many(self) -> bool:
        """Whether more events have come than a complete stream has."""
        return self._settings.events is not None and self.course.events > self._settings.events

    @property
    def is_served(self) -> bool:
        """Whether what has come is a complete stream, if this is its end. One without any event was none."""
        if self._settings.events is None and not self._until:
            return self.course.events > 0
        return self.has_enough

    @property
    def so_far(self) -> str:
        """Say in words how far the stream has come."""
        wanted, events = self._settings.events, self.course.events
        came = f"{events:,} events had come" if wanted is None else f"{events:,} of {wanted:,} events had come"
        return f"{came}, not the one that ends the stream" if self._until and not self.course.ended else came

    def head(self, status: int, now_ns: int) -> None:
        """The head of the answer is complete; where it goes on with a stream that was cut, that is taken up again."""
        course = self.course
        if course.reconnects and status != NO_CONTENT:
            self._record.count("reconnected", self._due_ns)
            if not course.last_id:
                # Nobody said how far it had come.
                course.forget(self._before)
        if not course.head_ns:
            course.head_ns, course.status = now_ns, status
            course.since_ns = -now_ns
            self._record.heads.extend((self._due_ns, now_ns - self._sent_ns))

    def body(self, data: bytes, now_ns: int) -> None:
        """Take in what one read brought of a body whose events are its own. Raises `TooLong`."""
        reader = self._reader
        if self._must_look(data):
            self.events(reader.feed(data), now_ns)
        elif events := reader.count(data):
            self._came(events, now_ns)

    def events(self, events: list[bytes], now_ns: int) -> None:
        """Take in the events that one read completed."""
        if not events:
            return
        course = self.course
        self._came(len(events), now_ns)
        if not course.has_content and any(self._content.is_in(data) for data in events):
            course.has_content = True
            self._record.first_contents.extend((self._due_ns, now_ns - self._sent_ns))
        if self._until and any(self._until in data for data in events):
            course.ended = True

    def end(self, now_ns: int) -> None:
        """The body has ended in good order: what was left may be an event."""
        self.events(self._reader.end(), now_ns)

    def interrupt(self) -> None:
        """The stream was cut and is going to be taken up again."""
        course, reader = self.course, self._reader
        course.reconnects += 1
        if isinstance(reader, SseReader):
            course.last_id = reader.last_id
            course.first_id = course.first_id or reader.first_id
            if reader.retry_ms is not None:
                course.wait_s = min(LONGEST_WAIT_S, reader.retry_ms / 1000)

    def stop(self, now_ns: int) -> None:
        """Nothing more comes: that it was without an event until now may have been its longest stall."""
        if self.course.since_ns:
            self._record.arrivals.extend((self.course.since_ns, now_ns, 0))

    def _must_look(self, data: bytes) -> bool:
        """Whether an event that `data` completes has to be seen, and not only counted."""
        if not self.course.has_content:
            return True
        if not self._until:
            return False
        return not self._is_in_line or not self._reader.is_between or self._until in data

    def _came(self, events: int, now_ns: int) -> None:
        course, record = self.course, self._record
        if self._seeks:
            self._find_place(course)
        record.arrivals.extend((course.since_ns, now_ns, events))
        course.since_ns = now_ns
        course.events += events
        if not course.first_event_ns:
            course.first_event_ns = now_ns
            record.first_events.extend((self._due_ns, now_ns - self._sent_ns))

    def _find_place(self, course: Course) -> None:
        """See by the first id that comes where a stream goes on: behind the last event, with it, or where it began."""
        reader = self._reader
        first_id = reader.first_id if isinstance(reader, SseReader) else b""
        if not first_id:
            return
        self._seeks = False
        if first_id == course.first_id:
            course.forget(self._before)
        elif first_id == course.last_id:
            course.events -= 1
