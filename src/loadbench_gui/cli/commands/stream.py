"""`loadbench stream`: answers that come event by event, from one address, without a profile."""

from __future__ import annotations

from loadbench_gui.cli.firing import fire
from loadbench_gui.cli.options import address, message, together
from loadbench_gui.cli.options.grouping import grouped
from loadbench_gui.cli.options.groups import Login, Message, OpenLoop, Output, Sender, StreamPace, Trust
from loadbench_gui.cli.options.streaming import Streams, must_end
from loadbench_gui.cli.table import new_app
from loadbench_gui.core.plan import Workload

app = new_app()


@app.command("stream")
@grouped
def stream(
    *,
    url: address.Url,
    streams: Streams,
    pace: StreamPace,
    loop: OpenLoop,
    asked: Message,
    trust: Trust,
    login: Login,
    by: Sender,
    output: Output,
) -> int:
    """Open streams at one address: when their first event comes, how the others follow, and whether all do."""
    generator = by.generator(login.client(), trust)
    base, path = address.split(url)
    request = asked.first(path, more=streams.headers())
    settings = streams.settings(has_body=bool(request.body or request.body_file))
    must_end(streams, pace.requests, pace.duration_s)
    workload = Workload(
        name=path,
        kind="stream",
        request=request,
        expect=message.expectation(asked.expect_status, None),
        shape=loop.shape(pace),
        warmup_s=pace.warmup_s,
        duration_s=pace.length_s(loop.stages),
        timeout_s=pace.timeout_s,
        requests_limit=pace.requests,
        also=message.others(asked.also or (), request.headers),
        data_file=asked.data_file or "",
        stream=settings,
    )
    together.must_matter(base, workload, generator)
    return fire(output, base, workload, generator)
