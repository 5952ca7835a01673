"""A request as httpx takes it, with the headers that the fast client would send and no others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

import httpx

from loadbench_gui.core.request import Header, Request
from loadbench_gui.core.template.head import added, encode, needs_length
from loadbench_gui.engine.transport.query import Query

_PIECE_BYTES: Final = 64 << 10
_HOP_BY_HOP: Final = frozenset({"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"})


class Writer:
    """Puts requests together for one target. An address is taken apart once, since that costs as much as the rest."""

    def __init__(self, base: str, authority: str, *, http2: bool) -> None:
        self._base = base
        self._authority = authority
        self._http2 = http2
        self._last: tuple[str, httpx.URL] = ("", httpx.URL(base))

    def write(self, request: Request, query: Query) -> httpx.Request:
        """Return `request` for httpx. Raises `httpx.InvalidURL` for a path that it does not take."""
        if request.path != self._last[0]:
            # `*` and whole URLs are written as they are, whatever address httpx believes in.
            path = request.path if request.path.startswith("/") else "/"
            self._last = (request.path, httpx.URL(self._base + path))
        size = query.compiled.body_file_bytes if request.body_file else len(request.body)
        body = _File(request.body_file) if request.body_file else httpx.ByteStream(request.body)
        return httpx.Request(request.method, self._last[1], headers=self._headers(request, size), stream=body)

    def _headers(self, request: Request, size: int) -> list[Header]:
        before, after = added(request.headers, self._authority)
        length = (("Content-Length", str(size)),) if needs_length(request) else ()
        headers = (*before, *request.headers, *after, *length)
        if self._http2:
            # What is about the connection has no place in a stream (RFC 9113, section 8.2.2).
            return [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]
        return list(headers)


def as_text(request: Request, authority: str) -> bytes:
    """Return `request` the way HTTP/1.1 writes it, for people to look at: without a streamed body."""
    return encode(request, authority)


def answer_as_text(response: httpx.Response) -> bytes:
    """Return the head of `response` the way HTTP/1.1 writes it."""
    lines = [f"{response.http_version} {response.status_code} {response.reason_phrase}".encode("latin-1", "replace")]
    return b"\r\n".join([*lines, *(name + b": " + value for name, value in response.headers.raw)])


def codings(response: httpx.Response) -> list[bytes]:
    """Return the content codings of `response` in the order in which they were applied."""
    named = response.headers.get_list("content-encoding", split_commas=True)
    words = [word.strip().lower().encode("latin-1", "replace") for word in named]
    return [word for word in words if word not in (b"", b"identity")]


class _File(httpx.AsyncByteStream):
    """A file as a body. It is read afresh each time that the request is sent: a redirect or a login sends it again."""

    def __init__(self, path: str) -> None:
        self._path = path

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in _pieces(self._path):
            yield piece


def _pieces(path: str) -> Iterator[bytes]:
    with Path(path).open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece
