"""The request that is sent once before a load: the workload's own, with everything put in that is known by then."""

from __future__ import annotations

from dataclasses import replace

from loadbench_gui.core.plan import Client, Workload
from loadbench_gui.core.request import Request
from loadbench_gui.core.template import basic_auth, first_requests
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
