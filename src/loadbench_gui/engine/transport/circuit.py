"""What the connections of one shard share: the request, the record, and what an answer is held against.

One object with slots, because the hot path reads it several times per response.
"""

from __future__ import annotations

import asyncio
import ssl

from loadbench_gui import trust
from loadbench_gui.core.plan import Load, Request, Target
from loadbench_gui.engine.recorder import Recorder
from loadbench_gui.engine.transport.check import Check
from loadbench_gui.engine.turns import NEVER, TurnMeter

_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})


class Circuit:
    """Shared by the connections of a shard.

    whole: a response that was parsed, checked and found complete in one read on a connection that stays open. A
        read that equals it byte for byte is the same response again, so it needs no parser.
    until_ns: a closed loop sends on by itself before this time. 0: always ask the owner.
    issue_ns: an open loop's next arrival is due then.
    """

    __slots__ = (
        "bodiless",
        "check",
        "idempotent",
        "issue_ns",
        "loop",
        "record",
        "recorder",
        "request",
        "sample_due",
        "target",
        "timeout_s",
        "tls",
        "turns",
        "until_ns",
        "whole",
    )

    def __init__(self, load: Load, recorder: Recorder, loop: asyncio.AbstractEventLoop) -> None:
        workload = load.workload
        self.loop = loop
        self.target = load.target
        self.tls = tls_context(insecure=load.tls.insecure) if load.target.scheme == "https" else None
        self.timeout_s = workload.timeout_s
        self.request = encode(workload.request, load.target)
        self.bodiless = workload.request.method.upper() == "HEAD"
        self.idempotent = workload.request.method.upper() in _IDEMPOTENT
        self.check = Check(workload.expect)
        self.recorder = recorder
        self.record = recorder.hot.extend
        recorder.request_bytes = len(self.request)
        recorder.timeout_ns = round(workload.timeout_s * 1e9)
        self.turns = TurnMeter(loop)
        self.whole = b""
        self.until_ns = 0
        self.issue_ns = NEVER
        self.sample_due = True


def tls_context(*, insecure: bool) -> ssl.SSLContext:
    """Return a client context that offers HTTP/1.1: certificates are verified unless `insecure`."""
    context = trust.client_context(insecure=insecure)
    context.set_alpn_protocols(["http/1.1"])
    return context


def encode(request: Request, target: Target) -> bytes:
    """Return the bytes of `request`. Headers that it does not name are filled in: Host, User-Agent, Accept, length."""
    given = {name.lower() for name, _ in request.headers}
    headers: list[tuple[str, str]] = []
    if "host" not in given:
        headers.append(("Host", target.authority))
    headers.extend(request.headers)
    if "user-agent" not in given:
        headers.append(("User-Agent", "loadbench"))
    if "accept" not in given:
        headers.append(("Accept", "*/*"))
    has_length = given & {"content-length", "transfer-encoding"}
    if not has_length and (request.body or request.method.upper() in {"POST", "PUT", "PATCH"}):
        headers.append(("Content-Length", str(len(request.body))))
    lines = [f"{request.method} {request.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + request.body
