"""Secrets stay out of profiles: `${env:TOKEN}` is replaced just before the first request and masked ever after.

A `Plan` keeps the reference as it is written, so what is stored, shown and reported never held the value. Only the
plan that `resolve_secrets` returns does; it goes to servers and workers and nowhere else. What comes back from them
(sample exchanges, a server's last lines) goes through `Secrets.mask` before it is kept.
A literal `${` is written `$${`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, quote_plus

from loadbench_gui.core.plan import Attach, Deployment, Launch, Plan, Request, Workload
from loadbench_gui.errors import UserError
from loadbench_gui.profile.problems import KeyPath
from loadbench_gui.profile.wording import Finding

_REFERENCE = re.compile(r"(?<!\$)\$\{([A-Za-z]+):([^}]*)\}")
_ENV = re.compile(r"\$\$\{|\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BARE = re.compile(r"(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_UNSENDABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]")
_SHORTEST_CUT = 4
_PLACES = ("request", "url", "metrics", "env", "command")


@dataclass(frozen=True, slots=True)
class Secrets:
    """The values that a plan's references stand for. Its repr shows names only."""

    values: tuple[tuple[str, str], ...] = field(repr=False, default=())

    def mask(self, text: str) -> str:
        """Replace every secret value by its reference."""
        for name, value in sorted(self.values, key=lambda pair: -len(pair[1])):
            for form in _forms(value):
                text = text.replace(form, f"${{env:{name}}}")
        return text

    def mask_bytes(self, data: bytes) -> bytes:
        """Do the same in what went over the wire."""
        for name, value in sorted(self.values, key=lambda pair: -len(pair[1])):
            reference = f"${{env:{name}}}".encode()
            for form in {value.encode("latin-1", "replace"), *(form.encode() for form in _forms(value))}:
                data = data.replace(form, reference)
                cut = _cut_off(data, form)
                if cut:
                    data = data[:-cut] + reference
        return data


def secrets_of(plan: Plan, environ: Mapping[str, str] = os.environ) -> Secrets:
    """Return the values behind the plan's references. Raises `UserError` naming every variable that is not set."""
    missing = missing_secrets(plan, environ)
    if missing:
        listing = ", ".join(missing)
        words = f"the environment variable {listing} is" if len(missing) == 1 else f"the variables {listing} are"
        raise UserError(
            f"{words} not set, and the profile needs {'it' if len(missing) == 1 else 'them'}",
            f"Set it before you start loadbench: export {missing[0]}=...",
        )
    return Secrets(tuple((name, environ[name]) for name in _variables(plan)))


def missing_secrets(plan: Plan, environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return the variables that the plan refers to and that are unset or empty."""
    return tuple(name for name in _variables(plan) if not environ.get(name))


def resolve_secrets(plan: Plan, environ: Mapping[str, str] = os.environ) -> Plan:
    """Return the plan with every reference replaced: for servers and workers only, never to be stored or shown.

    Raises `UserError` for a variable that is not set, or that holds what cannot be sent where it is used.
    """
    values = dict(secrets_of(plan, environ).values)
    return _rewritten(plan, lambda text: _ENV.sub(lambda match: values[match[1]] if match[1] else "${", text))


def _variables(plan: Plan) -> tuple[str, ...]:
    """Return the names of all referenced variables, in order of first use."""
    found: dict[str, None] = {}

    def collect(text: str) -> str:
        found.update((name, None) for name in _ENV.findall(text) if name)
        return text

    _rewritten(plan, collect)
    return tuple(found)


def _rewritten(plan: Plan, rewrite: Callable[[str], str]) -> Plan:
    return replace(
        plan,
        deployments=tuple(_deployment(one, rewrite) for one in plan.deployments),
        workloads=tuple(_workload(one, rewrite) for one in plan.workloads),
    )


def _deployment(deployment: Deployment, rewrite: Callable[[str], str]) -> Deployment:
    source = deployment.source
    if isinstance(source, Attach):
        metrics = source.prometheus_url
        return replace(deployment, source=Attach(rewrite(source.url), metrics if metrics is None else rewrite(metrics)))
    return replace(deployment, source=_launch(source, rewrite))


def _launch(launch: Launch, rewrite: Callable[[str], str]) -> Launch:
    return replace(
        launch,
        command=tuple(rewrite(part) for part in launch.command),
        env=tuple((name, rewrite(value)) for name, value in launch.env),
    )


def _workload(workload: Workload, rewrite: Callable[[str], str]) -> Workload:
    requests = tuple(_request(request, rewrite) for request in workload.requests)
    return replace(workload, request=requests[0], also=requests[1:])


def _request(request: Request, rewrite: Callable[[str], str]) -> Request:
    headers = tuple((name, _sendable(rewrite(value), name)) for name, value in request.headers)
    path = _sendable(rewrite(request.path), "the path")
    return replace(request, path=path, headers=headers, body=_body(request, rewrite))


def _sendable(text: str, where: str) -> str:
    if _UNSENDABLE.search(text):
        raise UserError(
            f"a secret used in {where} holds a line break or a character that HTTP cannot carry there",
            "Check how the environment variable was set; a trailing line break is the usual cause.",
        )
    return text


def _body(request: Request, rewrite: Callable[[str], str]) -> bytes:
    """Rewrite the body; inside JSON a value is escaped, so that quotes in a secret do not break the document."""
    if b"${" not in request.body:
        return request.body
    is_json = any(name.casefold() == "content-type" and "json" in value for name, value in request.headers)
    text = request.body.decode("utf-8", "surrogateescape")
    text = _ENV.sub(lambda match: _escaped(rewrite(match[0])), text) if is_json else rewrite(text)
    return text.encode("utf-8", "surrogateescape")


def _escaped(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def _forms(value: str) -> set[str]:
    """Return how a value may come back: as it is, and as JSON and URLs write it."""
    return {value, _escaped(value), json.dumps(value)[1:-1], quote(value), quote(value, safe=""), quote_plus(value)}


def _cut_off(data: bytes, form: bytes) -> int:
    """Return how many bytes at the end of `data` are the beginning of `form`: samples are cut at a fixed length."""
    longest = min(len(form) - 1, len(data))
    return next((size for size in range(longest, _SHORTEST_CUT - 1, -1) if data.endswith(form[:size])), 0)


def check_references(document: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what is wrong with the references of a parsed profile: unknown kinds, bad names, wrong places."""
    for path, text in _texts(document, ()):
        for kind, name in _REFERENCE.findall(text):
            yield from _reference(path, kind, name)
        if "headers" in path:
            for name in _BARE.findall(text):
                hint = f"Did you mean ${{env:{name}}}? To send it as it is, write $${{{name}}}."
                yield Finding(path, f"${{{name}}} would be sent as it is written", hint)


def _reference(path: KeyPath, kind: str, name: str) -> Iterator[Finding]:
    reference = f"${{{kind}:{name}}}"
    if kind == "keyring":
        hint = f"Secrets from the keyring come in a later version; what is there now is ${{env:{name}}}."
        yield Finding(path, f"{reference} is not there yet", hint)
    elif kind != "env":
        if kind.casefold() in ("env", "environ", "environment"):
            yield Finding(path, f"{reference} is not a secret", f"Write ${{env:{name}}}.")
    elif not _VARIABLE.fullmatch(name):
        hint = "Letters, digits and underscores, not starting with a digit: ${env:TOKEN}."
        yield Finding(path, f'"{name}" is not the name of an environment variable', hint)
    elif not any(place in path for place in _PLACES):
        hint = "Secrets may stand in request, url, metrics, env and command."
        yield Finding(path, f"{reference} is not replaced here", hint)


def _texts(value: object, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    match value:
        case str():
            yield path, value
        case dict():
            for key, item in value.items():
                yield from _texts(item, (*path, key))
        case list():
            for index, item in enumerate(value):
                yield from _texts(item, (*path, index))
        case _:
            return
