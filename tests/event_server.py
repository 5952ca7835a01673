"""A server of streams and WebSockets that keeps account of itself, and does what it is told wrongly: run as a program.

It prints its port, and answers `/log` with what it did since the last time it was asked. All that a route does wrong
stands in its query, so that a test plants it and reads back how often it happened.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

log: Counter[str] = Counter()
members: set[WebSocket] = set()


class Cut(Exception):
    """Ends a stream as a crash would."""


def asked(connection: HTTPConnection, name: str, default: int = 0) -> int:
    """Return a number of the query."""
    return int(connection.query_params.get(name, default))


async def told(_: Request) -> JSONResponse:
    """Tell what happened, and forget it."""
    answer = JSONResponse(dict(log))
    log.clear()
    return answer


async def events(request: Request) -> StreamingResponse:
    """Send `count` events (0: without end), `every_ms` apart, the one at `stall_at` later by `stall_ms`.

    With `cut_after` the connection is cut after so many; who comes back with Last-Event-ID goes on from there.
    """
    body = await request.body()
    log["streams"] += 1
    log[f"accept {request.headers.get('accept')}"] += 1
    log["uploaded bytes"] += len(body)
    log["chunked uploads"] += request.headers.get("transfer-encoding") == "chunked"
    first = int(request.headers.get("last-event-id", -1)) + 1
    log["resumed"] += first > 0
    kind = request.path_params["kind"]
    media = {"sse": "text/event-stream", "ndjson": "application/jsonl"}.get(kind, "text/plain")
    return StreamingResponse(pieces(request, kind, first), media_type=media)


async def pieces(request: Request, kind: str, first: int) -> AsyncIterator[str]:
    """Yield the events, and count those that were handed on."""
    count, cut_after = asked(request, "count", 10), asked(request, "cut_after")
    index = first
    while not count or index < count:
        if index > first:
            await asyncio.sleep(asked(request, "every_ms") / 1000)
        if index == asked(request, "stall_at", -1):
            await asyncio.sleep(asked(request, "stall_ms") / 1000)
        if cut_after and index - first == cut_after:
            log["cut"] += 1
            raise Cut
        data = json.dumps({"index": index})
        log["events"] += 1
        yield f"data: {data}\nid: {index}\nretry: 20\n\n" if kind == "sse" else f"{data}\n"
        index += 1
    log["finished"] += 1


async def accepted(websocket: WebSocket) -> None:
    """Take a connection, with the last of the subprotocols that were offered."""
    offered = websocket.scope["subprotocols"]
    await websocket.accept(subprotocol=offered[-1] if offered else None)
    log["sockets"] += 1
    log[f"subprotocol {offered[-1] if offered else ''}"] += 1


async def messages(websocket: WebSocket) -> AsyncIterator[str | bytes]:
    """Yield what is received; count how the connection ends."""
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            log[f"left {message['code']}"] += 1
            return
        log["received"] += 1
        yield message["text"] if message.get("text") is not None else message["bytes"]


async def send(websocket: WebSocket, message: str | bytes) -> None:
    """Send a message as it came, and count it."""
    log["sent"] += 1
    await (websocket.send_text(message) if isinstance(message, str) else websocket.send_bytes(message))


async def echo(websocket: WebSocket) -> None:
    """Send back what comes; drop every `drop`-th message, send every `twice`-th twice, close after `close_after`."""
    await accepted(websocket)
    drop, twice, close_after = (asked(websocket, name) for name in ("drop", "twice", "close_after"))
    n = 0
    async for message in messages(websocket):
        n += 1
        if close_after and n == close_after:
            log["closed"] += 1
            await websocket.close(1011)
            return
        if drop and n % drop == 0:
            log["dropped"] += 1
            continue
        await send(websocket, message)
        if twice and n % twice == 0:
            log["twice"] += 1
            await send(websocket, message)


async def push(websocket: WebSocket) -> None:
    """Send a numbered message every `every_ms`, without end."""
    await accepted(websocket)
    reader = asyncio.create_task(drain(websocket))
    index = 0
    try:
        while not reader.done():
            await send(websocket, json.dumps({"index": index}))
            index += 1
            await asyncio.sleep(asked(websocket, "every_ms", 10) / 1000)
    except (WebSocketDisconnect, RuntimeError):
        pass
    await reader


async def drain(websocket: WebSocket) -> None:
    """Read until the other side has left."""
    async for _ in messages(websocket):
        pass


async def fanout(websocket: WebSocket) -> None:
    """Send what comes to everybody."""
    await accepted(websocket)
    members.add(websocket)
    try:
        async for message in messages(websocket):
            for member in list(members):
                await send(member, message)
    finally:
        members.discard(websocket)


app = Starlette(
    routes=[
        Route("/log", told),
        Route("/events/{kind}", events, methods=["GET", "POST"]),
        WebSocketRoute("/ws/echo", echo),
        WebSocketRoute("/ws/push", push),
        WebSocketRoute("/ws/fanout", fanout),
    ]
)


def main() -> None:
    """Serve until the process is ended."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(app, log_level="critical", access_log=False, ws_ping_interval=None)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
