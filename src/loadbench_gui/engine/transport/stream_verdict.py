"""Judging a stream that has ended: whether all came that was asked for, and whether it is asked for once more."""

from __future__ import annotations

from typing import Final

from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.core.streaming import StreamSettings
from loadbench_gui.engine.transport.stream_course import NO_CONTENT, Course
from loadbench_gui.engine.transport.stream_reply import StreamReply
from loadbench_gui.engine.transport.stream_watch import EventWatch

CUT: Final = frozenset({ErrorKind.CLOSED_EARLY, ErrorKind.RESET})
_UNREACHABLE: Final = frozenset({ErrorKind.CONNECT_REFUSED, ErrorKind.CONNECT_FAILED})


def verdict(stream: StreamReply, watch: EventWatch) -> tuple[ErrorKind | None, str]:
    """Return what is wrong with a stream whose end has come, or that was let go, and what there is to say about it."""
    course = watch.course
    if course.left:
        return None, ""
    if stream.is_refused:
        return ErrorKind.BAD_STATUS, ""
    if stream.is_complete and watch.has_too_many:
        return ErrorKind.BAD_BODY, watch.so_far
    if not watch.is_served:
        return ErrorKind.INCOMPLETE, watch.so_far
    return (stream.judge() if course.reconnects == 0 else None), ""


def outlives(kind: ErrorKind, course: Course, settings: StreamSettings) -> bool:
    """Whether a stream is taken up again that was lost in the middle, or could not be asked for again."""
    if course.reconnects >= settings.reconnects:
        return False
    return kind in CUT or (course.reconnects > 0 and kind in _UNREACHABLE)


def is_worth_another(stream: StreamReply, course: Course, settings: StreamSettings) -> bool:
    """Whether an answer that ended in good order, but too soon, is asked for again, as an EventSource would."""
    if settings.kind != "sse" or stream.status == NO_CONTENT:
        return False
    asked = settings.events is not None or bool(settings.until)
    return asked and course.reconnects < settings.reconnects
