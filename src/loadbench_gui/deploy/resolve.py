"""From a URL to a target whose name is looked up already: names are looked up once, before anything is timed."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from time import perf_counter
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from loadbench_gui.core.plan import Target
from loadbench_gui.errors import TargetFault, UserError

EXAMPLE = "http://127.0.0.1:8000/json"
_SCHEMES: dict[str, Literal["http", "https"]] = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


def resolve(url: str) -> Target:
    """Return the target that `url` names; its path is not looked at. Blocks while the name is looked up.

    IPv4 is preferred, because servers that are tried on one's own machine rarely listen on both. Raises `UserError`
    for what is not a URL, `TargetFault` for a name that nobody knows.
    """
    parts = _split(url)
    scheme = _SCHEMES[parts.scheme]
    host = parts.hostname or ""
    port = parts.port or (443 if scheme == "https" else 80)
    began_s = perf_counter()
    address = look_up(host, port)
    lookup_s = None if _is_address(host) else perf_counter() - began_s
    return Target(scheme=scheme, host=host, port=port, address=address, lookup_s=lookup_s)


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        # Read here, because that is where a bad port or a stray bracket shows.
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UserError(f"{url!r} is not a URL: {error}", f"Write it like {EXAMPLE}") from None
    if parts.scheme not in _SCHEMES or not host:
        raise UserError(f"{url!r} is not an http:// or https:// URL", f"Write it like {_suggest(url, parts)}")
    if port == 0:
        raise UserError(f"{url!r} names port 0, on which nobody can listen", f"Write it like {EXAMPLE}")
    if parts.username is not None:
        raise UserError(
            f"the URL of {host} carries a user name; credentials in URLs are not sent",
            "Send them as a header instead: Authorization: Basic ...",
        )
    return parts


def _suggest(url: str, parts: SplitResult) -> str:
    """Guess what was meant: most often only the scheme is missing."""
    bare = url.strip().lstrip("/")
    if "://" not in bare and bare and " " not in bare and (":" in bare or "." in bare or bare.startswith("localhost")):
        return f"http://{bare}"
    if "://" in bare and parts.scheme not in _SCHEMES and parts.netloc:
        return f"http://{parts.netloc}{parts.path}"
    return EXAMPLE


def look_up(host: str, port: int) -> str:
    """Return the IP address to connect to. Raises `TargetFault`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        reason = error.strerror if isinstance(error, socket.gaierror) else str(error)
        raise TargetFault(
            f"the name {host!r} cannot be resolved: {reason}",
            "Check the spelling and the network, or write the IP address instead.",
        ) from None
    by_family = sorted(found, key=lambda entry: entry[0] != socket.AF_INET)
    return str(by_family[0][4][0])
