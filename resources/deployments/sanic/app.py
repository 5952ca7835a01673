"""The sample deployment on Sanic, written as Sanic's documentation would. ../README.md is the routes' contract."""

import asyncio
import time
from collections import defaultdict
from contextlib import suppress
from json import dumps

from sanic import Request, Sanic, Websocket, json, text
from sanic.exceptions import BadRequest, SanicException, ServerError, WebsocketClosed

app = Sanic("loadbench")


class Invalid(SanicException):
    """The request is not what the route documents: answered with 422."""

    status_code = 422
    quiet = True

    def __init__(self, *problems: dict):
        super().__init__("Unprocessable Content")
        self.problems = problems


@app.exception(Invalid)
async def on_invalid(request: Request, exc: Invalid):
    return json({"detail": exc.problems}, status=422)


def problem(kind: str, location: tuple, message: str) -> dict:
    return {"type": kind, "loc": list(location), "msg": message}


def number(value: str | None, location: tuple, lowest: int, highest: int) -> int:
    try:
        parsed = int(value)
    except ValueError:
        raise Invalid(problem("int_parsing", location, "Input should be a valid integer")) from None
    if not lowest <= parsed <= highest:
        raise Invalid(problem("range", location, f"Input should be from {lowest} to {highest}"))
    return parsed


def query_number(request: Request, name: str, lowest: int, highest: int, default: int) -> int:
    return number(request.args.get(name, default), ("query", name), lowest, highest)


# Plain answers


@app.get("/health")
async def health(request: Request):
    return json({"status": "ok"})


@app.get("/plaintext")
async def plaintext(request: Request):
    return text("Hello, World!")


@app.get("/json")
async def hello(request: Request):
    return json({"message": "Hello, World!"})


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


@app.post("/items")
async def create_item(request: Request):
    try:
        data = request.json
    except BadRequest:
        raise Invalid(problem("json_invalid", ("body",), "JSON decode error")) from None
    item = validated_item(data)
    return json(
        {
            **item,
            "quantity": sum(variant["quantity"] for variant in item["variants"]),
            "value_cents": sum(variant["quantity"] * variant["price_cents"] for variant in item["variants"]),
        }
    )


# Waiting


@app.get("/delay/<ms>")
async def delay(request: Request, ms: str):
    wait_ms = number(ms, ("path", "ms"), 0, 30_000)
    await asyncio.sleep(wait_ms / 1000)
    return json({"waited_ms": wait_ms})


@app.get("/blocking/<ms>")
async def blocking(request: Request, ms: str):
    wait_ms = number(ms, ("path", "ms"), 0, 30_000)
    # The classic mistake, on purpose: nothing else is served meanwhile.
    time.sleep(wait_ms / 1000)
    return json({"blocked_ms": wait_ms})


# Streams


def stream_options(request: Request) -> tuple[int, float, int]:
    """Return how many parts, the seconds between two of them, and the size of each."""
    count = query_number(request, "count", 1, 1_000_000, default=10)
    interval_ms = query_number(request, "interval_ms", 0, 30_000, default=0)
    size = query_number(request, "size", 8, 65_536, default=64)
    return count, interval_ms / 1000, size


def record(index: int, size: int) -> str:
    return dumps({"index": index, "text": "x" * size}, separators=(",", ":"))


@app.get("/stream")
async def stream(request: Request):
    count, interval_s, size = stream_options(request)
    response = await request.respond(content_type="text/plain; charset=utf-8")
    for index in range(count):
        if index:
            await asyncio.sleep(interval_s)
        await response.send(f"{index:07d}".ljust(size - 1, ".") + "\n")
    await response.eof()


@app.get("/sse")
async def sse(request: Request):
    count, interval_s, size = stream_options(request)
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    response = await request.respond(headers=headers, content_type="text/event-stream; charset=utf-8")
    for index in range(count):
        if index:
            await asyncio.sleep(interval_s)
        await response.send(f"data: {record(index, size)}\nid: {index}\n\n")
    await response.eof()


@app.get("/ndjson")
async def ndjson(request: Request):
    count, interval_s, size = stream_options(request)
    response = await request.respond(content_type="application/jsonl")
    for index in range(count):
        if index:
            await asyncio.sleep(interval_s)
        await response.send(record(index, size) + "\n")
    await response.eof()


# Large bodies


@app.post("/upload", stream=True)
async def upload(request: Request):
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        await request.receive_body()
        file = request.files.get("file")
        if file is None:
            raise Invalid(problem("missing", ("body", "file"), "Field required"))
        return json({"bytes": len(file.body)})
    received = 0
    async for chunk in request.stream:
        received += len(chunk)
    return json({"bytes": received})


BLOCK = b"0123456789abcdef" * 4096


@app.get("/download/<size>")
async def download(request: Request, size: str):
    length = number(size, ("path", "size"), 0, 1_073_741_824)
    headers = {"content-length": str(length)}
    response = await request.respond(headers=headers, content_type="application/octet-stream")
    for start in range(0, length, len(BLOCK)):
        await response.send(BLOCK[: length - start])
    await response.eof()


# WebSockets


@app.websocket("/ws/echo")
async def ws_echo(request: Request, ws: Websocket):
    async for message in ws:
        await ws.send(message)


@app.websocket("/ws/push")
async def ws_push(request: Request, ws: Websocket):
    try:
        rate = query_number(request, "rate", 1, 100_000, default=10)
        count = query_number(request, "count", 0, 1_000_000, default=0)
        size = query_number(request, "size", 8, 65_536, default=64)
    except Invalid:
        # Sanic has upgraded the connection already, so it is closed rather than refused.
        await ws.close(code=1008)
        return
    started = time.perf_counter()
    index = 0
    try:
        while count == 0 or index < count:
            await asyncio.sleep(max(0.0, started + index / rate - time.perf_counter()))
            await ws.send(record(index, size))
            index += 1
    except WebsocketClosed:
        pass


class Rooms:
    def __init__(self):
        self.members: dict[str, set[Websocket]] = defaultdict(set)

    def join(self, room: str, ws: Websocket):
        self.members[room].add(ws)

    def leave(self, room: str, ws: Websocket):
        self.members[room].discard(ws)
        if not self.members[room]:
            del self.members[room]

    async def broadcast(self, room: str, message: str | bytes):
        for member in list(self.members[room]):
            # One that has gone meanwhile is taken out of the room by its own handler.
            with suppress(WebsocketClosed, ServerError):
                await member.send(message)


rooms = Rooms()


@app.websocket("/ws/fanout")
async def ws_fanout(request: Request, ws: Websocket):
    room = request.args.get("room", "lobby")
    rooms.join(room, ws)
    try:
        async for message in ws:
            await rooms.broadcast(room, message)
    finally:
        rooms.leave(room, ws)
