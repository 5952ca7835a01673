"""`loadbench http`: traffic at one address, without a profile."""

from __future__ import annotations

from loadbench_gui.cli.firing import fire
from loadbench_gui.cli.options import address, message, sender, together
from loadbench_gui.cli.options.grouping import grouped
from loadbench_gui.cli.options.groups import Message, OpenLoop, Output, Pace, Sender, Trust
from loadbench_gui.cli.table import new_app
from loadbench_gui.core.plan import Workload

app = new_app()


@app.command("http")
@grouped
def http(
    *,
    url: address.Url,
    pace: Pace,
    loop: OpenLoop,
    asked: Message,
    gzip: message.Gzip = False,
    expect_body: message.ExpectBody = None,
    trust: Trust,
    client_name: sender.SentBy = None,
    http2: sender.Http2 = False,
    proxy: sender.Proxy = None,
    redirects: sender.Redirects = False,
    cookies: sender.Cookies = False,
    auth: sender.Auth = None,
    user: sender.User = None,
    by: Sender,
    output: Output,
) -> int:
    """Fire HTTP traffic at one address, and show both latency clocks."""
    abilities = sender.Abilities(http2, proxy or "", redirects, cookies, auth)
    client = sender.client(client_name, abilities, user or "")
    generator = by.generator(client, trust)
    base, path = address.split(url, proxied=bool(proxy))
    request = asked.first(path, more=(message.COMPRESSED,) if gzip else ())
    workload = Workload(
        name=path,
        kind="http",
        request=request,
        expect=message.expectation(asked.expect_status, expect_body),
        shape=loop.shape(pace),
        warmup_s=pace.warmup_s,
        duration_s=pace.length_s(loop.stages),
        timeout_s=pace.timeout_s,
        requests_limit=pace.requests,
        also=message.others(asked.also or (), request.headers),
        data_file=asked.data_file or "",
    )
    together.must_matter(base, workload, generator)
    needed = " and ".join(abilities.needing_httpx)
    by_httpx = client.name == "httpx" and client_name is None
    remark = f"Sent by httpx, because of {needed}: it costs far more CPU a request." if by_httpx else ""
    return fire(output, base, workload, generator, remark)
