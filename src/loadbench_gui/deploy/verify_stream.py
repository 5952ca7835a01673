"""Does the server stream what the profile expects? One stream is opened before anything is measured.

It is read to its end where that comes soon, and left after a look where it goes on.
"""

from __future__ import annotations

import http.client
import socket
import time
from dataclasses import dataclass, field
from typing import Final

from loadbench_gui.core.events.bounds import TooLong
from loadbench_gui.core.events.content import ContentPath
from loadbench_gui.core.events.ndjson import LineReader
from loadbench_gui.core.events.sse import SseReader
from loadbench_gui.core.plan import Expectation, Request, StreamSettings, Target, Tls
from loadbench_gui.deploy.answer import (
    BODY_LIMIT_BYTES,
    BODY_START_CHARS,
    Answer,
    Mask,
    canonical_json,
    digest_of,
    masked,
    shape_of,
    shown,
)
from loadbench_gui.deploy.exchange import DEFAULT_TLS, asked
from loadbench_gui.deploy.threads import in_thread
from loadbench_gui.deploy.verify import body_problem, status_problem

LOOK_S: Final = 3.0
"""How long a stream is read after its first event, unless something is still waited for."""
LONGEST_LOOK_S: Final = 60.0
"""How long a stream is read beyond its timeout while events come and a text that is expected in one has not."""
SURPLUS_S: Final = 0.2
"""How long its end is waited for once it has all the events that it should have."""


@dataclass(slots=True)
class _Seen:
    """What came. ended: in good order, as the body's framing says. broken: why it was not read on, in words."""

    events: list[bytes] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    body_bytes: int = 0
    ended: bool = False
    broken: str = ""


class _Chunks:
    """Each chunk as the server framed it; without chunked coding, each read."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self._response = response
        self._tail = bytearray()

    def feed(self, piece: bytes) -> list[bytes]:
        self._tail += piece
        left: object = getattr(self._response, "chunk_left", None)
        if self._response.chunked and isinstance(left, int) and left > 0:
            return []
        chunk = bytes(self._tail)
        self._tail.clear()
        return [chunk]

    def end(self) -> list[bytes]:
        return []


async def verify_stream(
    target: Target,
    request: Request,
    expect: Expectation,
    settings: StreamSettings,
    *,
    timeout_s: float = 10.0,
    tls: Tls = DEFAULT_TLS,
    mask: Mask = bytes,
) -> Answer:
    """Open one stream and look at its events. Raises `TargetFault` when there is no answer within `timeout_s`.

    mask: takes secret values out of what the server sent before any of it is quoted.
    Raises `UserError` for a file that cannot be used: one that `tls` names, or the request's body.
    """
    return await in_thread(_verify, target, request, expect, settings, timeout_s, tls, mask)


def _verify(
    target: Target,
    request: Request,
    expect: Expectation,
    settings: StreamSettings,
    timeout_s: float,
    tls: Tls,
    mask: Mask,
) -> Answer:
    chunked = settings.upload_chunk_bytes > 0
    with asked(target, request, timeout_s, tls, chunked=chunked) as (response, sock):
        seen = _read(response, sock, expect, settings, timeout_s)
    content_type = masked(response.getheader("content-type") or "", mask)
    encoding = response.getheader("content-encoding") or ""
    problem = status_problem(response.status, bytes(seen.body), expect, mask)
    return Answer(
        status=response.status,
        content_type=content_type,
        digest=_digest(seen, settings),
        body_start=mask(bytes(seen.body))[:BODY_START_CHARS].decode(errors="replace"),
        headers=tuple((name.lower(), masked(value, mask)) for name, value in response.getheaders()),
        body_bytes=seen.body_bytes,
        complete=seen.ended or _has_all(seen, settings),
        problem=problem
        or _problem(seen, settings, content_type, encoding, timeout_s, mask)
        or _unexpected(seen, expect, mask),
    )


def _read(
    response: http.client.HTTPResponse,
    sock: socket.socket,
    expect: Expectation,
    settings: StreamSettings,
    wait_s: float,
) -> _Seen:
    reader = {"sse": SseReader, "ndjson": LineReader}.get(settings.kind, lambda: _Chunks(response))()
    seen = _Seen()
    deadline = time.monotonic() + wait_s
    latest = deadline + LONGEST_LOOK_S
    while (left_s := deadline - time.monotonic()) > 0 and seen.body_bytes < BODY_LIMIT_BYTES:
        had = len(seen.events)
        try:
            sock.settimeout(left_s)
            piece = response.read1(65536)
            seen.events += reader.feed(piece) if piece else reader.end()
        except TimeoutError:
            break
        except TooLong:
            seen.broken = "has a line or an event that is longer than any client takes"
            break
        except (OSError, http.client.HTTPException):
            seen.broken = "was cut off"
            break
        if not piece:
            seen.ended = response.isclosed() or not response.length
            seen.broken = "" if seen.ended else "was cut off"
            break
        seen.body_bytes += len(piece)
        seen.body += piece[: BODY_LIMIT_BYTES - len(seen.body)]
        deadline = _deadline(deadline, seen, had, expect, settings)
        if len(seen.events) > had and _awaits(seen, expect):
            # The timeout is the longest silence, and a stream may take longer than that to say what it should.
            deadline = max(deadline, min(time.monotonic() + wait_s, latest))
    return seen


def _deadline(deadline: float, seen: _Seen, had: int, expect: Expectation, settings: StreamSettings) -> float:
    """Return until when to read on: not long once there is nothing more to find out."""
    now = time.monotonic()
    if settings.endless and seen.events:
        return now
    if _has_all(seen, settings):
        return min(deadline, now + SURPLUS_S)
    if seen.events and not had and not _awaits(seen, expect):
        return min(deadline, now + LOOK_S)
    return deadline


def _awaits(seen: _Seen, expect: Expectation) -> bool:
    return expect.body is not None and expect.body not in seen.body


def _has_all(seen: _Seen, settings: StreamSettings) -> bool:
    """Whether all came that was asked for; of a stream of which nothing was, nobody knows before it ends."""
    if settings.events is None and not settings.until:
        return False
    return _is_over(seen, settings) and (settings.events is None or len(seen.events) >= settings.events)


def _is_over(seen: _Seen, settings: StreamSettings) -> bool:
    end = settings.until.encode()
    return not end or any(end in event for event in seen.events)


def _problem(
    seen: _Seen, settings: StreamSettings, content_type: str, encoding: str, timeout_s: float, mask: Mask
) -> str:
    """Say what is wrong with the stream as a stream, or ""."""
    count, wanted = len(seen.events), settings.events
    if encoding and encoding.lower() != "identity":
        return f"the stream is compressed ({encoding}), and events are read as they come; ask for none of it"
    if not count:
        how = "ended" if seen.ended else (seen.broken or f"brought nothing more within {timeout_s:g} s")
        kind = f", content type {content_type}" if content_type else ""
        return f"the stream {how} without an event{kind}; it begins {shown(mask(bytes(seen.body)))}"
    if seen.broken:
        return f"the stream {seen.broken} after {_events(count)}"
    if wanted is not None and seen.ended and count > wanted:
        return f"{_events(count)} came instead of {wanted}"
    if seen.ended and not settings.endless and not _has_all(seen, settings):
        if wanted is not None and count < wanted:
            return f"the stream ended after {_events(count)} of {wanted}"
        if not _is_over(seen, settings):
            return f"the stream ended without {shown(settings.until.encode())}"
    content = ContentPath(settings.content)
    if seen.ended and settings.content and not any(map(content.is_in, seen.events)):
        return f"no event has anything at {settings.content}; the first is {shown(mask(seen.events[0]))}"
    return ""


def _events(count: int) -> str:
    return f"{count} event" if count == 1 else f"{count} events"


def _unexpected(seen: _Seen, expect: Expectation, mask: Mask) -> str:
    """Hold the events against what is expected: a text in any of them, a JSON document in the first."""
    text = b"\n".join(seen.events)
    if expect.body is not None and expect.body not in text:
        return f"the events do not contain {shown(expect.body)}; they begin {shown(mask(text))}"
    return body_problem(seen.events[0], Expectation(json=expect.json), mask) if seen.events else ""


def _digest(seen: _Seen, settings: StreamSettings) -> str:
    """Identify the events by what they say; ids, comments and how they were cut into reads say nothing."""
    if not seen.events:
        return digest_of()
    if settings.endless:
        return digest_of(shape_of(seen.events[0]))
    whole = seen.ended or _has_all(seen, settings)
    if settings.kind == "chunked":
        return digest_of(b"".join(seen.events) if whole else b"")
    events = seen.events if whole else seen.events[:1]
    return digest_of(*((canonical_json(event) or event.decode("latin-1")).encode() for event in events))
