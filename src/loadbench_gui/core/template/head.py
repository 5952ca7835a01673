"""The head of a request: what the user named, and what HTTP/1.1 needs beside it (RFC 9112)."""

from __future__ import annotations

import base64

from loadbench_gui.core.request import Header, Request

_WITH_LENGTH = frozenset({"POST", "PUT", "PATCH"})
_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})


def added(
    given: tuple[Header, ...], authority: str, always: tuple[Header, ...] = ()
) -> tuple[tuple[Header, ...], tuple[Header, ...]]:
    """Return the headers that go before and after the `given` ones: Host; `always`, User-Agent and Accept."""
    names = {name.lower() for name, _ in given}
    before = (("Host", authority),)
    after = (*always, ("User-Agent", "loadbench"), ("Accept", "*/*"))
    return _without(before, names), _without(after, names)


def _without(headers: tuple[Header, ...], names: set[str]) -> tuple[Header, ...]:
    return tuple((name, value) for name, value in headers if name.lower() not in names)


def needs_length(request: Request) -> bool:
    """Say whether a Content-Length has to be added."""
    given = {name.lower() for name, _ in request.headers}
    if given & {"content-length", "transfer-encoding"}:
        return False
    return bool(request.body or request.body_file) or request.method.upper() in _WITH_LENGTH


def encode(request: Request, authority: str) -> bytes:
    """Return the bytes of a concrete request: `${` in it is text like any other."""
    before, after = added(request.headers, authority)
    headers = (*before, *request.headers, *after)
    if needs_length(request):
        headers = (*headers, ("Content-Length", str(len(request.body))))
    lines = [f"{request.method} {request.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + request.body


def is_json(request: Request) -> bool:
    """Say whether the body is JSON by its content type."""
    return any(name.lower() == "content-type" and "json" in value.lower() for name, value in request.headers)


def is_idempotent(request: Request) -> bool:
    """Say whether it may be sent a second time without asking (RFC 9110, 9.2.2)."""
    return request.method.upper() in _IDEMPOTENT


def expects_continue(request: Request) -> bool:
    """Say whether its body waits for a 100 (RFC 9110, 10.1.1)."""
    return any(name.lower() == "expect" and value.strip().lower() == "100-continue" for name, value in request.headers)


def basic_auth(credentials: str) -> Header:
    """Return the header that says `user:password` (RFC 7617)."""
    return ("Authorization", "Basic " + base64.b64encode(credentials.encode()).decode())
