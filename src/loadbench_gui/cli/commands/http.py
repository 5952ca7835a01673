"""`loadbench http`: traffic at one address, without a profile."""

from __future__ import annotations

from rich.text import Text

from loadbench_gui.cli.common import DataDir, JsonTo, Quiet
from loadbench_gui.cli.measuring import measure_one
from loadbench_gui.cli.options import address, load, message, sender, tls, together, values
from loadbench_gui.cli.session import Terminal, run_async
from loadbench_gui.cli.table import new_app
from loadbench_gui.core.plan import Attach, ComparisonSettings, Deployment, GeneratorSettings, Plan, Tls, Workload

app = new_app()


@app.command("http")
def http(
    url: address.Url,
    connections: load.Connections = 50,
    duration_s: load.Duration = None,
    requests: load.Requests = None,
    rate_rps: load.Rate = None,
    stages: load.Stages = None,
    arrival: load.Arrivals = "constant",
    when_busy: load.WhenAllBusy = "queue",
    queue_limit: load.QueueLimit = None,
    think_s: load.Think = "0s",  # type: ignore[assignment]
    thinking: load.ThinkingTime = "constant",
    warmup_s: load.Warmup = "0s",  # type: ignore[assignment]
    timeout_s: load.Timeout = "10s",  # type: ignore[assignment]
    method: message.Method = "GET",
    headers: message.Headers = None,
    body: message.Body = None,
    body_file: message.BodyFile = None,
    also: message.Also = None,
    data_file: message.DataFile = None,
    gzip: message.Gzip = False,
    expect_status: message.ExpectStatus = None,
    expect_body: message.ExpectBody = None,
    insecure: tls.Insecure = False,
    ca_file: tls.CaFile = None,
    cert_file: tls.CertFile = None,
    key_file: tls.KeyFile = None,
    server_name: tls.ServerName = None,
    client_name: sender.SentBy = None,
    http2: sender.Http2 = False,
    proxy: sender.Proxy = None,
    redirects: sender.Redirects = False,
    cookies: sender.Cookies = False,
    auth: sender.Auth = None,
    user: sender.User = None,
    engine: sender.Engine = "workers",
    workers: sender.Workers = "auto",  # type: ignore[assignment]
    cpus: sender.Cpus = "auto",
    pacing: sender.PacedBy = "auto",
    json_to: JsonTo = None,
    quiet: Quiet = False,
    data_dir: DataDir = None,
) -> int:
    """Fire HTTP traffic at one address, and show both latency clocks."""
    asked = sender.Abilities(http2, proxy or "", redirects, cookies, auth)
    client = sender.client(client_name, asked, user or "")
    trust = Tls(insecure, *(given or "" for given in (ca_file, cert_file, key_file, server_name)))
    generator = sender.generator(engine, workers, cpus, pacing, client, trust)
    base, path = address.split(url)
    request = message.first(method, path, tuple(map(values.header, headers or ())), body, body_file or "", gzip=gzip)
    workload = Workload(
        name=path,
        kind="http",
        request=request,
        expect=message.expectation(expect_status, expect_body),
        shape=load.shape(
            connections, rate_rps=rate_rps, stages=stages or (), arrival=arrival, when_busy=when_busy,
            queue_limit=queue_limit, think_s=think_s, thinking=thinking,
        ),
        warmup_s=warmup_s,
        duration_s=load.length_s(duration_s, requests, stages or (), warmup_s),
        timeout_s=timeout_s,
        requests_limit=requests,
        also=message.others(also or (), request.headers),
        data_file=data_file or "",
    )  # fmt: skip
    together.must_matter(base, workload, generator)
    terminal = Terminal(json_to, quiet, data_dir)
    if client.name == "httpx" and client_name is None:
        needed = " and ".join(asked.needing_httpx)
        terminal.words.print(Text(f"Sent by httpx, because of {needed}: it costs far more CPU a request.", "dim"))
    return _measure(terminal, base, workload, generator)


def _measure(terminal: Terminal, base: str, workload: Workload, generator: GeneratorSettings) -> int:
    """Measure one workload at one address that is up already; nothing is sent but the load."""
    deployment = Deployment(base, Attach(base))
    plan = Plan(base, (deployment,), (workload,), ComparisonSettings(base), generator=generator)
    return run_async(
        lambda interrupts: measure_one(terminal, interrupts, plan, deployment, (workload,), check_answer=False)
    )
