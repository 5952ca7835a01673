"""Checks of workloads by their kind: which tables go with it, and what means nothing there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from loadbench_gui.profile.placeholders import requests_of
from loadbench_gui.profile.problems import KeyPath
from loadbench_gui.profile.sockets import socket_checks
from loadbench_gui.profile.wording import Finding

Raw: TypeAlias = Mapping[str, Any]

_TABLES: Final = {"stream": "stream", "websocket": "ws"}
_ADD: Final = {
    "stream": 'Add stream = { kind = "sse" }, or kind = "ndjson" or "chunked".',
    "websocket": 'Add websocket = { mode = "echo" }, or mode = "push", "fanout" or "hold".',
}
_BODIES: Final = ("body", "json", "body_file")
_WHAT: Final = {"stream": "streams", "ws": "WebSockets"}


def protocol_checks(document: Raw) -> Iterator[Finding]:
    """Yield what does not go together with the kind of each workload."""
    for index, workload in _tables(document, "workload"):
        path: KeyPath = ("workload", index)
        yield from _table_of_kind(path, workload)
        kind = workload.get("kind", "http")
        if kind == "stream" and isinstance(workload.get("stream"), dict):
            yield from _stream(path, workload, workload["stream"])
        if kind == "ws":
            yield from socket_checks(path, workload)
    yield from _generator(document)


def _tables(raw: Raw, key: str) -> list[tuple[int, Raw]]:
    value = raw.get(key)
    found = enumerate(value if isinstance(value, list) else ())
    return [(index, item) for index, item in found if isinstance(item, dict)]


def _table_of_kind(path: KeyPath, workload: Raw) -> Iterator[Finding]:
    """Find the table of another kind, and the lack of the kind's own."""
    kind = workload.get("kind", "http")
    for table, its_kind in _TABLES.items():
        if table in workload and kind != its_kind and kind in ("http", *_WHAT):
            hint = f'Write kind = "{its_kind}", or leave {table} out.'
            yield Finding((*path, table), f"means nothing in a workload of kind {kind}", hint)
        elif kind == its_kind and table not in workload:
            message = "does not say how its answer is read" if kind == "stream" else "does not say what it does"
            yield Finding(path, f"a workload of kind {kind} {message}", _ADD[table])


def _stream(path: KeyPath, workload: Raw, stream: Raw) -> Iterator[Finding]:
    here = (*path, "stream")
    if stream.get("endless") is True:
        for key in ("events", "until"):
            if key in stream:
                hint = "Leave out endless: such a stream has an end."
                yield Finding((*here, "endless"), f"contradicts {key}", hint)
    if stream.get("kind") == "chunked" and "content" in stream:
        hint = 'Leave it out, or write kind = "ndjson" or "sse", whose events may be JSON.'
        yield Finding((*here, "content"), "looks into JSON, and a chunk is a piece of any text", hint)
    yield from _upload(path, workload, stream)


def _upload(path: KeyPath, workload: Raw, stream: Raw) -> Iterator[Finding]:
    here = (*path, "stream")
    if "upload_every" in stream and not stream.get("upload_chunk"):
        hint = 'Add upload_chunk = "4 KiB".'
        yield Finding((*here, "upload_every"), "is a pause between chunks, and there are none", hint)
    has_body = any(key in request for _, request in requests_of(path, workload) for key in _BODIES)
    if stream.get("upload_chunk") and not has_body:
        hint = 'Leave it out, or give the request a body: body_file = "speech.wav".'
        yield Finding((*here, "upload_chunk"), "has nothing to send: no request has a body", hint)


def _generator(document: Raw) -> Iterator[Finding]:
    """Find what the generator is told to use and cannot, for what it is asked to do."""
    generator = document.get("generator")
    if not isinstance(generator, dict):
        return
    workloads = [one for _, one in _tables(document, "workload")]
    beyond = [one for one in workloads if one.get("kind") in _WHAT]
    if generator.get("client") == "httpx" and beyond:
        what = " and ".join(dict.fromkeys(_WHAT[one["kind"]] for one in beyond))
        hint = "Leave out client, or measure them in a profile of their own."
        yield Finding(("generator", "client"), f"httpx does no {what} here ({_names(beyond)})", hint)
    shared = [one for one in beyond if _mode(one) == "fanout"]
    workers = generator.get("workers")
    if shared and isinstance(workers, int) and workers > 1:
        hint = "Leave it out, or measure the other workloads in a profile of their own."
        yield Finding(
            ("generator", "workers"), f"a fan-out needs one clock, and so one worker ({_names(shared)})", hint
        )


def _mode(workload: Raw) -> object:
    settings = workload.get("websocket")
    return settings.get("mode") if isinstance(settings, dict) else None


def _names(workloads: list[Raw]) -> str:
    return ", ".join(f'"{one.get("name", "")}"' for one in workloads)
