"""Whether the metric that decides, and the limits, belong to anything that the profile measures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from loadbench_gui.profile.problems import KeyPath
from loadbench_gui.profile.wording import Finding
from loadbench_gui.stats.sample import LEAST_CONNECTIONS

Raw: TypeAlias = Mapping[str, Any]
Doing: TypeAlias = str
"""The kind of a workload, a WebSocket's with its mode: "http", "stream", "endless stream", "ws echo"."""

_ANSWERED: Final = ("http", "stream", "endless stream", "ws echo", "ws fanout")
_ENDING: Final = ("http", "stream", "ws echo", "ws fanout", "ws push")
_MEASURED_IN: Final[dict[str, tuple[Doing, ...]]] = {
    **dict.fromkeys(("p50", "p90", "p99", "p99_9", "service_p50", "service_p99"), _ANSWERED),
    "throughput": _ENDING,
    "cpu_per_1k": _ENDING,
    "first_event_p50": ("stream", "endless stream"),
    "gap_p99": ("stream", "endless stream", "ws push"),
    "rtt_p50": ("ws echo",),
    "rtt_p99": ("ws echo",),
    "fanout_p50": ("ws fanout",),
    "fanout_p99": ("ws fanout",),
    "memory_per_connection": ("ws echo", "ws push", "ws fanout", "ws hold"),
}
"""Where each metric is measured; those that are not here are measured everywhere."""
_NAMES: Final[dict[Doing, str]] = {
    "http": "HTTP requests",
    "stream": "streams",
    "endless stream": "endless streams",
    "ws echo": "WebSockets in mode echo",
    "ws push": "WebSockets in mode push",
    "ws fanout": "WebSockets in mode fanout",
    "ws hold": "WebSockets in mode hold",
}
_FITTING: Final[dict[Doing, str]] = {
    "http": "p99",
    "stream": "first_event_p50",
    "endless stream": "gap_p99",
    "ws echo": "rtt_p99",
    "ws push": "gap_p99",
    "ws fanout": "fanout_p50",
    "ws hold": "memory_per_connection",
}
_DEFAULT: Final = "p99"


def primary_checks(document: Raw) -> Iterator[Finding]:
    """Yield what is wrong with `comparison.primary`, and with limits that no workload can break."""
    doings = _doings(document)
    if doings is None:
        return
    comparison, slo = document.get("comparison"), document.get("slo")
    primary = comparison.get("primary") if isinstance(comparison, dict) else None
    if primary == "throughput":
        yield from _throughput_needs_closed_loads(document)
    if isinstance(primary, str) and not _is_measured(primary, doings):
        yield _not_measured(("comparison", "primary"), primary, doings)
    elif primary == "memory_per_connection":
        yield from _memory_needs_connections(document)
    elif primary is None and not _is_measured(_DEFAULT, doings) and len(_tables(document, "deployment")) > 1:
        hint = f'Add primary = "{_FITTING[doings[0]]}" to [comparison].'
        message = f"the metric that decides is {_DEFAULT} unless you name one, and that is not measured here"
        yield Finding(("comparison",), message, hint)
    for key in slo if isinstance(slo, dict) else ():
        if not _is_measured(key, doings):
            yield _not_measured(("slo", key), key, doings)


def _is_measured(metric: str, doings: tuple[Doing, ...]) -> bool:
    return any(doing in _MEASURED_IN.get(metric, (doing,)) for doing in doings)


def _not_measured(path: KeyPath, metric: str, doings: tuple[Doing, ...]) -> Finding:
    where = _MEASURED_IN[metric]
    names = _NAMES if "endless stream" in where else _NAMES | {"stream": "streams that end"}
    wanted = " and ".join(names[doing] for doing in where if doing != "endless stream")
    hint = f'Choose one that is, such as "{_FITTING[doings[0]]}".'
    if path[0] == "slo":
        hint = "Leave it out, or add a workload of that kind."
    return Finding(path, f"is not measured by any workload: {metric} is a figure of {wanted}", hint)


def _doings(document: Raw) -> tuple[Doing, ...] | None:
    """Return what the workloads do; None where one of them says nothing that is understood."""
    found = [_doing(workload) for workload in _tables(document, "workload")]
    return tuple(dict.fromkeys(found)) if found and all(doing in _NAMES for doing in found) else None


def _doing(workload: Raw) -> Doing:
    kind, settings, stream = (workload.get(key) for key in ("kind", "websocket", "stream"))
    kind = kind or "http"
    if kind == "stream" and isinstance(stream, dict) and stream.get("endless") is True:
        return "endless stream"
    if kind != "ws":
        return str(kind)
    return f"ws {settings.get('mode')}" if isinstance(settings, dict) else "ws"


def _tables(raw: Raw, key: str) -> list[Raw]:
    value = raw.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _memory_needs_connections(document: Raw) -> Iterator[Finding]:
    sockets = [one for one in _tables(document, "workload") if one.get("kind") == "ws"]
    loads = [one["load"] for one in sockets if isinstance(one.get("load"), dict)]
    counts = [load["connections"] for load in loads if isinstance(load.get("connections"), int)]
    if counts and len(counts) == len(sockets) and max(counts) < LEAST_CONNECTIONS:
        hint = f"Hold {LEAST_CONNECTIONS} or more: load.connections = 1000."
        message = f"takes {LEAST_CONNECTIONS} connections to tell their memory from the server's own, not {max(counts)}"
        yield Finding(("comparison", "primary"), message, hint)


def _throughput_needs_closed_loads(document: Raw) -> Iterator[Finding]:
    open_ones = [
        str(workload.get("name", number))
        for number, workload in enumerate(_tables(document, "workload"), start=1)
        if isinstance(workload.get("load"), dict) and workload["load"].get("model") == "open"
    ]
    if open_ones:
        listing = ", ".join(f'"{name}"' for name in open_ones)
        hint = 'Choose a latency such as "p99" or "p50", or measure the peak with load = { model = "closed", ... }.'
        message = f"throughput cannot decide an open load ({listing}): there the rate is given, not measured"
        yield Finding(("comparison", "primary"), message, hint)
