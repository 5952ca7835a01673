"""Unix sockets as addresses: how they are written in a URL, and what can be said about one before anybody connects."""

from __future__ import annotations

import os
import socket
import stat
import sys
from pathlib import Path
from urllib.parse import unquote

import psutil

from loadbench_gui.errors import TargetFault, UserError

EXAMPLE = "http+unix://%2Frun%2Fapp.sock/path"
LONGEST_BYTES = 103 if sys.platform == "darwin" else 107


def path_in(netloc: str) -> str:
    """Return the path that stands percent-encoded where a URL has its host. Raises `UserError`."""
    path = unquote(netloc)
    if not path.startswith("/"):
        raise UserError(
            f"http+unix:// needs the absolute path of a socket, and {path!r} is none" if path else
            "http+unix:// names no socket",
            f"Write every slash of its path as %2F, like {EXAMPLE}",
        )  # fmt: skip
    if len(os.fsencode(path)) > LONGEST_BYTES:
        raise UserError(
            f"the path of the socket {path} is longer than {LONGEST_BYTES} bytes, which no system connects to",
            "Let the server make its socket in a folder with a shorter path.",
        )
    if not hasattr(socket, "AF_UNIX"):
        raise UserError("Python has no Unix sockets on this system", "Let the server listen on a TCP port instead.")
    return path


def check(path: str) -> None:
    """Raise `TargetFault` where no socket can be connected to at `path`."""
    try:
        is_socket = stat.S_ISSOCK(Path(path).stat().st_mode)
    except OSError as error:
        raise TargetFault(
            f"there is no socket {path}: {error.strerror}", "Start the server first, or check the path it listens on."
        ) from None
    if not is_socket:
        raise TargetFault(f"{path} is not a socket", "Check the path that the server listens on.")
    if not os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise TargetFault(
            f"you may not connect to the socket {path}: permission denied",
            "It takes the permission to write to it; ask whoever runs the server, or join its group.",
        )


def holders(path: str) -> tuple[int, ...]:
    """Return the pids that serve the socket at `path`, as far as the system tells us.

    Other users' may be hidden, and Linux lists a path with a space in it so that it cannot be told apart.
    """
    try:
        connections = psutil.net_connections("unix")
    except (psutil.Error, OSError):
        return ()
    return tuple(sorted({pid for c in connections if str(c.laddr) == path and (pid := c.pid) is not None}))
