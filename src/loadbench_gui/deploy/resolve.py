"""From a URL to a target whose name is looked up already: names are looked up once, before anything is timed."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from time import perf_counter
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

from loadbench_gui.core.plan import Target
from loadbench_gui.core.shown_url import without_login
from loadbench_gui.deploy import unix_socket
from loadbench_gui.errors import TargetFault, UserError

EXAMPLE = "http://127.0.0.1:8000/json"
SOCKET_EXAMPLE = "ws://127.0.0.1:8000/ws/echo"
UNIX_SCHEME = "http+unix"
_SCHEMES: dict[str, Literal["http", "https"]] = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


def resolve(url: str, *, proxied: bool = False, is_socket: bool = False) -> Target:
    """Return the target that `url` names; its path is not looked at. Blocks while the name is looked up.

    IPv4 is preferred, because servers that are tried on one's own machine rarely listen on both. A Unix socket is
    written `http+unix://%2Frun%2Fapp.sock`. proxied: a proxy looks the name up, and may be the only one that knows it,
    so it gets no address here; `localhost` does. is_socket: refusals speak of WebSockets.
    Raises `UserError` for what is not a URL, `TargetFault` for a name that nobody knows and a socket that is not there.
    """
    parts = _split(url, is_socket=is_socket)
    if parts.scheme == UNIX_SCHEME:
        path = unix_socket.path_in(parts.netloc)
        unix_socket.check(path)
        return Target(scheme="http", host="localhost", port=80, address="", unix_path=path)
    scheme = _SCHEMES[parts.scheme]
    host = unquote(parts.hostname or "")
    port = parts.port or (443 if scheme == "https" else 80)
    if proxied and host != "localhost" and not _is_address(host):
        _must_be_a_name(host)
        return Target(scheme=scheme, host=host, port=port, address="")
    began_s = perf_counter()
    address = look_up(host, port)
    lookup_s = None if _is_address(host) else perf_counter() - began_s
    # A zone (fe80::1%eth0) says which of our interfaces to take: it means nothing to the server.
    return Target(scheme=scheme, host=host.partition("%")[0], port=port, address=address, lookup_s=lookup_s)


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _split(url: str, *, is_socket: bool) -> SplitResult:
    shown = without_login(url)
    scheme, example = ("ws", SOCKET_EXAMPLE) if is_socket else ("http", EXAMPLE)
    try:
        parts = urlsplit(url.strip())
        if parts.scheme == UNIX_SCHEME:
            return parts
        # Read here, because that is where a bad port or a stray bracket shows.
        host, port = parts.hostname, parts.port
    except ValueError as error:
        # The error quotes what it could not read, and that may be a password.
        reason = f": {error}" if shown == url else ""
        raise UserError(f"{shown!r} is not a URL{reason}", f"Write it like {example}") from None
    if parts.scheme not in _SCHEMES or not host:
        what = "a ws:// or wss://" if is_socket else "an http:// or https://"
        raise UserError(f"{shown!r} is not {what} URL", f"Write it like {_suggest(shown, scheme, example)}")
    if port == 0:
        raise UserError(f"{shown!r} names port 0, on which nobody can listen", f"Write it like {example}")
    if parts.username is not None:
        raise UserError(
            f"the URL of {host} carries a user name; credentials in URLs are not sent",
            "Send them as a header instead: Authorization: Basic ...",
        )
    return parts


def _suggest(url: str, scheme: str, example: str) -> str:
    """Guess what was meant: most often only the scheme is missing."""
    parts = urlsplit(url)
    bare = url.strip().lstrip("/")
    if (
        "://" not in bare
        and bare
        and " " not in bare
        and (any(mark in bare for mark in ":./") or bare.startswith("localhost"))
    ):
        return f"{scheme}://{bare}"
    if "://" in bare and parts.scheme not in _SCHEMES and parts.netloc:
        return f"{scheme}://{parts.netloc}{parts.path}"
    return example


def look_up(host: str, port: int) -> str:
    """Return the IP address to connect to, with its zone where it has one. Raises `TargetFault`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise _unknown(host, error) from None
    family, _, _, _, place = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    zone = f"%{place[3]}" if family == socket.AF_INET6 and len(place) == 4 and place[3] else ""
    return str(place[0]).partition("%")[0] + zone


def _must_be_a_name(host: str) -> None:
    """Raise `TargetFault` for what no name service could be asked for."""
    try:
        host.encode("idna")
    except UnicodeError as error:
        raise _unknown(host, error) from None


def _unknown(host: str, error: socket.gaierror | UnicodeError) -> TargetFault:
    reason = error.strerror if isinstance(error, socket.gaierror) else str(error)
    return TargetFault(
        f"the name {host!r} cannot be resolved: {reason}",
        "Check the spelling and the network, or write the IP address instead.",
    )
