"""Does a WebSocket do what the profile expects? One is opened, used once and closed before anything is measured."""

from __future__ import annotations

import contextlib
import time
from typing import Final

from loadbench_gui.core.plan import Request, SocketSettings, Target, Tls
from loadbench_gui.deploy.answer import BODY_START_CHARS, Answer, Mask, digest_of, masked, shape_of, shown
from loadbench_gui.deploy.exchange import DEFAULT_TLS, opened, reaching
from loadbench_gui.deploy.socket_line import Message, SocketLine
from loadbench_gui.deploy.threads import in_thread

SETTLE_S: Final = 0.2
"""How long a connection that is only held is looked at: some servers refuse by closing what they have opened."""
PATIENCE_S: Final = 1.0
"""How long the right echo is waited for once a wrong one has come."""
_IDENTIFIER: Final = b"0" * 16


async def verify_socket(
    target: Target,
    request: Request,
    settings: SocketSettings,
    *,
    timeout_s: float = 10.0,
    tls: Tls = DEFAULT_TLS,
    mask: Mask = bytes,
) -> Answer:
    """Open one WebSocket with `request` as its handshake and do what `settings` say, once.

    mask: takes secret values out of what the server sent before any of it is quoted.
    Raises `TargetFault` when there is no answer to the handshake within `timeout_s`, `UserError` for a file of `tls`
    that cannot be used.
    """
    return await in_thread(_verify, target, request, settings, timeout_s, tls, mask)


def _verify(
    target: Target, request: Request, settings: SocketSettings, timeout_s: float, tls: Tls, mask: Mask
) -> Answer:
    deadline = time.monotonic() + timeout_s
    with reaching(target, request, timeout_s):
        line = SocketLine(opened(target, timeout_s, tls), target, request, settings)
    with contextlib.closing(line):
        with reaching(target, request, timeout_s):
            line.open(deadline)
        if line.refused:
            return _answer(line, None, mask, f"{line.refused}{_said(line, mask)}")
        try:
            message, problem = _used(line, settings, timeout_s, mask)
        except OSError as error:
            message, problem = None, f"the connection broke: {error.strerror or type(error).__name__}"
        return _answer(line, message, mask, problem, settings)


def _said(line: SocketLine, mask: Mask) -> str:
    body = line.response.body if line.response is not None else b""
    return f"; the body begins {shown(mask(bytes(body)))}" if body else ""


def _used(line: SocketLine, settings: SocketSettings, timeout_s: float, mask: Mask) -> tuple[Message | None, str]:
    """Do once what the load will do all the time; return what came of it and what was wrong with it."""
    if settings.hello:
        line.send(settings.hello, fragments=1)
    match settings.mode:
        case "hold":
            return None, _settled(line)
        case "push":
            return _pushed(line, timeout_s)
        case "echo" | "fanout":
            return _echoed(line, settings, timeout_s, mask)


def _settled(line: SocketLine) -> str:
    """Say that the server closes what it has opened, or ""."""
    deadline = time.monotonic() + SETTLE_S
    with contextlib.suppress(TimeoutError):
        while line.receive(deadline) is not None:
            pass
    return line.ended


def _pushed(line: SocketLine, timeout_s: float) -> tuple[Message | None, str]:
    try:
        message = line.receive(time.monotonic() + timeout_s)
    except TimeoutError:
        return None, f"no message came within {timeout_s:g} s"
    if message is None:
        return None, f"{line.ended} before any message came"
    return message, ""


def _echoed(line: SocketLine, settings: SocketSettings, timeout_s: float, mask: Mask) -> tuple[Message | None, str]:
    sent = Message(_message(settings), settings.binary)
    what = "the message did not come back" if settings.mode == "echo" else "the publication did not come to its sender"
    line.send(sent.data)
    deadline = time.monotonic() + timeout_s
    other: Message | None = None
    while True:
        try:
            came = line.receive(deadline)
        except TimeoutError:
            if other is None:
                return None, f"{what} within {timeout_s:g} s"
            return other, f"{what} as it was sent ({_form(sent, mask)}); what came is {_form(other, mask)}"
        if came is None:
            return other, f"{what}: {line.ended}"
        if came == sent:
            return came, ""
        other = other or came
        deadline = min(deadline, time.monotonic() + PATIENCE_S)


def _form(message: Message, mask: Mask) -> str:
    return f"{'binary' if message.binary else 'text'} {shown(mask(message.data))}"


def _message(settings: SocketSettings) -> bytes:
    """Return a message like those of the load; its identifier is the same in every run."""
    if settings.message:
        return (_IDENTIFIER if settings.mode == "fanout" else b"") + settings.message
    return _IDENTIFIER[: settings.size_bytes].ljust(settings.size_bytes, b"x")


def _answer(
    line: SocketLine, message: Message | None, mask: Mask, problem: str, settings: SocketSettings | None = None
) -> Answer:
    response = line.response
    headers = response.headers.raw_items() if response is not None else ()
    data = message.data if message is not None else b""
    return Answer(
        status=response.status_code if response is not None else 0,
        content_type="",
        digest=_digest(message, settings),
        body_start=mask(data)[:BODY_START_CHARS].decode(errors="replace"),
        headers=tuple((name.lower(), masked(value, mask)) for name, value in headers),
        body_bytes=len(data),
        problem=problem,
    )


def _digest(message: Message | None, settings: SocketSettings | None) -> str:
    """Identify what came. What is pushed differs from moment to moment: there it is the form that counts."""
    if message is None or settings is None:
        return digest_of()
    data = shape_of(message.data) if settings.mode == "push" else message.data
    return digest_of(b"binary" if message.binary else b"text", data)
