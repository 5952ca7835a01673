"""The address on the command line: which server, and what is asked of it."""

from __future__ import annotations

import re
from typing import Annotated, Final, TypeAlias
from urllib.parse import quote, urlsplit

import typer

from loadbench_gui.deploy.resolve import resolve
from loadbench_gui.errors import UserError

SENT_AS_WRITTEN: Final = "%/?:@!$&'()*+,;=-._~[]|"
"""What RFC 3986 allows in a path or query, what is encoded already, and what servers take as it is."""
PLACEHOLDER: Final = re.compile(r"(\$?\$\{[^{}]*\})")
"""What is filled in later; the same text after a second dollar is sent without it."""

SOCKET_SCHEMES: Final = {"ws": "http", "wss": "https"}

Url: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="URL",
        help="Where to: http://, https://, or http+unix://%2Frun%2Fapp.sock/path for a Unix socket.",
    ),
]
SocketUrl: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="URL",
        help="Where to: ws://, wss://, the same as http:// or https://, or http+unix:// for a Unix socket.",
    ),
]


def split(url: str, *, is_socket: bool = False, proxied: bool = False) -> tuple[str, str]:
    """Cut a URL into scheme://authority and the path with its query, encoded as a browser would.

    is_socket: a WebSocket is opened there. proxied: a proxy is asked for it, and looks its name up.
    Raises `UserError`, `TargetFault`.
    """
    scheme = url.strip().partition("://")[0].casefold()
    if scheme in SOCKET_SCHEMES and not is_socket:
        raise UserError(
            f"{scheme}:// is the address of a WebSocket",
            f"Measure that with `loadbench ws`, or write {SOCKET_SCHEMES[scheme]}://.",
        )
    resolve(url, proxied=proxied, is_socket=is_socket)
    parts = urlsplit(url.strip())
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return f"{parts.scheme}://{parts.netloc}", encoded(path)


def encoded(path: str) -> str:
    """Percent-encode a path with its query; placeholders stay as they are."""
    return "".join(
        part if PLACEHOLDER.fullmatch(part) else quote(part, safe=SENT_AS_WRITTEN) for part in PLACEHOLDER.split(path)
    )
