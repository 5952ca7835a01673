"""The one question before a load: the workload's own request, with everything put in that is known by then."""

from __future__ import annotations

from dataclasses import replace

from loadbench_gui.core.plan import Client, Target, Tls, Workload
from loadbench_gui.core.request import Request
from loadbench_gui.core.template import basic_auth, first_requests
from loadbench_gui.deploy.answer import Answer, Mask
from loadbench_gui.deploy.verify import verify
from loadbench_gui.engine.inputs import read_inputs


def can_ask(client: Client) -> bool:
    """Say whether one plain HTTP/1.1 request gets the answer that `client` would.

    Not by way of a proxy, a redirect or a challenge, and a server that speaks HTTP/2 may speak nothing else.
    """
    return not (client.http2 or client.proxy or client.redirects or client.auth == "digest")


def probe_of(workload: Workload, client: Client) -> Request:
    """Return the workload's request as its first might be: no placeholder is left in it, and the login is.

    It is the same in every run of a comparison, because the answers are held against each other. Reads the files that
    the workload names. Raises `UserError` for all that is wrong with its requests and their files, so that nothing
    has to be started to find out.
    """
    first, *_ = first_requests(workload, read_inputs(workload))
    logs_in = client.auth == "basic" and not any(name.lower() == "authorization" for name, _ in first.headers)
    return replace(first, headers=(*first.headers, basic_auth(client.credentials))) if logs_in else first


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
