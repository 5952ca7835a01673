"""A forward proxy: whole URLs are passed on, and `CONNECT` makes a tunnel. It keeps what it was asked for."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from engine.origins import Origin, Seen, logged, requests_to
from engine.servers import response


@dataclass
class Proxy(Origin):
    """A running proxy. tunnels: what it was asked to connect to. forwarded: the URLs that it passed on."""

    tunnels: list[str] = field(default_factory=list)
    forwarded: list[str] = field(default_factory=list)

    def url(self, scheme: str = "http", host: str = "127.0.0.1", user: str = "") -> str:
        return f"{scheme}://{user}{'@' if user else ''}{host}:{self.port}"


@asynccontextmanager
async def proxying(tls: ssl.SSLContext | None = None, login: str = "") -> AsyncIterator[Proxy]:
    """Run a proxy on a free port. login: the value that Proxy-Authorization must have; "" lets everybody through.

    Every name is taken for this machine: what the client believes about names does not matter behind a proxy.
    """
    log = Proxy()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async for seen in requests_to(log, reader):
            if login and seen.header("proxy-authorization") != login:
                writer.write(response(b"", status="407 Proxy Authentication Required"))
            elif seen.method == "CONNECT":
                log.tunnels.append(seen.target)
                await _tunnel(seen.target, reader, writer)
                return
            else:
                log.forwarded.append(seen.target)
                writer.write(await _forward(seen))
            await writer.drain()

    async with logged(log, serve, tls):
        yield log


async def _forward(seen: Seen) -> bytes:
    """Ask the server in the URL with a connection of its own, and return its whole answer."""
    url = urlsplit(seen.target)
    reader, writer = await asyncio.open_connection("127.0.0.1", url.port)
    kept = [f"{name}: {value}" for name, value in seen.headers if not name.lower().startswith("proxy-")]
    path = f"{url.path or '/'}{'?' if url.query else ''}{url.query}"
    writer.write("\r\n".join([f"{seen.method} {path} HTTP/1.1", *kept, "", ""]).encode("latin-1") + seen.body)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    body = await reader.readexactly(length)
    writer.close()
    return head + body


async def _tunnel(address: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    port = int(address.rpartition(":")[2])
    try:
        there, back = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        writer.write(response(b"", status="502 Bad Gateway"))
        return
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    copies = [asyncio.create_task(_copy(reader, back)), asyncio.create_task(_copy(there, writer))]
    try:
        await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for copy in copies:
            copy.cancel()
        back.transport.abort()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
