"""What hand-made servers listen with, and two of the simplest: one that is not there, and one that speaks first."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from loadbench_gui.core.plan import Target

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@asynccontextmanager
async def listening(
    serve: Serve, tls: ssl.SSLContext | None = None, unix_path: str = "", port: int = 0
) -> AsyncIterator[int]:
    """Serve every connection in a task of its own, and leave none behind. Yields the port, 0 for a Unix socket's.

    Who raises `ConnectionError`, or reads beyond the end, ends with that; to close the connection is up to `serve`.
    """
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            # The server's end cancels; a stream's callback would report that as an error.
            with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                await serve(reader, writer)
        finally:
            tasks.discard(task)

    if unix_path:
        listener = await asyncio.start_unix_server(accept, unix_path)
    else:
        listener = await asyncio.start_server(accept, "127.0.0.1", port, ssl=tls)
        port = listener.sockets[0].getsockname()[1]
    try:
        yield port
    finally:
        listener.close()
        for task in list(tasks):
            task.cancel()
        while tasks:
            await asyncio.wait(tasks)


@asynccontextmanager
async def speaking_first(greeting: bytes) -> AsyncIterator[Target]:
    """Run a server that speaks before it is spoken to, and only listens then."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        try:
            await reader.read()
        finally:
            writer.close()

    async with listening(greet) as port:
        yield Target("http", "127.0.0.1", port, "127.0.0.1")


def nobody() -> Target:
    """A server that is not there any more: its port refuses."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        return Target("http", "127.0.0.1", gone.getsockname()[1], "127.0.0.1")
