"""What was sent, and how hard, as the result document says it: all that is needed to send the same again.

Never header values, bodies, a proxy's address or credentials: they may be nobody else's business.
"""

from __future__ import annotations

import dataclasses
from typing import Any, TypeAlias

from loadbench_gui.core.request import Request
from loadbench_gui.core.run import Run, SenderFacts
from loadbench_gui.core.shape import ClosedLoad, LoadShape
from loadbench_gui.core.websocket import SocketSettings

# A JSON object; its values are whatever JSON holds, which the type system cannot say without casts at every reader.
Json: TypeAlias = dict[str, Any]


def sent(run: Run) -> Json:
    """Return the keys of a run that say what was asked for; those that were not kept at its time are null."""
    workload, sender = run.workload, run.sender
    return {
        "load": _load(workload.shape),
        "request_mix": [_request(request) for request in workload.requests],
        "timeout_s": workload.timeout_s,
        "requests_limit": workload.requests_limit,
        "pacing": sender.pacing if sender else None,
        "client_options": _client_options(sender) if sender else None,
        "stream_options": dataclasses.asdict(workload.stream) if workload.stream else None,
        "websocket_options": _socket_options(workload.websocket) if workload.websocket else None,
    }


def _socket_options(settings: SocketSettings) -> Json:
    """Messages are bodies: only how long they are is told."""
    options = dataclasses.asdict(settings)
    del options["message"], options["hello"]
    return options | {"size_bytes": settings.length_bytes, "hello_bytes": len(settings.hello)}


def _load(shape: LoadShape) -> Json:
    load: Json = {
        "model": "closed" if isinstance(shape, ClosedLoad) else "open",
        "connections": shape.connections,
        **dict.fromkeys(("rate_rps", "arrival", "think_s", "thinking", "when_busy", "queue_limit")),
    }
    if isinstance(shape, ClosedLoad):
        return load | {"think_s": shape.think_s, "thinking": shape.thinking}
    return load | {
        "rate_rps": shape.rate_rps,
        "arrival": shape.arrival,
        "stages": [dataclasses.asdict(stage) for stage in shape.stages],
        "when_busy": shape.when_busy,
        "queue_limit": shape.queue_limit,
    }


def _request(request: Request) -> Json:
    return {"method": request.method, "path": request.path, "weight": request.weight}


def _client_options(sender: SenderFacts) -> Json:
    return {key: value for key, value in dataclasses.asdict(sender).items() if key != "pacing"}
