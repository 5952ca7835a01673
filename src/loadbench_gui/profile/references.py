"""Checks that span several keys, made on the document itself.

The schema's own validators would stay silent until every field error is gone (pydantic runs them last), so what
needs two keys to judge is judged here, on plain parsed TOML. A value of the wrong type is passed over: the schema
says that already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias, get_args

from loadbench_gui.core.shown_url import without_login
from loadbench_gui.profile import json_body, units
from loadbench_gui.profile.clients import client_checks
from loadbench_gui.profile.files import file_checks
from loadbench_gui.profile.nearest import did_you_mean
from loadbench_gui.profile.placeholders import placeholder_checks, requests_of
from loadbench_gui.profile.primary import primary_checks
from loadbench_gui.profile.problems import Complaint, KeyPath
from loadbench_gui.profile.protocols import protocol_checks
from loadbench_gui.profile.schema import MetricName
from loadbench_gui.profile.secrets import check_references
from loadbench_gui.profile.together import effect_checks
from loadbench_gui.profile.wording import Finding

Raw: TypeAlias = dict[str, Any]

_LAUNCH_KEYS = ("command", "cwd", "python", "workers", "env", "ready", "stop", "cpus")
_CLOSED_KEYS = ("think", "thinking")
_BODY_KEYS = ("body", "json", "body_file")
_OPEN_KEYS = ("rate", "arrival", "stages", "when_busy", "queue_limit")
_PLACEHOLDERS = ("python", "host", "port", "workers", "resources")
_PLACEHOLDER = re.compile(r"(?<![{$])\{([a-z_]+)\}(?!\})")
_DEFAULT_TIMEOUT_S = 10.0
_LATENCIES = (
    "p50",
    "p90",
    "p99",
    "p99_9",
    "first_event_p50",
    "gap_p99",
    "rtt_p50",
    "rtt_p99",
    "fanout_p50",
    "fanout_p99",
)


def cross_checks(document: Raw, base: Path | None = None) -> Iterator[Finding]:
    """Yield everything that is wrong between keys of one parsed profile.

    base: the folder that relative names of files start from; None leaves files alone.
    """
    yield from _duplicates(document, "deployment")
    yield from _duplicates(document, "workload")
    defaults = _table(document, "defaults")
    yield from _placeholders(("defaults",), defaults)
    for index, deployment in _tables(document, "deployment"):
        yield from _deployment(("deployment", index), deployment, defaults)
    for index, workload in _tables(document, "workload"):
        yield from _load(("workload", index, "load"), _table(workload, "load"), workload)
        yield from _contents(("workload", index), workload, base)
        yield from placeholder_checks(("workload", index), workload, base)
    yield from protocol_checks(document)
    yield from client_checks(_table(document, "generator"), base)
    yield from effect_checks(document)
    yield from _comparison(document)
    yield from _slo(document)
    yield from check_references(document)


def _table(raw: Raw, key: str) -> Raw:
    value = raw.get(key)
    return value if isinstance(value, dict) else {}


def _tables(raw: Raw, key: str) -> Iterator[tuple[int, Raw]]:
    value = raw.get(key)
    for index, item in enumerate(value if isinstance(value, list) else []):
        if isinstance(item, dict):
            yield index, item


def names(document: Raw, key: str) -> list[str]:
    """Return the names of all deployments or workloads that have a proper one."""
    return [item["name"] for _, item in _tables(document, key) if isinstance(item.get("name"), str)]


def _duplicates(document: Raw, key: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, item in _tables(document, key):
        name = item.get("name")
        if not isinstance(name, str):
            continue
        if name in seen:
            yield Finding((key, index, "name"), f'another {key} is called "{name}" already', "Give each its own name.")
        seen.add(name)


def _deployment(path: KeyPath, raw: Raw, defaults: Raw) -> Iterator[Finding]:
    if "url" in raw:
        yield from _url((*path, "url"), raw["url"])
        for key in _LAUNCH_KEYS:
            if key in raw:
                hint = f"Leave out {key}, or leave out url and give the command that starts the server."
                yield Finding((*path, key), "has no effect on a server that runs already", hint)
        return
    if "command" not in raw and "command" not in defaults:
        hint = 'Add command = ["{python}", "-m", "uvicorn", "app:app", "--port", "{port}"], or url = "http://...".'
        yield Finding(path, "needs a command that starts it, or the url of a server that runs already", hint)
    if "metrics" in raw:
        hint = "Its memory and CPU are read from its processes. Leave metrics out, or give a url instead of a command."
        yield Finding((*path, "metrics"), "is for servers that run elsewhere", hint)
    yield from _placeholders(path, raw)


def _url(path: KeyPath, value: object) -> Iterator[Finding]:
    if not isinstance(value, str) or "${" in value:
        return
    match = re.fullmatch(r"(https?|wss?|http\+unix)://([^/?#@\s]+)(/?)([^\s]*)", value, re.IGNORECASE)
    seen = without_login(value)
    if match is None or seen != value:
        hint = 'Write it as "http://host:port", "https://host" or, for a socket, "http+unix://%2Frun%2Fapp.sock".'
        yield Finding(path, f"{units.shown(seen)} is not an address", hint)
    elif match[4]:
        hint = f'Write "{match[1]}://{match[2]}" here and the path in each workload: request = {{ path = "..." }}.'
        yield Finding(path, "must be an address without a path", hint)


def _placeholders(path: KeyPath, raw: Raw) -> Iterator[Finding]:
    """Find words in braces that nothing will be put in for; `{{word}}` is the text `{word}` itself."""
    command = raw["command"] if isinstance(raw.get("command"), list) else []
    texts: list[tuple[KeyPath, object]] = [((*path, "cwd"), raw.get("cwd"))]
    texts += [
        ((*path, "command", index), part) for index, part in enumerate(command if isinstance(command, list) else ())
    ]
    texts += [((*path, "env", key), value) for key, value in _table(raw, "env").items()]
    for place, text in texts:
        for word in _PLACEHOLDER.findall(text) if isinstance(text, str) else ():
            if word not in _PLACEHOLDERS:
                hint = f"{did_you_mean(word, _PLACEHOLDERS)} For the text itself write {{{{{word}}}}}."
                yield Finding(place, f"{{{word}}} is not a placeholder", hint)


def _load(path: KeyPath, load: Raw, workload: Raw) -> Iterator[Finding]:
    model = load.get("model")
    if model == "closed":
        for key in _OPEN_KEYS:
            if key in load:
                hint = f'Leave out {key}, or write model = "open".'
                yield Finding((*path, key), "means nothing in a closed load, which sends as fast as answers come", hint)
        if "thinking" in load and "think" not in load:
            yield Finding((*path, "thinking"), "says how the pause varies, and there is none", 'Add think = "200ms".')
    elif model == "open":
        for key in _CLOSED_KEYS:
            if key in load:
                hint = f'Leave out {key}, or write model = "closed".'
                yield Finding((*path, key), "means nothing in an open load, which sends at its rate", hint)
        if "queue_limit" in load and load.get("when_busy") == "drop":
            hint = 'Leave it out, or write when_busy = "queue".'
            yield Finding((*path, "queue_limit"), "says how many may wait, and with drop none does", hint)
        if "rate" not in load and "stages" not in load:
            hint = 'Add rate = 1000 (requests per second), or stages = [{ duration = "30s", rate = 1000 }].'
            yield Finding(path, "an open load needs a rate", hint)
        elif "stages" not in load and _quantity(units.rate, load["rate"]) == 0:
            yield Finding((*path, "rate"), "nothing would be sent at a rate of 0", "Write requests per second: 1000.")
        yield from _stages(path, load, workload)


def _stages(path: KeyPath, load: Raw, workload: Raw) -> Iterator[Finding]:
    stages = [stage for _, stage in _tables(load, "stages")]
    lengths = [_quantity(units.seconds, stage.get("duration")) for stage in stages]
    rates = [_quantity(units.rate, stage.get("rate")) for stage in stages]
    if not stages or None in lengths or None in rates:
        return
    total_s = sum(length for length in lengths if length is not None)
    warmup_s = _quantity(units.seconds, workload.get("warmup", 0))
    if not any(rates) and not _quantity(units.rate, load.get("rate", 0)):
        yield Finding((*path, "stages"), "nothing would be sent: every rate is 0", "Give one stage a rate above 0.")
    elif "duration" not in workload and warmup_s is not None and total_s <= warmup_s:
        hint = "Without a duration, what is measured is the stages' length less the warm-up: make one of them longer."
        yield Finding((*path, "stages"), "are over before the warm-up is", hint)


def _quantity(read: Any, value: object) -> float | None:
    """Read a quantity for a cross-check; None where the schema refuses it anyway."""
    try:
        result = read(value)
    except Complaint:
        return None
    return float(result)


def _contents(path: KeyPath, workload: Raw, base: Path | None) -> Iterator[Finding]:
    yield from _expect((*path, "expect"), _table(workload, "expect"))
    for place, request in requests_of(path, workload):
        bodies = [key for key in _BODY_KEYS if key in request]
        for key in bodies[1:]:
            yield Finding((*place, key), f"stands beside {bodies[0]}: only one can be sent", "Leave one of them out.")
        if "json" in request:
            yield from _json((*place, "json"), request["json"])
        if base is not None:
            yield from file_checks(place, request, "body_file", base)
        if place[-1] != "request":
            yield from _expect((*place, "expect"), _table(dict(request), "expect"))


def _expect(path: KeyPath, expect: Raw) -> Iterator[Finding]:
    if "json" in expect and "json_text" in expect:
        yield Finding((*path, "json_text"), "stands beside json: only one can hold", "Leave one of them out.")
    if "json" in expect:
        yield from _json((*path, "json"), expect["json"])
    if isinstance(expect.get("json_text"), str):
        try:
            json_body.canonical_text(expect["json_text"])
        except Complaint as complaint:
            yield Finding((*path, "json_text"), complaint.message, complaint.hint)


def _json(path: KeyPath, value: object) -> Iterator[Finding]:
    try:
        json_body.canonical(value)
    except Complaint as complaint:
        yield Finding(path, complaint.message, complaint.hint)


def _comparison(document: Raw) -> Iterator[Finding]:
    comparison = _table(document, "comparison")
    baseline, known = comparison.get("baseline"), names(document, "deployment")
    if isinstance(baseline, str) and baseline not in known:
        hint = did_you_mean(baseline, known) if known else "Add a [[deployment]] with that name."
        yield Finding(("comparison", "baseline"), f'"{baseline}" names no deployment', hint)
    yield from primary_checks(document)
    metrics: tuple[str, ...] = get_args(MetricName)
    for name in _table(comparison, "threshold"):
        if name not in metrics:
            yield Finding(("comparison", "threshold", name), "unknown metric", did_you_mean(name, metrics))


def _slo(document: Raw) -> Iterator[Finding]:
    timeouts = [
        _quantity(units.seconds, workload.get("timeout", _DEFAULT_TIMEOUT_S))
        for _, workload in _tables(document, "workload")
    ]
    longest_s = max((timeout for timeout in timeouts if timeout), default=None)
    for key, value in _table(document, "slo").items():
        limit_s = _quantity(units.seconds, value) if key in _LATENCIES else None
        if longest_s is not None and limit_s is not None and limit_s > longest_s:
            hint = (
                f'A plain number is seconds: for milliseconds write "{value}ms".' if not isinstance(value, str) else ""
            )
            message = (
                f"no answer can take longer than the timeout ({units.duration_text(longest_s)}), so it never fails"
            )
            yield Finding(("slo", key), message, hint)
