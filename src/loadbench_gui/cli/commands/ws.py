"""`loadbench ws`: WebSockets at one address, without a profile."""

from __future__ import annotations

from loadbench_gui.cli.firing import fire
from loadbench_gui.cli.options import address, message, together
from loadbench_gui.cli.options.grouping import grouped
from loadbench_gui.cli.options.groups import Login, OpenLoopEach, Output, Sender, SocketPace, Trust
from loadbench_gui.cli.options.websocket import Messages, handshake_headers, one_clock
from loadbench_gui.cli.table import new_app
from loadbench_gui.core.plan import Workload
from loadbench_gui.core.request import Expectation, Request

app = new_app()


@app.command("ws")
@grouped
def ws(
    *,
    url: address.SocketUrl,
    messages: Messages,
    headers: message.Headers = None,
    data_file: message.DataFile = None,
    pace: SocketPace,
    loop: OpenLoopEach,
    trust: Trust,
    login: Login,
    by: Sender,
    output: Output,
) -> int:
    """Open WebSockets at one address: round trips, pushed messages, fan-out, or connections that are held."""
    generator = by.generator(login.client(), trust)
    base, path = address.split(url, is_socket=True)
    settings = messages.settings()
    one_clock(messages, generator)
    workload = Workload(
        name=path,
        kind="ws",
        request=Request("GET", path, handshake_headers(headers)),
        expect=Expectation(),
        shape=messages.shape(pace, loop),
        warmup_s=pace.warmup_s,
        duration_s=pace.length_s(loop.stages),
        timeout_s=pace.timeout_s,
        requests_limit=pace.requests,
        data_file=data_file or "",
        websocket=settings,
    )
    together.must_matter(base, workload, generator)
    return fire(output, base, workload, generator)
