"""The sample deployment on Starlette, written as its documentation would. ../README.md is the routes' contract."""

import asyncio
import json
import time
from collections import defaultdict
from contextlib import suppress

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect


class Invalid(Exception):
    """The request is not what the route documents: answered with 422, or by refusing the WebSocket."""

    def __init__(self, *problems: dict):
        self.problems = problems


async def on_invalid(connection: Request | WebSocket, exc: Invalid):
    if isinstance(connection, WebSocket):
        return await connection.close(code=1008)
    return JSONResponse({"detail": exc.problems}, status_code=422)


def problem(kind: str, location: tuple, message: str) -> dict:
    return {"type": kind, "loc": list(location), "msg": message}


def number(
    connection: HTTPConnection, where: str, name: str, lowest: int, highest: int, default: int | None = None
) -> int:
    text = (connection.path_params if where == "path" else connection.query_params).get(name)
    if text is None and default is not None:
        return default
    try:
        value = int(text)
    except ValueError:
        raise Invalid(problem("int_parsing", (where, name), "Input should be a valid integer")) from None
    if not lowest <= value <= highest:
        raise Invalid(problem("range", (where, name), f"Input should be from {lowest} to {highest}"))
    return value


# Plain answers


async def health(request: Request):
    return JSONResponse({"status": "ok"})


async def plaintext(request: Request):
    return PlainTextResponse("Hello, World!")


async def hello(request: Request):
    return JSONResponse({"message": "Hello, World!"})


# Validated JSON in, JSON out


def check(
    problems: list, value: object, location: tuple, kind: type, lowest: int = 0, highest: int | None = None
) -> bool:
    """Note what is wrong with `value`: its type, or else its length (texts and lists) or size (integers)."""
    if not isinstance(value, kind) or isinstance(value, bool):
        problems.append(problem(f"{kind.__name__}_type", location, f"Input should be a valid {kind.__name__}"))
        return False
    measure = value if kind is int else len(value)
    if measure < lowest or (highest is not None and measure > highest):
        problems.append(problem("range", location, f"Input should be from {lowest} to {highest or 'any number'}"))
        return False
    return True


def check_fields(problems: list, value: object, location: tuple, fields: dict) -> bool:
    """Check the fields of an object; each is described by the arguments of `check` after the location."""
    if not check(problems, value, location, dict):
        return False
    for name, rule in fields.items():
        if name not in value:
            problems.append(problem("missing", (*location, name), "Field required"))
        else:
            check(problems, value[name], (*location, name), *rule)
    return True


def validated_item(data: object) -> dict:
    problems = []
    body = ("body",)
    if check_fields(problems, data, body, {"name": (str, 1, 100), "maker": (dict,), "variants": (list, 1)}):
        tags = data.get("tags", [])
        if check(problems, tags, (*body, "tags"), list):
            for index, tag in enumerate(tags):
                check(problems, tag, (*body, "tags", index), str)
        if isinstance(data.get("maker"), dict):
            check_fields(problems, data["maker"], (*body, "maker"), {"name": (str, 1, 100), "country": (str, 2, 2)})
        if isinstance(data.get("variants"), list):
            for index, variant in enumerate(data["variants"]):
                rules = {"sku": (str, 1, 100), "quantity": (int,), "price_cents": (int,)}
                check_fields(problems, variant, (*body, "variants", index), rules)
    if problems:
        raise Invalid(*problems)
    return {
        "name": data["name"],
        "tags": tags,
        "maker": {"name": data["maker"]["name"], "country": data["maker"]["country"]},
        "variants": [
            {"sku": variant["sku"], "quantity": variant["quantity"], "price_cents": variant["price_cents"]}
            for variant in data["variants"]
        ],
    }


async def create_item(request: Request):
    try:
        data = await request.json()
    except ValueError:
        raise Invalid(problem("json_invalid", ("body",), "JSON decode error")) from None
    item = validated_item(data)
    return JSONResponse(
        {
            **item,
            "quantity": sum(variant["quantity"] for variant in item["variants"]),
            "value_cents": sum(variant["quantity"] * variant["price_cents"] for variant in item["variants"]),
        }
    )


# Waiting


async def delay(request: Request):
    ms = number(request, "path", "ms", 0, 30_000)
    await asyncio.sleep(ms / 1000)
    return JSONResponse({"waited_ms": ms})


async def blocking(request: Request):
    ms = number(request, "path", "ms", 0, 30_000)
    # The classic mistake, on purpose: nothing else is served meanwhile.
    time.sleep(ms / 1000)
    return JSONResponse({"blocked_ms": ms})


# Streams


def stream_options(request: Request) -> tuple[int, float, int]:
    """Return how many parts, the seconds between two of them, and the size of each."""
    count = number(request, "query", "count", 1, 1_000_000, default=10)
    interval_ms = number(request, "query", "interval_ms", 0, 30_000, default=0)
    size = number(request, "query", "size", 8, 65_536, default=64)
    return count, interval_ms / 1000, size


def record(index: int, size: int) -> str:
    return json.dumps({"index": index, "text": "x" * size}, separators=(",", ":"))


async def stream(request: Request):
    count, interval_s, size = stream_options(request)

    async def chunks():
        for index in range(count):
            if index:
                await asyncio.sleep(interval_s)
            yield f"{index:07d}".ljust(size - 1, ".") + "\n"

    return StreamingResponse(chunks(), media_type="text/plain")


async def sse(request: Request):
    count, interval_s, size = stream_options(request)

    async def events():
        for index in range(count):
            if index:
                await asyncio.sleep(interval_s)
            yield f"data: {record(index, size)}\nid: {index}\n\n"

    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingResponse(events(), media_type="text/event-stream", headers=headers)


async def ndjson(request: Request):
    count, interval_s, size = stream_options(request)

    async def lines():
        for index in range(count):
            if index:
                await asyncio.sleep(interval_s)
            yield record(index, size) + "\n"

    return StreamingResponse(lines(), media_type="application/jsonl")


# Large bodies


async def upload(request: Request):
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form() as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise Invalid(problem("missing", ("body", "file"), "Field required"))
            return JSONResponse({"bytes": file.size})
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
    return JSONResponse({"bytes": received})


BLOCK = b"0123456789abcdef" * 4096


async def download(request: Request):
    size = number(request, "path", "size", 0, 1_073_741_824)

    async def blocks():
        for start in range(0, size, len(BLOCK)):
            yield BLOCK[: size - start]

    headers = {"content-length": str(size)}
    return StreamingResponse(blocks(), media_type="application/octet-stream", headers=headers)


# WebSockets


async def send_back(websocket: WebSocket, message: Message):
    """Send a message as it was received: text as text, bytes as bytes."""
    if message.get("text") is not None:
        await websocket.send_text(message["text"])
    else:
        await websocket.send_bytes(message["bytes"])


async def ws_echo(websocket: WebSocket):
    await websocket.accept()
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            break
        await send_back(websocket, message)


async def ws_push(websocket: WebSocket):
    rate = number(websocket, "query", "rate", 1, 100_000, default=10)
    count = number(websocket, "query", "count", 0, 1_000_000, default=0)
    size = number(websocket, "query", "size", 8, 65_536, default=64)
    await websocket.accept()
    started = time.perf_counter()
    index = 0
    try:
        while count == 0 or index < count:
            await asyncio.sleep(max(0.0, started + index / rate - time.perf_counter()))
            await websocket.send_json({"index": index, "text": "x" * size})
            index += 1
        await websocket.close()
    except WebSocketDisconnect:
        pass


class Rooms:
    def __init__(self):
        self.members: dict[str, set[WebSocket]] = defaultdict(set)

    def join(self, room: str, websocket: WebSocket):
        self.members[room].add(websocket)

    def leave(self, room: str, websocket: WebSocket):
        self.members[room].discard(websocket)
        if not self.members[room]:
            del self.members[room]

    async def broadcast(self, room: str, message: Message):
        for member in list(self.members[room]):
            # One that has gone meanwhile is taken out of the room by its own handler.
            with suppress(WebSocketDisconnect, RuntimeError):
                await send_back(member, message)


rooms = Rooms()


async def ws_fanout(websocket: WebSocket):
    room = websocket.query_params.get("room", "lobby")
    await websocket.accept()
    rooms.join(room, websocket)
    try:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                break
            await rooms.broadcast(room, message)
    finally:
        rooms.leave(room, websocket)


app = Starlette(
    routes=[
        Route("/health", health),
        Route("/plaintext", plaintext),
        Route("/json", hello),
        Route("/items", create_item, methods=["POST"]),
        Route("/delay/{ms}", delay),
        Route("/blocking/{ms}", blocking),
        Route("/stream", stream),
        Route("/sse", sse),
        Route("/ndjson", ndjson),
        Route("/upload", upload, methods=["POST"]),
        Route("/download/{size}", download),
        WebSocketRoute("/ws/echo", ws_echo),
        WebSocketRoute("/ws/push", ws_push),
        WebSocketRoute("/ws/fanout", ws_fanout),
    ],
    exception_handlers={Invalid: on_invalid},
)
