"""Streams of events: what is asked of one, and what happened on many, as mergeable counts.

A stream's life is not a latency: what is measured is when its first event comes, how the others follow, and whether
all of them come.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from loadbench_gui.core.histogram import Histogram

StreamKind: TypeAlias = Literal["chunked", "sse", "ndjson"]


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """How the body of an answer is read as a stream, and what counts as its end.

    kind: one event is a piece of the body as the server framed it, a server-sent event, or a line of JSON.
    events: how many a complete stream has; None: not known beforehand.
    until: the data of the event that ends a stream (`[DONE]`), or what its last event contains; "": there is none.
    content: where an event's JSON holds its content, keys and positions joined by dots (`choices.0.delta.content`);
        "": any data that is not blank is content.
    endless: it does not end by itself. When the window does, it is left; that is a success if an event had come.
    reconnects: how often a stream that was cut is taken up again, with `Last-Event-ID` where there was an id.
    upload_chunk_bytes: the request's body is sent in chunks of this size, without its length; 0: as one, with it.
    upload_every_s: pause between two of those chunks.
    """

    kind: StreamKind = "sse"
    events: int | None = None
    until: str = ""
    content: str = ""
    endless: bool = False
    reconnects: int = 0
    upload_chunk_bytes: int = 0
    upload_every_s: float = 0.0


@dataclass(frozen=True, slots=True)
class StreamTally:
    """Streams of one population, times in whole microseconds.

    headers: actual send -> end of the answer's head. first_event, first_content: actual send -> the first event, the
        first one with content. All streams that came so far, also those that were cut later.
    gap: from one event of a stream to the next, counted when the latter comes; 0 between events of one read.
    per_read: how many events came in each read that brought any (a count, not a time).
    longest_stall_us: the longest time an open stream was without an event, also where none followed.
    complete: ended as asked for. truncated: ended before that. left: endless ones that we left at the end.
    reconnected: how often a stream was taken up again: a new answer began. An attempt that got none is no such thing.
    """

    headers: Histogram = field(default_factory=Histogram)
    first_event: Histogram = field(default_factory=Histogram)
    first_content: Histogram = field(default_factory=Histogram)
    gap: Histogram = field(default_factory=Histogram)
    per_read: Histogram = field(default_factory=Histogram)
    longest_stall_us: int = 0
    events: int = 0
    complete: int = 0
    truncated: int = 0
    left: int = 0
    reconnected: int = 0

    def __add__(self, other: StreamTally) -> StreamTally:
        return StreamTally(
            self.headers + other.headers,
            self.first_event + other.first_event,
            self.first_content + other.first_content,
            self.gap + other.gap,
            self.per_read + other.per_read,
            max(self.longest_stall_us, other.longest_stall_us),
            self.events + other.events,
            self.complete + other.complete,
            self.truncated + other.truncated,
            self.left + other.left,
            self.reconnected + other.reconnected,
        )
