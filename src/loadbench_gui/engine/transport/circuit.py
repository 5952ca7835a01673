"""What the connections of one shard share: the requests, the record and the settings.

One object with slots, because the hot path reads it several times per response.
"""

from __future__ import annotations

import asyncio

from loadbench_gui.core.plan import Load, Request, Target
from loadbench_gui.engine.recorder import Recorder
from loadbench_gui.engine.transport.dial import route
from loadbench_gui.engine.transport.query import Query
from loadbench_gui.engine.turns import NEVER, TurnMeter

_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})


class Circuit:
    """Shared by the connections of a shard.

    queries: the requests that may be drawn. draw: returns the next one and its bytes.
    looks_inside: whether the body of any answer is ever looked at.
    until_ns: a closed loop sends on by itself before this time. 0: always ask the owner.
    issue_ns: an open loop's next arrival is due then.
    """

    __slots__ = (
        "issue_ns",
        "looks_inside",
        "loop",
        "queries",
        "record",
        "recorder",
        "route",
        "target",
        "timeout_s",
        "turns",
        "until_ns",
    )

    def __init__(self, load: Load, recorder: Recorder, loop: asyncio.AbstractEventLoop) -> None:
        workload = load.workload
        self.loop = loop
        self.target = load.target
        self.timeout_s = workload.timeout_s
        self.route = route(load.target, load.tls, workload.timeout_s)
        method = workload.request.method.upper()
        query = Query(
            encode(workload.request, load.target),
            workload.expect,
            bodiless=method == "HEAD",
            idempotent=method in _IDEMPOTENT,
            seal=recorder.seal_hot,
        )
        self.queries = (query,)
        self.looks_inside = any(query.check.looks_inside for query in self.queries)
        self.recorder = recorder
        self.record = recorder.hot.extend
        recorder.request_bytes = len(query.wire)
        recorder.timeout_ns = round(workload.timeout_s * 1e9)
        self.turns = TurnMeter(loop)
        self.until_ns = 0
        self.issue_ns = NEVER

    def draw(self) -> tuple[Query, bytes]:
        """Return the shard's next request and its bytes."""
        query = self.queries[0]
        return query, query.wire

    def sample_bodies(self) -> None:
        """Have the next answer's body looked at, to each request and where bodies are sampled."""
        for query in self.queries:
            query.sample_due = True


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
