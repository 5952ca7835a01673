"""Who sends: the client, its processes and its CPUs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias, cast
from urllib.parse import urlsplit

import typer

from loadbench_gui.cli.options import values
from loadbench_gui.core.plan import AuthScheme, Client, ClientName, EngineName, GeneratorSettings, Pacing, Tls
from loadbench_gui.core.shown_url import without_login
from loadbench_gui.errors import UserError

PROXIES: Final = ("http", "https")

Workers: TypeAlias = Annotated[
    int | None,
    typer.Option("-w", "--workers", parser=values.worker_count, metavar="auto|N", help="Processes that send."),
]
Engine: TypeAlias = Annotated[
    str,
    typer.Option("--engine", metavar="workers|in-app", help="Who sends: processes of their own, or this one."),
]
Cpus: TypeAlias = Annotated[str, typer.Option("--cpus", metavar="LIST", help="CPUs of the generator, as in 0,2-3.")]
PacedBy: TypeAlias = Annotated[
    str,
    typer.Option(
        "--pacing", parser=values.one_of("auto", "timer", "spin"), metavar="auto|timer|spin",
        help="Open loop: wait for each moment by the kernel's timer, or burn a CPU for it.",
    ),
]  # fmt: skip
SentBy: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--client", parser=values.one_of("fast", "httpx"), metavar="fast|httpx",
        help="Our own HTTP/1.1 client, or httpx: slower, and able to do more. Without it, what the options need.",
    ),
]  # fmt: skip
Http2: TypeAlias = Annotated[bool, typer.Option("--http2", help="Speak HTTP/2 and nothing else (httpx).")]
Proxy: TypeAlias = Annotated[str | None, typer.Option("--proxy", metavar="URL", help="Go through this proxy (httpx).")]
Redirects: TypeAlias = Annotated[bool, typer.Option("--redirects", help="Follow redirects (httpx).")]
Cookies: TypeAlias = Annotated[bool, typer.Option("--cookies", help="Keep cookies and send them back (httpx).")]
Auth: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--auth", parser=values.one_of("basic", "digest"), metavar="basic|digest",
        help="How to log in with --user: basic is a header, digest needs httpx.",
    ),
]  # fmt: skip
User: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--user", parser=values.credentials, metavar="USER:PASSWORD",
        help="Whom to log in as, with --auth basic unless told otherwise.",
    ),
]  # fmt: skip
BasicUser: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--user", parser=values.credentials, metavar="USER:PASSWORD", help="Whom to log in as, with a header."
    ),
]


@dataclass(frozen=True, slots=True)
class Abilities:
    """What was asked of the client, beyond plain HTTP/1.1."""

    http2: bool = False
    proxy: str = ""
    redirects: bool = False
    cookies: bool = False
    auth: str | None = None

    @property
    def needing_httpx(self) -> tuple[str, ...]:
        """The options that only httpx can do."""
        asked = {
            "--http2": self.http2,
            "--proxy": bool(self.proxy),
            "--redirects": self.redirects,
            "--cookies": self.cookies,
            "--auth digest": self.auth == "digest",
        }
        return tuple(option for option, is_asked in asked.items() if is_asked)


def client(name: str | None, asked: Abilities, user: str) -> Client:
    """Return the client that the options need; logging in with a header is within the power of both.

    Raises `UserError` for a client that was asked for by name and cannot do it.
    """
    scheme = _scheme(asked.auth, user)
    _check_proxy(asked.proxy)
    needs = asked.needing_httpx
    if name == "fast" and needs:
        raise UserError(
            f"the fast client speaks plain HTTP/1.1 and has no {needs[0]}",
            "Write --client httpx, or leave out --client.",
        )
    chosen: ClientName = "httpx" if name == "httpx" or needs else "fast"
    return Client(chosen, asked.http2, asked.proxy, asked.redirects, asked.cookies, scheme, user)


def generator(engine: str, workers: int | None, cpus: str, pacing: str, client: Client, tls: Tls) -> GeneratorSettings:
    """Return how traffic is made on this machine. Raises `UserError` for an engine that is not there."""
    if engine.startswith("dask://"):
        raise UserError("clusters come with a later version", "Use --engine workers or --engine in-app.")
    if engine not in ("workers", "in-app"):
        raise UserError(f"there is no engine called {engine!r}", "Use --engine workers or --engine in-app.")
    return GeneratorSettings(
        cast("EngineName", engine), workers, values.cpu_list(cpus), cast("Pacing", pacing), client, tls
    )


def _scheme(auth: str | None, user: str) -> AuthScheme:
    if auth is not None and not user:
        raise UserError(f"--auth {auth} needs to know who logs in", "Add --user USER:PASSWORD.")
    return cast("AuthScheme", auth or "basic") if user else "none"


def _check_proxy(proxy: str) -> None:
    if "${" in proxy:
        return  # what a secret stands for is looked at when it is known
    try:
        parts = urlsplit(proxy)
        is_url = parts.scheme in PROXIES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    if proxy and not is_url:
        raise UserError(
            f"{without_login(proxy)!r} is not the URL of a proxy", "Write it like http://proxy.example:3128"
        )
