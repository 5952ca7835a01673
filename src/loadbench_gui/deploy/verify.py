"""Does the server answer what the profile expects? Asked before anything is measured.

A wrong answer is a value, because a comparison shows it side by side with the others' answers; only a server that
cannot be reached is an error. The request goes out with exactly the headers that the load will send.
"""

from __future__ import annotations

import contextlib
import http.client
import time
import zlib

from loadbench_gui.core.plan import Expectation, Request, Target, Tls
from loadbench_gui.deploy.answer import (
    BODY_LIMIT_BYTES,
    BODY_START_CHARS,
    SHOWN_CHARS,
    Answer,
    Mask,
    canonical_json,
    digest_of,
    masked,
    shown,
)
from loadbench_gui.deploy.exchange import DEFAULT_TLS, asked
from loadbench_gui.deploy.threads import in_thread

__all__ = ["SHOWN_CHARS", "Answer", "Mask", "body_problem", "canonical_json", "status_problem", "verify"]


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
    deadline = time.monotonic() + timeout_s
    with asked(target, request, timeout_s, tls) as (response, _):
        body, complete = _body(response, deadline)
    body = _decoded(body, response.getheader("content-encoding") or "")
    content_type = masked(response.getheader("content-type") or "", mask)
    return Answer(
        status=response.status,
        content_type=content_type,
        digest=digest_of(_canonical(body, content_type)),
        body_start=mask(body)[:BODY_START_CHARS].decode(errors="replace"),
        headers=tuple((name.lower(), masked(value, mask)) for name, value in response.getheaders()),
        body_bytes=len(body),
        complete=complete,
        problem=status_problem(response.status, body, expect, mask) or body_problem(body, expect, mask),
    )


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


def _canonical(body: bytes, content_type: str) -> bytes:
    if "json" in content_type.lower():
        text = canonical_json(body)
        return body if text is None else text.encode()
    return body


def status_problem(status: int, body: bytes, expect: Expectation, mask: Mask) -> str:
    """Say what is wrong with the status of an answer that begins with `body`, or ""."""
    if expect.status is not None and status != expect.status:
        return f"status {status} instead of {expect.status}; the body begins {shown(mask(body))}"
    if expect.status is None and status >= 400:
        return f"status {status}; the body begins {shown(mask(body))}"
    return ""


def body_problem(body: bytes, expect: Expectation, mask: Mask) -> str:
    """Return the first thing that is wrong with a body, in words."""
    if expect.body is not None and expect.body not in body:
        return f"the body does not contain {shown(expect.body)}; it begins {shown(mask(body))}"
    if expect.json is not None:
        text = canonical_json(body)
        if text is None:
            return f"the body is not JSON; it begins {shown(mask(body))}"
        if text != expect.json:
            return f"the JSON is {shown(mask(text.encode()))} instead of {shown(expect.json.encode())}"
    return ""
