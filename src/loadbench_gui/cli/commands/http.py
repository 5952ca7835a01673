"""`loadbench http`: traffic at one address, without a profile."""

from __future__ import annotations

from typing import Annotated, cast
from urllib.parse import quote, urlsplit

import typer

from loadbench_gui.cli import options as parse
from loadbench_gui.cli.common import DataDir, JsonTo, Quiet
from loadbench_gui.cli.measuring import measure_one
from loadbench_gui.cli.session import Terminal, run_async
from loadbench_gui.cli.table import new_app
from loadbench_gui.core.plan import (
    Arrival,
    Attach,
    ClosedLoad,
    ComparisonSettings,
    Deployment,
    EngineName,
    Expectation,
    GeneratorSettings,
    OpenLoad,
    Pacing,
    Plan,
    Request,
    Tls,
    WhenBusy,
    Workload,
)
from loadbench_gui.deploy.resolve import resolve
from loadbench_gui.errors import UserError

SENT_AS_WRITTEN = "%/?:@!$&'()*+,;=-._~[]|"
"""What RFC 3986 allows in a path or query, what is encoded already, and what servers take as it is."""

app = new_app()


@app.command("http")
def http(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to: http or https, with path and query.")],
    connections: Annotated[
        int, typer.Option("-c", "--connections", min=1, max=100_000, help="Connections at the same time.")
    ] = 50,
    duration_s: Annotated[
        float,
        typer.Option("-d", "--duration", parser=parse.positive_duration, metavar="TIME", help="How long, as in 10s."),
    ] = "10s",  # type: ignore[assignment]
    rate_rps: Annotated[
        float | None, typer.Option("-r", "--rate", min=0.001, help="Open loop: arrivals per second.")
    ] = None,
    arrival: Annotated[
        str,
        typer.Option(
            "--arrival",
            parser=parse.one_of("constant", "poisson"),
            metavar="|".join(("constant", "poisson")),
            help="With --rate: evenly, or at random as independent users come.",
        ),
    ] = "constant",
    workers: Annotated[
        int | None,
        typer.Option("-w", "--workers", parser=parse.worker_count, metavar="auto|N", help="Processes that send."),
    ] = "auto",  # type: ignore[assignment]
    method: Annotated[str, typer.Option("-m", "--method", help="The request's method.")] = "GET",
    headers: Annotated[
        list[str] | None, typer.Option("-H", "--header", metavar="'NAME: VALUE'", help="A header to send.")
    ] = None,
    body: Annotated[str, typer.Option("--body", metavar="TEXT|@FILE", help="What to send as the body.")] = "",
    timeout_s: Annotated[
        float,
        typer.Option("--timeout", parser=parse.positive_duration, metavar="TIME", help="When to give a request up."),
    ] = "10s",  # type: ignore[assignment]
    expect_status: Annotated[
        int | None, typer.Option("--expect-status", min=100, max=599, help="Any other status is a failure.")
    ] = None,
    expect_body: Annotated[str | None, typer.Option("--expect-body", help="Text each body must contain.")] = None,
    requests: Annotated[
        int | None, typer.Option("-n", "--requests", min=1, help="End after so many, if that comes first.")
    ] = None,
    client: Annotated[str, typer.Option("--client", help="Comes with a later version.")] = "fast",
    http2: Annotated[bool, typer.Option("--http2", help="Comes with a later version.")] = False,
    insecure: Annotated[bool, typer.Option("--insecure", help="Do not verify the server's certificate.")] = False,
    proxy: Annotated[str | None, typer.Option("--proxy", help="Comes with a later version.")] = None,
    warmup_s: Annotated[
        float, typer.Option("--warmup", parser=parse.duration, metavar="TIME", help="Load before measuring begins.")
    ] = "0s",  # type: ignore[assignment]
    pacing: Annotated[
        str,
        typer.Option(
            "--pacing",
            parser=parse.one_of("auto", "timer", "spin"),
            metavar="|".join(("auto", "timer", "spin")),
            help="With --rate: wait for each moment by the kernel's timer, or burn a CPU for it.",
        ),
    ] = "auto",
    when_busy: Annotated[
        str,
        typer.Option(
            "--when-busy",
            parser=parse.one_of("queue", "drop"),
            metavar="|".join(("queue", "drop")),
            help="With --rate, when every connection is taken: let requests wait, or drop and count them.",
        ),
    ] = "queue",
    engine: Annotated[
        str,
        typer.Option("--engine", metavar="workers|in-app", help="Who sends: processes of their own, or this one."),
    ] = "workers",
    cpus: Annotated[str, typer.Option("--cpus", metavar="LIST", help="CPUs of the generator, as in 0,2-3.")] = "auto",
    json_to: JsonTo = None,
    quiet: Quiet = False,
    data_dir: DataDir = None,
) -> int:
    """Fire HTTP traffic at one address, and show both latency clocks."""
    _refuse_what_comes_later(client, http2, proxy, engine)
    base, path = _split(url)
    shape = (
        ClosedLoad(connections)
        if rate_rps is None
        else OpenLoad(connections, rate_rps, cast("Arrival", arrival), (), cast("WhenBusy", when_busy))
    )
    workload = Workload(
        name=path,
        kind="http",
        request=Request(method.upper(), path, tuple(parse.header(h) for h in headers or ()), parse.body(body)),
        expect=Expectation(expect_status, expect_body.encode() if expect_body is not None else None),
        shape=shape,
        warmup_s=warmup_s,
        duration_s=duration_s,
        timeout_s=timeout_s,
        requests_limit=requests,
    )
    deployment = Deployment(base, Attach(base))
    generator = GeneratorSettings(
        cast("EngineName", engine), workers, parse.cpu_list(cpus), cast("Pacing", pacing), tls=Tls(insecure=insecure)
    )
    plan = Plan(base, (deployment,), (workload,), ComparisonSettings(base), generator=generator)
    terminal = Terminal(json_to, quiet, data_dir)
    return run_async(
        lambda interrupts: measure_one(terminal, interrupts, plan, deployment, (workload,), check_answer=False)
    )


def _split(url: str) -> tuple[str, str]:
    """Cut a URL into scheme://authority and the path with its query, encoded as a browser would.

    Raises `UserError`, `TargetFault`.
    """
    resolve(url)
    parts = urlsplit(url.strip())
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return f"{parts.scheme}://{parts.netloc}", quote(path, safe=SENT_AS_WRITTEN)


def _refuse_what_comes_later(client: str, http2: bool, proxy: str | None, engine: str) -> None:
    if client != "fast" or http2 or proxy is not None:
        raise UserError(
            "the httpx client (HTTP/2, proxies) comes with a later version",
            "Leave out --client, --http2 and --proxy to use the fast HTTP/1.1 client.",
        )
    if engine.startswith("dask://"):
        raise UserError("clusters come with a later version", "Use --engine workers or --engine in-app.")
    if engine not in ("workers", "in-app"):
        raise UserError(f"there is no engine called {engine!r}", "Use --engine workers or --engine in-app.")
