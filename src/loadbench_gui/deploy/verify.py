"""Does the server answer what the profile expects? Asked before anything is measured.

A wrong answer is a value, because a comparison shows it side by side with the others' answers; only a server that
cannot be reached is an error. The request goes out with exactly the headers that the load will send.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import socket
import ssl
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from loadbench_gui import trust
from loadbench_gui.core.plan import Expectation, Request, Target
from loadbench_gui.deploy.threads import in_thread
from loadbench_gui.errors import TargetFault

BODY_LIMIT_BYTES = 8 * 1024 * 1024
BODY_START_CHARS = 512
SHOWN_CHARS = 120

Mask: TypeAlias = Callable[[bytes], bytes]


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
    insecure: bool = False,
    mask: Mask = bytes,
) -> Answer:
    """Send `request` once. Raises `TargetFault` when there is no HTTP answer within `timeout_s`.

    mask: takes secret values out of what the server sent before any of it is quoted.
    """
    return await in_thread(_verify, target, request, expect, timeout_s, insecure, mask)


def _verify(
    target: Target, request: Request, expect: Expectation, timeout_s: float, insecure: bool, mask: Mask
) -> Answer:
    try:
        response, body, complete = _exchange(target, request, timeout_s, insecure)
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(target, request, timeout_s, error) from error
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


def _exchange(
    target: Target, request: Request, timeout_s: float, insecure: bool
) -> tuple[http.client.HTTPResponse, bytes, bool]:
    deadline = time.monotonic() + timeout_s
    with contextlib.closing(http.client.HTTPConnection(target.address, target.port, timeout=timeout_s)) as connection:
        sock = socket.create_connection((target.address, target.port), timeout=timeout_s)
        connection.sock = _secured(sock, target.host, insecure) if target.scheme == "https" else sock
        names = {name.lower() for name, _ in request.headers}
        connection.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
        if "host" not in names:
            connection.putheader("Host", target.authority)
        if "content-length" not in names and (request.body or request.method in ("POST", "PUT", "PATCH")):
            connection.putheader("Content-Length", str(len(request.body)))
        for name, value in request.headers:
            connection.putheader(name, value)
        connection.endheaders(request.body or None)
        response = connection.getresponse()
        with contextlib.closing(response):
            return response, *_body(response, deadline)


def _secured(sock: socket.socket, host: str, insecure: bool) -> ssl.SSLSocket:
    try:
        return trust.client_context(insecure=insecure).wrap_socket(sock, server_hostname=host)
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


def _unreachable(target: Target, request: Request, timeout_s: float, error: Exception) -> TargetFault:
    what = f"{request.method} {target.url}{request.path}"
    if isinstance(error, ConnectionRefusedError):
        return TargetFault(
            f"{target.url} refuses connections", "Check that the server runs, and on which port it listens."
        )
    if isinstance(error, TimeoutError):
        return TargetFault(
            f"no answer to {what} within {timeout_s:g} s", "Check that the server is not stuck, or raise the timeout."
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        return TargetFault(
            f"the certificate of {target.host} is not trusted: {error.verify_message}",
            "Use the name that is on the certificate, name the file of its authority in "
            f"{trust.FILE_VARIABLE}, or accept any with --insecure.",
        )
    if isinstance(error, ssl.SSLError):
        return TargetFault(
            f"no TLS with {target.url}: {error.reason or error}", "If it speaks plain HTTP there, write http://."
        )
    if isinstance(error, ConnectionError):
        # RemoteDisconnected is one as well: the end of the connection where an answer was due.
        return TargetFault(
            f"{target.url} closed the connection instead of answering {what}",
            "Look at the server's own log; a server that expects https:// does this as well.",
        )
    if isinstance(error, http.client.HTTPException):
        return TargetFault(
            f"{target.url} did not answer {what} in HTTP: {type(error).__name__}",
            "Check the port; something that speaks another protocol listens there.",
        )
    return TargetFault(f"{target.url} cannot be reached: {error}", "Check the address and the network.")


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
