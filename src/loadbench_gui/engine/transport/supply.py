"""Where a shard's requests come from: which may be drawn, and the one that is next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from loadbench_gui.core.plan import Client, Shard
from loadbench_gui.core.request import Header
from loadbench_gui.core.template import Compiled, RequestSource, basic_auth, rendered
from loadbench_gui.engine.inputs import read_inputs

Payload: TypeAlias = Any
"""The bytes of a request, or a `Request` for httpx, which writes its own."""


@dataclass(frozen=True, slots=True)
class Supply:
    """requests: those that may be drawn. next: returns which of them is next, and the request itself; without end.

    mixed: they differ from one to the next, so each has to be drawn; otherwise the only one never varies.
    """

    requests: tuple[Compiled, ...]
    next: Callable[[], tuple[int, Payload]]
    mixed: bool


def supply(shard: Shard) -> Supply:
    """Return the requests of `shard`. Reads the files they take values from. Raises `UserError` like `read_inputs`."""
    load = shard.load
    inputs = read_inputs(load.workload)
    share = (load.seed, shard.index, shard.count, inputs)
    source = RequestSource(load.workload, load.target, *share, _always(load.client))
    if load.client.name == "httpx":
        return Supply(source.requests, rendered(load.workload, *share).__next__, mixed=True)
    # What differs from one WebSocket to the next is its handshake, which is drawn when it is opened.
    return Supply(source.requests, source.next, mixed=not source.is_constant and load.workload.kind != "ws")


def _always(client: Client) -> tuple[Header, ...]:
    """Return the headers that go with every request; what else httpx can do, it does itself."""
    return (basic_auth(client.credentials),) if client.name == "fast" and client.auth == "basic" else ()
