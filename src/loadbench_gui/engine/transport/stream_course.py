"""How far a stream came: over one connection, or over several where it is taken up again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

NO_CONTENT: Final = 204
"""What a server answers so that a client does not come back."""
USUAL_WAIT_S: Final = 0.1
LONGEST_WAIT_S: Final = 10.0
_LAST_ID: Final = re.compile(rb"\r\nLast-Event-ID:[^\r\n]*", re.IGNORECASE)


class Course:
    """One stream; times in perf_counter nanoseconds, 0 for what has not come.

    events: that came of it; where its server begins anew, since then. since_ns: when the last one did; negative: none
        did, and the stream is open since then.
    ended: the event that ends it has come. enough_ns: when all that was asked for had come.
    has_content: an event with content has come. left: we left it, as the load ended.
    reconnects: how often it was taken up again. last_id: what is sent then. first_id: the first id that came at all.
    wait_s: how long we wait before it is taken up again.
    status: of its first answer.
    """

    __slots__ = (
        "ended", "enough_ns", "events", "first_body_ns", "first_event_ns", "first_id", "has_content", "head_ns",
        "last_id", "left", "reconnects", "since_ns", "status", "wait_s",
    )  # fmt: skip

    def __init__(self) -> None:
        self.events = self.reconnects = self.status = 0
        self.head_ns = self.first_body_ns = self.first_event_ns = self.since_ns = self.enough_ns = 0
        self.has_content = self.ended = self.left = False
        self.first_id = self.last_id = b""
        self.wait_s = USUAL_WAIT_S

    def forget(self, events: int) -> None:
        """Its server tells it from the beginning: `events` that came before do not count towards it any more."""
        self.events -= events
        self.ended = False


@dataclass(frozen=True, slots=True)
class Resumption:
    """What a fresh connection is given to carry on with: the request as it was, and how far its stream has come."""

    request: bytes
    course: Course


def with_last_id(request: bytes, last_id: bytes) -> bytes:
    """Return `request` with `Last-Event-ID: last_id` in place of any it had; without an id, as it is."""
    if not last_id:
        return request
    head, end, body = request.partition(b"\r\n\r\n")
    return b"%b\r\nLast-Event-ID: %b%b%b" % (_LAST_ID.sub(b"", head), last_id, end, body)
