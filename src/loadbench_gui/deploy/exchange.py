"""One request on a connection of its own, with exactly the headers that the load will send."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from loadbench_gui import trust
from loadbench_gui.core.plan import Request, Target, Tls
from loadbench_gui.deploy.probe import connect
from loadbench_gui.deploy.unreachable import unreachable
from loadbench_gui.errors import UserError

DEFAULT_TLS: Final = Tls()


@dataclass(frozen=True, slots=True)
class Content:
    """What is sent as the body."""

    source: bytes | BinaryIO
    size_bytes: int


@contextlib.contextmanager
def content_of(request: Request) -> Iterator[Content]:
    """Open what `request` sends as its body. Raises `UserError` for a file that cannot be read."""
    if not request.body_file:
        yield Content(request.body, len(request.body))
        return
    try:
        file = Path(request.body_file).open("rb")  # noqa: SIM115 - closed below; only opening it may fail
    except OSError as error:
        raise UserError(
            f"the file {request.body_file} cannot be sent: {error.strerror}", "Check its path and permissions."
        ) from None
    with file:
        yield Content(file, os.fstat(file.fileno()).st_size)


@contextlib.contextmanager
def reaching(target: Target, request: Request, timeout_s: float) -> Iterator[None]:
    """Turn what goes wrong on the way to an answer into the `TargetFault` that says so."""
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        raise unreachable(target, request, timeout_s, error) from error


def opened(target: Target, timeout_s: float, tls: Tls) -> socket.socket:
    """Return a connection to `target`, encrypted where its scheme says so. Raises `OSError`."""
    context = _context(tls) if target.scheme == "https" else None
    sock = connect(target.address, target.port, target.unix_path, timeout_s)
    return sock if context is None else _secured(sock, context, tls.server_name or target.host)


@contextlib.contextmanager
def asked(
    target: Target, request: Request, timeout_s: float, tls: Tls, *, chunked: bool = False
) -> Iterator[tuple[http.client.HTTPResponse, socket.socket]]:
    """Send `request`; yield the answer, of which the head was read, and the connection that its body comes on.

    chunked: send the body without its length. Raises `TargetFault` where no answer comes, `UserError` for files.
    """
    with content_of(request) as content, reaching(target, request, timeout_s):
        sock = opened(target, timeout_s, tls)
        with contextlib.closing(http.client.HTTPConnection(target.address, target.port, timeout=timeout_s)) as line:
            line.sock = sock
            _send(line, target, request, content, chunked=chunked)
            response = line.getresponse()
            with contextlib.closing(response):
                yield response, sock


def _context(tls: Tls) -> ssl.SSLContext:
    return trust.client_context(
        insecure=tls.insecure, ca_file=tls.ca_file, cert_file=tls.cert_file, key_file=tls.key_file
    )


def _secured(sock: socket.socket, context: ssl.SSLContext, server_name: str) -> ssl.SSLSocket:
    try:
        return context.wrap_socket(sock, server_hostname=server_name)
    except BaseException:
        sock.close()
        raise


def _send(
    line: http.client.HTTPConnection, target: Target, request: Request, content: Content, *, chunked: bool
) -> None:
    names = {name.lower() for name, _ in request.headers}
    line.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
    if "host" not in names:
        line.putheader("Host", target.authority)
    has_body = content.size_bytes or request.method in ("POST", "PUT", "PATCH")
    if not names & {"content-length", "transfer-encoding"} and has_body:
        line.putheader(*(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(content.size_bytes))))
    for name, value in request.headers:
        line.putheader(name, value)
    # A server may answer before it has read a body, and close: what counts is what it said.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        line.endheaders(content.source or None, encode_chunked=chunked)
