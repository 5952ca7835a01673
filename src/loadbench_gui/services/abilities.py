"""Whether the client that was chosen can do what is asked of it, before anything is sent."""

from __future__ import annotations

from typing import Final
from urllib.parse import SplitResult, urlsplit

from loadbench_gui.core.plan import Client, Load, OpenLoad, Plan
from loadbench_gui.core.shown_url import without_login
from loadbench_gui.errors import UserError

_PROXIES: Final = frozenset({"http", "https"})


def must_be_possible(load: Load) -> None:
    """Raise `UserError` for what the client of `load` cannot do, and for what it lacks to do it."""
    client = load.client
    if load.workload.kind != "http" and client.name != "fast":
        what = "streams" if load.workload.kind == "stream" else "WebSockets"
        raise UserError(f"httpx does not do {what}.", 'Leave client = "httpx" out.')
    if client.auth != "none" and ":" not in client.credentials:
        raise UserError(
            f"Nobody is named who logs in ({client.auth}).", "Give a user and a password, as in ann:secret."
        )
    if client.name == "fast":
        _fast_must_do(client)
        return
    if client.proxy:
        _proxy_must_do(load)


def pacing_must_matter(plan: Plan) -> None:
    """Raise `UserError` for spinning that nobody would do: it is how workers wait for the arrivals of open loads."""
    if plan.generator.pacing != "spin":
        return
    if plan.generator.engine == "in-app":
        raise UserError(
            'pacing = "spin" has no effect where the app itself sends: it would stop everything else in it.',
            'Leave it out, or send from workers: engine = "workers".',
        )
    if not any(isinstance(workload.shape, OpenLoad) for workload in plan.workloads):
        raise UserError(
            'pacing = "spin" has no effect on closed loads: their pauses are waited for by a kernel timer.',
            "Leave it out, or give a workload a rate.",
        )


def _fast_must_do(client: Client) -> None:
    asked = {
        "HTTP/2": client.http2,
        "proxies": bool(client.proxy),
        "redirects": client.redirects,
        "cookies": client.cookies,
        "digest logins": client.auth == "digest",
    }
    for what, is_asked in asked.items():
        if is_asked:
            raise UserError(f"The fast client cannot do {what}.", 'Choose the other one: client = "httpx".')


def _proxy_must_do(load: Load) -> None:
    parts = _parts(load.client.proxy)
    if parts is None or parts.scheme not in _PROXIES or not parts.hostname:
        raise UserError(
            f"{without_login(load.client.proxy)!r} is not a proxy that can be gone through.",
            "Write it like http://proxy.example:3128",
        )
    if load.target.unix_path:
        raise UserError("There is no proxy on the way to a Unix socket.", "Leave the proxy out.")
    if load.client.http2 and load.target.scheme == "http":
        raise UserError(
            "A proxy is spoken to in HTTP/1.1 unless the target is encrypted.",
            "Leave out HTTP/2, or the proxy, or use an https target.",
        )


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        return parts if parts.port != 0 else None
    except ValueError:
        return None
