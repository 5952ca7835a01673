"""The head of a result: which address was asked for what, and how hard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.console import Console
from rich.text import Text

from loadbench_gui.core.plan import Request, Workload
from loadbench_gui.core.run import Run
from loadbench_gui.report import words
from loadbench_gui.report.endings import ending, is_cut_short

SOCKET_SCHEMES: Final = {"http": "ws", "https": "wss"}


def print_head(console: Console, run: Run) -> None:
    """Print which address was asked for what, and how."""
    request = run.workload.request
    url = address(run.url, run.workload)
    who = "" if run.label.deployment in (url, run.url) else f"{run.label.deployment}  "
    method = "" if request.method == "GET" else f"{request.method} "
    what = url if run.workload.also else f"{method}{url}{request.path}"
    console.print()
    console.print(Text(f"{who}{what}", style="bold"))
    for line in mix(run.workload.requests):
        console.print(Text(f"  {line}"))
    console.print(Text(_how(run), style="dim"))
    if not run.sealed:
        console.print(Text(_ended(run), style="yellow"))


def _ended(run: Run) -> str:
    """Say how a run ended that did not end as planned, and what that leaves of it."""
    how = ending(run.stop_reason, sealed=run.sealed)
    how = how[:1].upper() + how[1:]
    if is_cut_short(run.stop_reason, sealed=run.sealed):
        return f"{how}."
    waiting = f"; {words.count(run.measured.censored)} had none" if run.measured.censored else ""
    return f"{how}{waiting}. What was to be measured was measured whole."


def address(url: str, workload: Workload) -> str:
    """Return the URL that the workload is sent to: the scheme of a WebSocket says what it is."""
    scheme, separator, rest = url.partition("://")
    return SOCKET_SCHEMES.get(scheme, scheme) + separator + rest if workload.kind == "ws" else url


def mix(requests: tuple[Request, ...]) -> Iterator[str]:
    """Yield the share of each request where there are several."""
    total = sum(request.weight for request in requests)
    if len(requests) > 1:
        for request in requests:
            yield f"{words.percent(request.weight / total):>5} {request.method} {request.path}"


def _how(run: Run) -> str:
    warm = f" after {words.seconds(run.workload.warmup_s)} of warm-up" if run.workload.warmup_s else ""
    by = {"fast": "", "httpx": ", sent by httpx"}.get(run.client, f", sent by {run.client}")
    where = ", from this process" if run.engine == "in-app" else ""
    what = "".join(f"{said}, " for said in words.read_as(run.workload))
    return f"{what}{words.load(run.workload)}, {words.seconds(run.duration_s)}{warm}{by}{where}"
