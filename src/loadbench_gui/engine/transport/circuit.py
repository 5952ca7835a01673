"""What the connections of one shard share: the requests, the record and the settings.

One object with slots, because the hot path reads it several times per response.
"""

from __future__ import annotations

import asyncio

from loadbench_gui.core.plan import Load
from loadbench_gui.engine.recorder import Recorder
from loadbench_gui.engine.transport.dial import route
from loadbench_gui.engine.transport.query import Query
from loadbench_gui.engine.transport.supply import Payload, Supply
from loadbench_gui.engine.transport.upload import has_uploads
from loadbench_gui.engine.turns import NEVER, TurnMeter


class Circuit:
    """Shared by the connections of a shard.

    load: what they carry.
    queries: the requests that may be drawn. mixed: they differ from one to the next, so each has to be drawn.
    next: draws; see `Supply`.
    looks_inside: whether the body of any answer is ever looked at.
    until_ns: a closed loop sends on by itself before this time. 0: always ask the owner.
    issue_ns: an open loop's next arrival is due then.
    """

    __slots__ = (
        "issue_ns",
        "load",
        "looks_inside",
        "loop",
        "mixed",
        "next",
        "queries",
        "record",
        "recorder",
        "route",
        "target",
        "timeout_s",
        "turns",
        "until_ns",
    )

    def __init__(self, load: Load, supply: Supply, recorder: Recorder, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.load = load
        self.target = load.target
        self.timeout_s = load.workload.timeout_s
        self.route = route(load.target, load.tls, self.timeout_s, hears_out=has_uploads(load.workload))
        self.queries = tuple(Query(compiled, recorder.seal_hot) for compiled in supply.requests)
        self.looks_inside = any(query.check.looks_inside for query in self.queries)
        self.mixed = supply.mixed
        self.next = supply.next
        self.recorder = recorder
        self.record = recorder.hot.extend
        recorder.request_bytes = len(self.queries[0].wire)
        recorder.timeout_ns = round(self.timeout_s * 1e9)
        self.turns = TurnMeter(loop)
        self.until_ns = 0
        self.issue_ns = NEVER

    def draw(self) -> tuple[Query, Payload]:
        """Return the shard's next request: what it is, and the request itself."""
        which, payload = self.next()
        return self.queries[which], payload

    def sample_bodies(self) -> None:
        """Have the next answer's body looked at, to each request and where bodies are sampled."""
        for query in self.queries:
            query.sample_due = True
