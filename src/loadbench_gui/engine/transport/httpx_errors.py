"""Which `ErrorKind` an exception of httpx is, and how to say it to a person."""

from __future__ import annotations

import h2.events
import httpcore
import httpx

from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.transport.httpx_keeper import Broken, NoConnection

_WORDS = 200


def name(problem: Exception, *, saw_end: bool) -> tuple[ErrorKind, str]:
    """Return the class of `problem` and the reason in words. saw_end: the connection's end was read before it.

    Whatever is not known here came of what the server sent, and is a protocol error that says its name.
    """
    match problem:
        case NoConnection() | Broken():
            return problem.kind, str(problem)
        case httpcore.WriteError():
            return ErrorKind.RESET, str(problem)
        case httpcore.ProxyError():
            return ErrorKind.CONNECT_FAILED, f"the proxy answered {problem}"
        case httpx.TooManyRedirects():
            return ErrorKind.BAD_STATUS, "the redirects do not end"
        case httpcore.RemoteProtocolError() | httpcore.LocalProtocolError():
            return _protocol(problem, saw_end=saw_end)
        case httpcore.ConnectionNotAvailable():
            return ErrorKind.CLOSED_EARLY, "the server ends the connection"
        case _:
            return ErrorKind.PROTOCOL, f"{type(problem).__name__}: {problem}"[:_WORDS]


def is_lost(problem: Exception, *, saw_end: bool) -> bool:
    """Whether the connection itself went away, and not something that was said on it."""
    match problem:
        case Broken() | httpcore.WriteError():
            return True
        case httpcore.RemoteProtocolError():
            return saw_end or _is_goodbye(problem)
        case _:
            return False


def _protocol(problem: Exception, *, saw_end: bool) -> tuple[ErrorKind, str]:
    match problem.args[0] if problem.args else None:
        case h2.events.StreamReset(error_code=code):
            return ErrorKind.RESET, f"the server reset the stream: {getattr(code, 'name', code)}"
        case h2.events.ConnectionTerminated(error_code=code) if code:
            return ErrorKind.PROTOCOL, f"the server ended the connection: {getattr(code, 'name', code)}"
        case h2.events.ConnectionTerminated():
            return ErrorKind.CLOSED_EARLY, "the server ended the connection"
        case _ if saw_end:
            return ErrorKind.CLOSED_EARLY, "the server closed the connection"
        case _:
            return ErrorKind.PROTOCOL, str(problem)[:_WORDS]


def _is_goodbye(problem: Exception) -> bool:
    event = problem.args[0] if problem.args else None
    return isinstance(event, h2.events.ConnectionTerminated) and not event.error_code
