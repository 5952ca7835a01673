"""Settings that would do nothing beside others: their author expects an effect, and is told that there is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from loadbench_gui.profile import units
from loadbench_gui.profile.placeholders import requests_of
from loadbench_gui.profile.problems import Complaint, KeyPath
from loadbench_gui.profile.wording import Finding

Raw: TypeAlias = Mapping[str, Any]

_HERE: Final[KeyPath] = ("generator",)
_TLS: Final = ("insecure", "ca_file", "cert_file", "key_file", "server_name")
_BODIES: Final = ("body", "json", "json_text")
_PLAIN: Final = ("http://", "ws://", "http+unix://")


def effect_checks(document: Raw) -> Iterator[Finding]:
    """Yield the keys that the rest of the profile gives no effect: expectations, and keys of `[generator]`."""
    for index, workload in enumerate(document["workload"] if isinstance(document.get("workload"), list) else ()):
        if isinstance(workload, dict):
            yield from dict.fromkeys(_expected_of_head(("workload", index), workload))
    yield from _generator_checks(document)


def _expected_of_head(path: KeyPath, workload: Raw) -> Iterator[Finding]:
    """Find what a body should hold where there is none. A request without expectations has those of the workload."""
    for place, request in requests_of(path, workload):
        if str(request.get("method", "")).upper() != "HEAD":
            continue
        owner, table = (place, request) if isinstance(request.get("expect"), dict) else (path, workload)
        expect = table.get("expect")
        hint = (
            "Expect a status alone, or ask with GET."
            if "also" not in place or owner is place
            else "Ask with GET, or give the HEAD an expectation of its own: expect = { status = 200 }."
        )
        for key in filter(expect.__contains__, _BODIES) if isinstance(expect, dict) else ():
            yield Finding((*owner, "expect", key), "means nothing for a HEAD: its answer has no body", hint)


def _generator_checks(document: Raw) -> Iterator[Finding]:
    generator = document.get("generator")
    if not isinstance(generator, dict):
        return
    workloads = _tables(document, "workload")
    if generator.get("engine") == "in-app" and generator.get("workers", "auto") != "auto":
        hint = 'Leave it out, or write engine = "workers".'
        yield Finding((*_HERE, "workers"), "has no effect where the app itself sends", hint)
    if generator.get("pacing", "auto") != "auto" and workloads and not any(map(_waits, workloads)):
        hint = "Leave it out: only open loads, and closed ones with a think time, wait for moments."
        yield Finding((*_HERE, "pacing"), "has no effect where every load sends as fast as answers come", hint)
    if generator.get("pacing") == "spin" and generator.get("engine") == "in-app":
        hint = 'Leave it out, or write engine = "workers".'
        yield Finding((*_HERE, "pacing"), "has no effect where the app itself sends, if it is to spin", hint)
    elif generator.get("pacing") == "spin" and any(map(_waits, workloads)) and all(map(_is_closed, workloads)):
        hint = 'Leave it out, or write "timer": only the arrivals of open loads are spun for.'
        yield Finding((*_HERE, "pacing"), "has no effect on pauses between requests, if it is to spin", hint)
    requests = [request for workload in workloads for request in _requests(workload)]
    if generator.get("auth", "none") != "none" and requests and all(map(_logs_in, requests)):
        hint = "Leave out auth and credentials, or the headers."
        yield Finding((*_HERE, "auth"), "has no effect where every request has its own Authorization", hint)
    if not _may_encrypt(document, generator):
        for key in _TLS:
            if generator.get(key):
                hint = "Leave it out, or give a deployment an https:// url."
                yield Finding((*_HERE, key), "has no effect where nothing is encrypted", hint)


def _tables(raw: Raw, key: str) -> list[Raw]:
    value = raw.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _is_closed(workload: Raw) -> bool:
    load = workload.get("load")
    return isinstance(load, dict) and load.get("model") == "closed"


def _waits(workload: Raw) -> bool:
    load = workload.get("load")
    if not isinstance(load, dict) or load.get("model") != "closed":
        return True
    try:
        return units.seconds(load.get("think", 0)) > 0
    except Complaint:
        return True


def _requests(workload: Raw) -> list[Raw]:
    return [request for _, request in requests_of((), workload)] if "request" in workload else [{}]


def _logs_in(request: Raw) -> bool:
    headers = request.get("headers")
    return isinstance(headers, dict) and any(name.casefold() == "authorization" for name in headers)


def _may_encrypt(document: Raw, generator: Raw) -> bool:
    """Say whether TLS may be spoken with anybody. Servers that are started here speak none."""
    proxy = generator.get("proxy")
    if generator.get("redirects") or (isinstance(proxy, str) and not _is_plain(proxy)):
        return True
    urls = [deployment["url"] for deployment in _tables(document, "deployment") if "url" in deployment]
    return not document.get("deployment") or any(not isinstance(url, str) or not _is_plain(url) for url in urls)


def _is_plain(url: str) -> bool:
    return url.casefold().startswith(_PLAIN)
