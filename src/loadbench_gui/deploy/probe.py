"""Asking a server for one answer over a bare socket, from a thread, giving up the moment the caller says so.

Readiness is a metric, so the probe must not have a start-up, a pool or a retry policy of its own.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

SLICE_S = 0.1
HEAD_LIMIT_BYTES = 65536
BODY_LIMIT_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Head:
    """The status line and headers of an answer. answered_ns: perf_counter when its first line was complete."""

    status: int
    headers: tuple[tuple[str, str], ...]
    answered_ns: int

    def get(self, name: str) -> str:
        """Return the header called `name`, joined if it is repeated; "" when it is missing."""
        return ", ".join(value for key, value in self.headers if key == name.lower())


def connect(host: str, port: int, unix_path: str, timeout_s: float) -> socket.socket:
    """Return a connection to `host`:`port`, or to `unix_path` unless that is "". Raises `OSError`."""
    if not unix_path:
        return socket.create_connection((host, port), timeout=timeout_s)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_s)
        connection.connect(unix_path)
    except BaseException:
        connection.close()
        raise
    return connection


def ask(
    host: str,
    port: int,
    path: str,
    *,
    timeout_s: float,
    give_up: Callable[[], bool] = lambda: False,
    headers: tuple[tuple[str, str], ...] = (),
    unix_path: str = "",
) -> Head | None:
    """Send one GET on a connection of its own. Returns None when there is no HTTP answer (refused, reset, silent).

    unix_path: the socket to connect to instead of `host` and `port`.
    """
    deadline = time.monotonic() + timeout_s
    try:
        with connect(host, port, unix_path, max(0.001, min(timeout_s, 1.0))) as connection:
            extra = "".join(f"{name}: {value}\r\n" for name, value in headers)
            authority = "localhost" if unix_path else f"{host}:{port}"
            request = f"GET {path} HTTP/1.1\r\nHost: {authority}\r\n{extra}\r\n"
            connection.sendall(request.encode("latin-1"))
            return read_answer(connection, deadline, give_up)
    except (OSError, ValueError):
        return None


def read_answer(connection: socket.socket, deadline: float, give_up: Callable[[], bool]) -> Head | None:
    """Read one answer and return its head. Raises `ValueError` when it is not HTTP.

    The body is read as well: closing a connection with unread bytes resets it, which servers log as an error.
    """
    connection.settimeout(SLICE_S)
    data = b""
    answered_ns = 0
    while b"\r\n\r\n" not in data and len(data) < HEAD_LIMIT_BYTES:
        if give_up() or time.monotonic() >= deadline:
            return None
        try:
            more = connection.recv(16384)
        except TimeoutError:
            continue
        if not more:
            return None
        data += more
        if not answered_ns and b"\r\n" in data:
            answered_ns = time.perf_counter_ns()
    text, _, body = data.partition(b"\r\n\r\n")
    head = parse_head(text, answered_ns)
    _read_body(connection, head, body, deadline)
    return head


def _read_body(connection: socket.socket, head: Head, body: bytes, deadline: float) -> None:
    """Read to the end of the body, or until nothing comes any more; an endless one is cut off."""
    length = head.get("content-length")
    if not length.isdigit() and not head.get("transfer-encoding") and head.status in (204, 304):
        return
    wanted = min(int(length), BODY_LIMIT_BYTES) if length.isdigit() else BODY_LIMIT_BYTES
    received, end = len(body), body[-5:]
    with contextlib.suppress(TimeoutError):
        while received < wanted and time.monotonic() < deadline:
            if not length and end == b"0\r\n\r\n":
                return
            more = connection.recv(65536)
            if not more:
                return
            received += len(more)
            end = (end + more)[-5:]


def parse_head(data: bytes, answered_ns: int) -> Head:
    """Parse a status line and headers. Raises `ValueError` when it is not HTTP."""
    first, *lines = data.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    if not version.startswith("HTTP/1."):
        raise ValueError("not HTTP/1")
    headers = (line.partition(":") for line in lines)
    return Head(int(rest[:3]), tuple((name.strip().lower(), value.strip()) for name, _, value in headers), answered_ns)
