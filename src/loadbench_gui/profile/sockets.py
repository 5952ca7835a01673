"""Checks of WebSocket workloads: the handshake, the mode, and the settings that mean something in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from loadbench_gui.core.template.syntax import marks
from loadbench_gui.profile import units
from loadbench_gui.profile.placeholders import requests_of
from loadbench_gui.profile.problems import Complaint, KeyPath
from loadbench_gui.profile.secrets import is_reference
from loadbench_gui.profile.wording import Finding

Raw: TypeAlias = Mapping[str, Any]

LEAST_FANOUT_BYTES: Final = 16
"""What a message has to hold, so that every copy of it is recognised: 16 hexadecimal digits."""
_SENDING: Final = ("message", "size", "binary", "fragments")
_SILENT: Final = {
    "push": "where the server sends and we listen",
    "hold": "where connections are only held",
}
_HANDSHAKE: Final = {
    "upgrade": "it is part of every handshake",
    "connection": "it is part of every handshake",
    "sec-websocket-key": "it is drawn for each connection",
    "sec-websocket-version": "it is part of every handshake",
    "sec-websocket-protocol": 'write subprotocols = ["..."] in websocket',
    "sec-websocket-extensions": "write compress = true in websocket",
}
_NOT_SENT: Final = ("body", "json", "body_file")


def socket_checks(path: KeyPath, workload: Raw) -> Iterator[Finding]:
    """Yield what is wrong between the keys of a workload of kind "ws"."""
    yield from _handshake(path, workload)
    settings = workload.get("websocket")
    if not isinstance(settings, dict):
        return
    here = (*path, "websocket")
    mode = settings.get("mode")
    if mode in _SILENT:
        yield from _silent(path, workload, settings, mode)
    if mode == "fanout":
        yield from _fanout(path, workload, settings)
    elif "publishers" in settings and mode in ("echo", *_SILENT):
        yield Finding((*here, "publishers"), "is for fan-out", 'Leave it out, or write mode = "fanout".')
    yield from _message(here, settings)


def _handshake(path: KeyPath, workload: Raw) -> Iterator[Finding]:
    for place, request in requests_of(path, workload):
        if place[-1] != "request":
            continue
        if str(request.get("method", "GET")).upper() != "GET":
            yield Finding((*place, "method"), "a WebSocket is opened with GET", "Leave it out.")
        for key in _NOT_SENT:
            if key in request:
                hint = "Leave it out; what is sent once the connection is open is message or hello in websocket."
                yield Finding((*place, key), "a handshake has no body", hint)
        headers = request.get("headers")
        for name in headers if isinstance(headers, dict) else ():
            if name.casefold() in _HANDSHAKE:
                hint = f"Leave it out: {_HANDSHAKE[name.casefold()]}."
                yield Finding((*place, "headers", name), "is not for you to give", hint)
    if workload.get("also"):
        hint = "Make it a [[workload]] of its own."
        yield Finding((*path, "also"), "means nothing here: all WebSockets of a workload are opened alike", hint)
    if workload.get("expect"):
        hint = "Leave it out: what comes back is compared with what was sent, and a refused handshake is an error."
        yield Finding((*path, "expect"), "means nothing for WebSockets", hint)


def _silent(path: KeyPath, workload: Raw, settings: Raw, mode: str) -> Iterator[Finding]:
    """Find what would be sent, or paced, where nothing is."""
    for key in _SENDING:
        if key in settings and not (key == "binary" and "hello" in settings):
            hint = 'Leave it out; hello is sent once on each connection. Or write mode = "echo".'
            yield Finding((*path, "websocket", key), f"has no effect {_SILENT[mode]}", hint)
    load = workload.get("load")
    if isinstance(load, dict) and load.get("model") == "open":
        hint = 'Write load = { model = "closed", connections = 1000 }.'
        yield Finding((*path, "load", "model"), f"an open load has nothing to send {_SILENT[mode]}", hint)
    if isinstance(load, dict) and "think" in load:
        yield Finding((*path, "load", "think"), f"has no effect {_SILENT[mode]}", "Leave it out.")
    if "requests" in workload:
        hint = "Leave it out: the load ends after its duration."
        yield Finding((*path, "requests"), f"there are none to count {_SILENT[mode]}", hint)


def _fanout(path: KeyPath, workload: Raw, settings: Raw) -> Iterator[Finding]:
    size_bytes = _size(settings.get("size", LEAST_FANOUT_BYTES))
    if "message" not in settings and size_bytes is not None and size_bytes < LEAST_FANOUT_BYTES:
        hint = f"Write size = {LEAST_FANOUT_BYTES} or more: each carries the identifier by which it is recognised."
        yield Finding((*path, "websocket", "size"), f"{size_bytes} bytes are too few for fan-out", hint)
    load = workload.get("load")
    connections = load.get("connections") if isinstance(load, dict) else None
    if isinstance(load, dict) and load.get("model") == "closed" and "think" in load:
        hint = "Leave it out, or give an open load a rate."
        message = "has no effect on fan-out: a publisher goes on as soon as everybody has its last message"
        yield Finding((*path, "load", "think"), message, hint)
    publishers = settings.get("publishers")
    if isinstance(publishers, int) and isinstance(connections, int) and publishers > connections > 0:
        hint = "Each publisher is one of the connections: lower publishers, or raise load.connections."
        message = f"{publishers} publishers are more than there are connections ({connections})"
        yield Finding((*path, "websocket", "publishers"), message, hint)


def _message(here: KeyPath, settings: Raw) -> Iterator[Finding]:
    if "message" in settings and "size" in settings:
        hint = "Leave one of them out: size is for messages that are made up."
        yield Finding((*here, "size"), "stands beside message: only one can be sent", hint)
    if settings.get("message") == "":
        hint = "Write size = 0 for empty messages, or leave it out for made-up ones."
        yield Finding((*here, "message"), "must not be empty", hint)
    size_bytes, fragments = _length(settings), settings.get("fragments", 1)
    if size_bytes is not None and isinstance(fragments, int) and fragments > max(1, size_bytes):
        hint = f"Write fragments = {max(1, size_bytes)} or fewer, or a longer message."
        yield Finding((*here, "fragments"), f"{size_bytes} bytes cannot be cut into {fragments} frames", hint)
    for key in ("message", "hello"):
        text = settings.get(key)
        for mark in marks(text) if isinstance(text, str) else ():
            if not is_reference(mark):
                hint = f"Messages are sent the same each time. For the text itself write ${mark.text}."
                yield Finding((*here, key), f"{mark.text} is not replaced here", hint)


def _length(settings: Raw) -> int | None:
    message = settings.get("message")
    if isinstance(message, str):
        return len(message.encode()) or None
    return _size(settings.get("size", 32))


def _size(value: object) -> int | None:
    """Read a size for a cross-check; None where the schema refuses it anyway."""
    try:
        return units.size_bytes(value)
    except Complaint:
        return None
