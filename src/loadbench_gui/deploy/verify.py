"""Does the server answer what the profile expects? Asked before anything is measured.

A wrong answer is a value, because a comparison shows it side by side with the others' answers; only a server that
cannot be reached is an error. The request goes out with exactly the headers that the load will send.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

from loadbench_gui import trust
from loadbench_gui.core.plan import Expectation, Request, Target, Tls
from loadbench_gui.deploy.probe import connect
from loadbench_gui.deploy.threads import in_thread
from loadbench_gui.deploy.unreachable import unreachable
from loadbench_gui.errors import UserError

BODY_LIMIT_BYTES = 8 * 1024 * 1024
BODY_START_CHARS = 512
SHOWN_CHARS = 120
DEFAULT_TLS = Tls()

Mask: TypeAlias = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class _Content:
    """What is sent as the body."""

    source: bytes | BinaryIO
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. problem: "" when it is as expected, else what is wrong, in words.

    digest: SHA-256 of the body as it is compared: JSON in canonical form, anything else byte for byte.
    complete: the whole body was read (an endless stream is cut off by size or time).
    """

    status: int
    content_type: str
    digest: str
    body_start: str
    headers: tuple[tuple[str, str], ...]
    body_bytes: int = 0
    complete: bool = True
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Whether it is what was expected."""
        return not self.problem


async def verify(
    target: Target,
    request: Request,
    expect: Expectation,
    *,
    timeout_s: float = 10.0,
    tls: Tls = DEFAULT_TLS,
    mask: Mask = bytes,
) -> Answer:
    """Send `request` once. Raises `TargetFault` when there is no HTTP answer within `timeout_s`.

    mask: takes secret values out of what the server sent before any of it is quoted.
    Raises `UserError` for a file that cannot be used: one that `tls` names, or the request's body.
    """
    return await in_thread(_verify, target, request, expect, timeout_s, tls, mask)


def _verify(target: Target, request: Request, expect: Expectation, timeout_s: float, tls: Tls, mask: Mask) -> Answer:
    context = _context(tls) if target.scheme == "https" else None
    with _body_of(request) as content:
        response, body, complete = _asked(target, request, content, timeout_s, context, tls.server_name)
    headers = tuple((name.lower(), _masked(value, mask)) for name, value in response.getheaders())
    content_type = _masked(response.getheader("content-type") or "", mask)
    body = _decoded(body, response.getheader("content-encoding") or "")
    return Answer(
        status=response.status,
        content_type=content_type,
        digest=hashlib.sha256(_canonical(body, content_type)).hexdigest(),
        body_start=mask(body)[:BODY_START_CHARS].decode(errors="replace"),
        headers=headers,
        body_bytes=len(body),
        complete=complete,
        problem=_problem(response.status, body, expect, mask),
    )


def _context(tls: Tls) -> ssl.SSLContext:
    return trust.client_context(
        insecure=tls.insecure, ca_file=tls.ca_file, cert_file=tls.cert_file, key_file=tls.key_file
    )


@contextlib.contextmanager
def _body_of(request: Request) -> Iterator[_Content]:
    if not request.body_file:
        yield _Content(request.body, len(request.body))
        return
    try:
        file = Path(request.body_file).open("rb")  # noqa: SIM115 - closed below; only opening it may fail
    except OSError as error:
        raise UserError(
            f"the file {request.body_file} cannot be sent: {error.strerror}", "Check its path and permissions."
        ) from None
    with file:
        yield _Content(file, os.fstat(file.fileno()).st_size)


def _asked(
    target: Target,
    request: Request,
    content: _Content,
    timeout_s: float,
    context: ssl.SSLContext | None,
    server_name: str,
) -> tuple[http.client.HTTPResponse, bytes, bool]:
    deadline = time.monotonic() + timeout_s
    try:
        with contextlib.closing(http.client.HTTPConnection(target.address, target.port, timeout=timeout_s)) as line:
            sock = connect(target.address, target.port, target.unix_path, timeout_s)
            line.sock = sock if context is None else _secured(sock, context, server_name or target.host)
            _send(line, target, request, content)
            response = line.getresponse()
            with contextlib.closing(response):
                return response, *_body(response, deadline)
    except (OSError, http.client.HTTPException) as error:
        raise unreachable(target, request, timeout_s, error) from error


def _send(line: http.client.HTTPConnection, target: Target, request: Request, content: _Content) -> None:
    names = {name.lower() for name, _ in request.headers}
    line.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
    if "host" not in names:
        line.putheader("Host", target.authority)
    has_body = content.size_bytes or request.method in ("POST", "PUT", "PATCH")
    if not names & {"content-length", "transfer-encoding"} and has_body:
        line.putheader("Content-Length", str(content.size_bytes))
    for name, value in request.headers:
        line.putheader(name, value)
    # A server may answer before it has read a body, and close: what counts is what it said.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        line.endheaders(content.source or None)


def _secured(sock: socket.socket, context: ssl.SSLContext, server_name: str) -> ssl.SSLSocket:
    try:
        return context.wrap_socket(sock, server_hostname=server_name)
    except BaseException:
        sock.close()
        raise


def _body(response: http.client.HTTPResponse, deadline: float) -> tuple[bytes, bool]:
    body = bytearray()
    while len(body) < BODY_LIMIT_BYTES:
        if time.monotonic() >= deadline:
            return bytes(body), False
        try:
            more = response.read1(65536)
        except TimeoutError:
            return bytes(body), False
        if not more:
            return bytes(body), response.isclosed() or not response.length
        body += more
    return bytes(body), False


def _decoded(body: bytes, encoding: str) -> bytes:
    """Undo the compressions that the standard library knows; another stays as it is and is compared as bytes."""
    if encoding in ("gzip", "deflate"):
        with contextlib.suppress(zlib.error):
            return zlib.decompressobj(wbits=47).decompress(body)
    return body


def canonical_json(body: bytes) -> str | None:
    """Return JSON in the one form in which it is compared, or None when it is not JSON."""
    try:
        return json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"))
    except (ValueError, RecursionError):
        return None


def _canonical(body: bytes, content_type: str) -> bytes:
    if "json" in content_type.lower():
        text = canonical_json(body)
        return body if text is None else text.encode()
    return body


def _masked(text: str, mask: Mask) -> str:
    return mask(text.encode("latin-1", "replace")).decode("latin-1")


def _problem(status: int, body: bytes, expect: Expectation, mask: Mask) -> str:
    """Return the first thing that is wrong, in words."""
    if expect.status is not None and status != expect.status:
        return f"status {status} instead of {expect.status}; the body begins {_shown(mask(body))}"
    if expect.status is None and status >= 400:
        return f"status {status}; the body begins {_shown(mask(body))}"
    if expect.body is not None and expect.body not in body:
        return f"the body does not contain {_shown(expect.body)}; it begins {_shown(mask(body))}"
    if expect.json is not None:
        text = canonical_json(body)
        if text is None:
            return f"the body is not JSON; it begins {_shown(mask(body))}"
        if text != expect.json:
            return f"the JSON is {_shown(mask(text.encode()))} instead of {_shown(expect.json.encode())}"
    return ""


def _shown(body: bytes) -> str:
    text = body[:SHOWN_CHARS].decode(errors="replace")
    return repr(text) + (" ..." if len(body) > SHOWN_CHARS else "") if body else "empty"
