"""Secrets stay out of profiles: `${env:TOKEN}` is replaced just before the first request and masked ever after.

A `Plan` keeps the reference as it is written, so what is stored, shown and reported never held the value. Only the
plan that `resolve_secrets` returns does; it goes to servers and workers and nowhere else. What comes back from them
(sample exchanges, a server's last lines) goes through `Secrets.mask` before it is kept.
A literal `${` is written `$${`. In a request it stays so until its placeholders are replaced (`core.template`), and a
value that looks like a placeholder is escaped likewise: secrets are taken literally.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias
from urllib.parse import unquote

from loadbench_gui.core.plan import Attach, Deployment, Launch, Plan, Request, SocketSettings, Workload
from loadbench_gui.core.template.head import basic_auth, is_json
from loadbench_gui.core.template.syntax import Mark, escape, without_marks
from loadbench_gui.errors import UserError
from loadbench_gui.profile import json_body
from loadbench_gui.profile.masking import Secrets, escaped
from loadbench_gui.profile.problems import KeyPath
from loadbench_gui.profile.wording import Finding

__all__ = ["Secrets", "check_references", "is_reference", "missing_secrets", "resolve_secrets", "secrets_of"]

_REFERENCE = re.compile(r"(?<!\$)\$\{([A-Za-z]+):([^}]*)\}")
_ENV = re.compile(r"\$\$\{|\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_UNSENDABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]")
_PLACES = ("request", "also", "message", "hello", "url", "metrics", "env", "command", "credentials", "proxy")
_KINDS = ("env", "environ", "environment", "keyring")

Rewrite: TypeAlias = Callable[[str], str]
RewriteText: TypeAlias = Callable[[str, bool], str]
"""Text of a request or a message, and whether it is JSON, to the text with values in place of references."""


def secrets_of(plan: Plan, environ: Mapping[str, str] = os.environ) -> Secrets:
    """Return the values behind the plan's references. Raises `UserError` naming every variable that is not set."""
    missing = missing_secrets(plan, environ)
    if missing:
        listing = ", ".join(missing)
        words = f"the environment variable {listing} is" if len(missing) == 1 else f"the variables {listing} are"
        raise UserError(
            f"{words} not set, and ${{env:{missing[0]}}} asks for {'it' if len(missing) == 1 else 'one of them'}",
            f"Set it before you start loadbench: export {missing[0]}=...",
        )
    return Secrets((*_values(plan, environ).items(), *_login(plan, environ)), tuple(_literals(plan)))


def _values(plan: Plan, environ: Mapping[str, str]) -> dict[str, str]:
    return {name: environ[name] for name in _variables(plan)}


def _login(plan: Plan, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield credentials as `Authorization: Basic` carries them, under the name of the last secret in them."""
    credentials = plan.generator.client.credentials
    names = [name for name in _ENV.findall(credentials) if name]
    if names:
        _, value = basic_auth(_ENV.sub(lambda match: environ[match[1]] if match[1] else "${", credentials))
        yield names[-1], value.removeprefix("Basic ")


def _literals(plan: Plan) -> Iterator[str]:
    """Yield the passwords that are written out, of the login and of the proxy, and as Basic logins carry them."""
    client = plan.generator.client
    proxy, at, _ = client.proxy.partition("//")[2].rpartition("@")
    for login in (client.credentials, unquote(proxy) if at else "", proxy if at else ""):
        # A NUL stands for each reference: the colon in it separates nothing.
        text = _ENV.sub(lambda match: "\0" if match[1] else "${", login)
        password = text.partition(":")[2]
        if password and "\0" not in password:
            yield password
        if password and "\0" not in text:
            yield basic_auth(text)[1].removeprefix("Basic ")


def missing_secrets(plan: Plan, environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return the variables that the plan refers to and that are unset or empty."""
    return tuple(name for name in _variables(plan) if not environ.get(name))


def resolve_secrets(plan: Plan, environ: Mapping[str, str] = os.environ) -> Plan:
    """Return the plan with every reference replaced: for servers and workers only, never to be stored or shown.

    Raises `UserError` for a variable that is not set, or that holds what cannot be sent where it is used.
    """
    secrets_of(plan, environ)
    values = _values(plan, environ)

    def outside(text: str) -> str:
        return _ENV.sub(lambda match: values[match[1]] if match[1] else "${", text)

    def in_request(text: str, in_json: bool) -> str:
        return _ENV.sub(lambda match: _literal(values[match[1]], match, in_json) if match[1] else match[0], text)

    def in_message(text: str, in_json: bool) -> str:
        return _ENV.sub(lambda match: _inside(values[match[1]], in_json) if match[1] else "${", text)

    return _rewritten(plan, outside, in_request, in_message)


def _inside(value: str, in_json: bool) -> str:
    return escaped(value) if in_json else value


def _literal(value: str, match: re.Match[str], in_json: bool) -> str:
    """Return a value as it stands for itself in a request whose placeholders are yet to be replaced."""
    value = escape(_inside(value, in_json))
    bare = value.rstrip("$")
    if bare == value or not match.string.startswith(("$", "{"), match.end()):
        return value
    # With what follows, its last dollars could begin a placeholder: a choice of one is itself, whatever follows.
    return f"{bare}${{choice:{value[len(bare) :]}}}"


def _variables(plan: Plan) -> tuple[str, ...]:
    """Return the names of all referenced variables, in order of first use."""
    found: dict[str, None] = {}

    def collect(text: str, in_json: bool = False) -> str:
        found.update((name, None) for name in _ENV.findall(text) if name)
        return text

    _rewritten(plan, collect, collect, collect)
    return tuple(found)


def _rewritten(plan: Plan, rewrite: Rewrite, in_request: RewriteText, in_message: RewriteText) -> Plan:
    client = plan.generator.client
    client = replace(client, proxy=rewrite(client.proxy), credentials=rewrite(client.credentials))
    return replace(
        plan,
        deployments=tuple(_deployment(one, rewrite) for one in plan.deployments),
        workloads=tuple(_workload(one, in_request, in_message) for one in plan.workloads),
        generator=replace(plan.generator, client=client),
    )


def _deployment(deployment: Deployment, rewrite: Rewrite) -> Deployment:
    source = deployment.source
    if isinstance(source, Attach):
        metrics = source.prometheus_url
        return replace(deployment, source=Attach(rewrite(source.url), metrics if metrics is None else rewrite(metrics)))
    return replace(deployment, source=_launch(source, rewrite))


def _launch(launch: Launch, rewrite: Rewrite) -> Launch:
    return replace(
        launch,
        command=tuple(rewrite(part) for part in launch.command),
        env=tuple((name, rewrite(value)) for name, value in launch.env),
    )


def _workload(workload: Workload, in_request: RewriteText, in_message: RewriteText) -> Workload:
    requests = tuple(_request(request, in_request) for request in workload.requests)
    websocket = None if workload.websocket is None else _websocket(workload.websocket, in_message)
    return replace(workload, request=requests[0], also=requests[1:], websocket=websocket)


def _websocket(settings: SocketSettings, rewrite: RewriteText) -> SocketSettings:
    """Rewrite what is sent on a WebSocket. It has no placeholders: its `$${` are read here, once and for all."""
    return replace(settings, message=_message(settings.message, rewrite), hello=_message(settings.hello, rewrite))


def _message(message: bytes, rewrite: RewriteText) -> bytes:
    if b"${" not in message:
        return message
    text = message.decode("utf-8", "surrogateescape")
    return rewrite(text, json_body.is_json(text)).encode("utf-8", "surrogateescape")


def _request(request: Request, rewrite: RewriteText) -> Request:
    headers = tuple((name, _sendable(value, rewrite(value, False), name)) for name, value in request.headers)
    path = _sendable(request.path, rewrite(request.path, False), "the path")
    return replace(request, path=path, headers=headers, body=_body(request, rewrite))


def _sendable(written: str, text: str, where: str) -> str:
    if _UNSENDABLE.search(without_marks(written)):
        raise UserError(f"{where} holds a character that HTTP cannot carry there", "Write one line of Latin-1 text.")
    if _UNSENDABLE.search(without_marks(text)):
        raise UserError(
            f"a secret used in {where} holds a line break or a character that HTTP cannot carry there",
            "Check how the environment variable was set; a trailing line break is the usual cause.",
        )
    return text


def _body(request: Request, rewrite: RewriteText) -> bytes:
    """Rewrite the body; inside JSON a value is escaped, so that quotes in a secret do not break the document."""
    if b"${" not in request.body:
        return request.body
    text = request.body.decode("utf-8", "surrogateescape")
    return rewrite(text, is_json(request)).encode("utf-8", "surrogateescape")


def is_reference(mark: Mark) -> bool:
    """Say whether this is meant as a secret, however it is spelt, and not as a placeholder of a request."""
    return mark.argument is not None and mark.word.casefold() in _KINDS


def check_references(document: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what is wrong with the references of a parsed profile: unknown kinds, bad names, wrong places."""
    for path, text in _texts(document, ()):
        for kind, name in _REFERENCE.findall(text):
            yield from _reference(path, kind, name)


def _reference(path: KeyPath, kind: str, name: str) -> Iterator[Finding]:
    reference = f"${{{kind}:{name}}}"
    if kind == "keyring":
        hint = f"Secrets from the keyring come in a later version; what is there now is ${{env:{name}}}."
        yield Finding(path, f"{reference} is not there yet", hint)
    elif kind != "env":
        if kind.casefold() in _KINDS:
            yield Finding(path, f"{reference} is not a secret", f"Write ${{env:{name}}}.")
    elif not _VARIABLE.fullmatch(name):
        hint = "Letters, digits and underscores, not starting with a digit: ${env:TOKEN}."
        yield Finding(path, f'"{name}" is not the name of an environment variable', hint)
    elif "expect" in path or not any(place in path for place in _PLACES):
        hint = f"Secrets may stand in {', '.join(_PLACES[:-1])} and {_PLACES[-1]}."
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
