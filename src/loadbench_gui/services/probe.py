"""The question before a load: the workload's own requests, with everything put in that is known by then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from loadbench_gui.core.plan import Client, Target, Tls, Workload
from loadbench_gui.core.request import Request
from loadbench_gui.core.template import basic_auth, first_requests
from loadbench_gui.deploy.answer import SHOWN_CHARS, Answer, Mask, digest_of
from loadbench_gui.deploy.verify import verify
from loadbench_gui.engine.inputs import read_inputs

MOST_ASKED: Final = 8
"""Requests of a mix: each takes a moment before every run."""


def can_ask(client: Client) -> bool:
    """Say whether one plain HTTP/1.1 request gets the answer that `client` would.

    Not by way of a proxy, a redirect or a challenge, and a server that speaks HTTP/2 may speak nothing else.
    """
    return not unasked_because_of(client)


def unasked_because_of(client: Client) -> tuple[str, ...]:
    """Return what of `client` one plain HTTP/1.1 request cannot do, in words."""
    hindrances = {
        "HTTP/2": client.http2,
        "a proxy": bool(client.proxy),
        "redirects": client.redirects,
        "a digest login": client.auth == "digest",
    }
    return tuple(what for what, applies in hindrances.items() if applies)


def probes_of(workload: Workload, client: Client) -> tuple[Request, ...]:
    """Return what is asked before the load: each request of a mix, up to a few, as its first might be.

    No placeholder is left in them, and the login is. Of streams, which take their time, it is the first one alone.
    They are the same in every run of a comparison, because the answers are held against each other.
    Reads the files that the workload names. Raises `UserError` for all that is wrong with its requests and their files,
    so that nothing has to be started to find out.
    """
    concrete = first_requests(workload, read_inputs(workload))
    asked = concrete[: MOST_ASKED if workload.kind == "http" else 1]
    return tuple(_logged_in(request, client) for request in asked)


def _logged_in(request: Request, client: Client) -> Request:
    if client.auth != "basic" or any(name.lower() == "authorization" for name, _ in request.headers):
        return request
    return replace(request, headers=(*request.headers, basic_auth(client.credentials)))


async def ask(target: Target, workload: Workload, tls: Tls, mask: Mask = bytes) -> Answer:
    """Ask `target` once for what `workload` will ask for: an answer, a stream, or what its WebSockets do.

    workload: its request is the probe's. mask: takes secret values out of what is quoted.
    Raises `TargetFault` when nothing answers within the workload's timeout.
    """
    request, timeout_s = workload.request, workload.timeout_s
    expect = request.expect or workload.expect
    if workload.stream is not None:
        from loadbench_gui.deploy.verify_stream import verify_stream

        return await verify_stream(target, request, expect, workload.stream, timeout_s=timeout_s, tls=tls, mask=mask)
    if workload.websocket is not None:
        from loadbench_gui.deploy.verify_socket import verify_socket

        return await verify_socket(target, request, workload.websocket, timeout_s=timeout_s, tls=tls, mask=mask)
    return await verify(target, request, expect, timeout_s=timeout_s, tls=tls, mask=mask)


async def ask_each(
    target: Target, workload: Workload, probes: Sequence[Request], tls: Tls, mask: Mask = bytes
) -> Answer:
    """Ask `target` for each of `probes`, one after the other, and return their answers as one.

    It is right when all of them are, and the same as another when all of them are. Raises like `ask`.
    """
    answers = [await ask(target, replace(workload, request=probe), tls, mask) for probe in probes]
    return answers[0] if len(answers) == 1 else _as_one(probes, answers, mask)


def _as_one(probes: Sequence[Request], answers: Sequence[Answer], mask: Mask) -> Answer:
    which = next((number for number, answer in enumerate(answers) if answer.problem), 0)
    shown, probe = answers[which], probes[which]
    path = mask(probe.path.encode())[:SHOWN_CHARS].decode(errors="replace")
    return replace(
        shown,
        digest=digest_of(*(answer.digest.encode() for answer in answers)),
        complete=all(answer.complete for answer in answers),
        problem=f"{probe.method} {path}: {shown.problem}" if shown.problem else "",
    )
