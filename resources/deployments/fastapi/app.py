"""The sample deployment on FastAPI, written as FastAPI's documentation would. ../README.md is the routes' contract."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress
from typing import Annotated

from fastapi import FastAPI, HTTPException, Path, Query, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import PlainTextResponse, StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile
from starlette.types import Message

app = FastAPI()

Milliseconds = Annotated[int, Path(ge=0, le=30_000)]
Count = Annotated[int, Query(ge=1, le=1_000_000)]
IntervalMs = Annotated[int, Query(ge=0, le=30_000)]
Size = Annotated[int, Query(ge=8, le=65_536)]


# Plain answers


@app.get("/health")
async def health():
    return {"status": "ok"}


@app.get("/plaintext", response_class=PlainTextResponse)
async def plaintext():
    return "Hello, World!"


@app.get("/json")
async def hello():
    return {"message": "Hello, World!"}


# Validated JSON in, JSON out


class Maker(BaseModel):
    name: str = Field(min_length=1, max_length=100)
    country: str = Field(min_length=2, max_length=2)


class Variant(BaseModel):
    sku: str = Field(min_length=1, max_length=100)
    quantity: int = Field(ge=0, strict=True)
    price_cents: int = Field(ge=0, strict=True)


class Item(BaseModel):
    name: str = Field(min_length=1, max_length=100)
    tags: list[str] = []
    maker: Maker
    variants: list[Variant] = Field(min_length=1)


class ItemWithTotals(Item):
    quantity: int
    value_cents: int


@app.post("/items")
async def create_item(item: Item) -> ItemWithTotals:
    return ItemWithTotals(
        **item.model_dump(),
        quantity=sum(variant.quantity for variant in item.variants),
        value_cents=sum(variant.quantity * variant.price_cents for variant in item.variants),
    )


# Waiting


@app.get("/delay/{ms}")
async def delay(ms: Milliseconds):
    await asyncio.sleep(ms / 1000)
    return {"waited_ms": ms}


@app.get("/blocking/{ms}")
async def blocking(ms: Milliseconds):
    # The classic mistake, on purpose: nothing else is served meanwhile.
    time.sleep(ms / 1000)
    return {"blocked_ms": ms}


# Streams


class Record(BaseModel):
    index: int
    text: str


@app.get("/stream")
async def stream(count: Count = 10, interval_ms: IntervalMs = 0, size: Size = 64):
    async def chunks() -> AsyncIterator[bytes]:
        for index in range(count):
            if index:
                await asyncio.sleep(interval_ms / 1000)
            yield f"{index:07d}".ljust(size - 1, ".").encode() + b"\n"

    return StreamingResponse(chunks(), media_type="text/plain")


@app.get("/sse", response_class=EventSourceResponse)
async def sse(count: Count = 10, interval_ms: IntervalMs = 0, size: Size = 64) -> AsyncIterable[ServerSentEvent]:
    for index in range(count):
        if index:
            await asyncio.sleep(interval_ms / 1000)
        yield ServerSentEvent(data=Record(index=index, text="x" * size), id=str(index))


@app.get("/ndjson")
async def ndjson(count: Count = 10, interval_ms: IntervalMs = 0, size: Size = 64) -> AsyncIterable[Record]:
    for index in range(count):
        if index:
            await asyncio.sleep(interval_ms / 1000)
        yield Record(index=index, text="x" * size)


# Large bodies


@app.post("/upload")
async def upload(request: Request):
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form() as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise HTTPException(422, detail=[{"type": "missing", "loc": ["body", "file"], "msg": "Field required"}])
            return {"bytes": file.size}
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
    return {"bytes": received}


BLOCK = b"0123456789abcdef" * 4096


@app.get("/download/{size}")
async def download(size: Annotated[int, Path(ge=0, le=1_073_741_824)]):
    async def blocks() -> AsyncIterator[bytes]:
        for start in range(0, size, len(BLOCK)):
            yield BLOCK[: size - start]

    return StreamingResponse(blocks(), media_type="application/octet-stream", headers={"content-length": str(size)})


# WebSockets


async def send_back(websocket: WebSocket, message: Message):
    """Send a message as it was received: text as text, bytes as bytes."""
    if message.get("text") is not None:
        await websocket.send_text(message["text"])
    else:
        await websocket.send_bytes(message["bytes"])


@app.websocket("/ws/echo")
async def ws_echo(websocket: WebSocket):
    await websocket.accept()
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            break
        await send_back(websocket, message)


@app.websocket("/ws/push")
async def ws_push(
    websocket: WebSocket,
    rate: Annotated[int, Query(ge=1, le=100_000)] = 10,
    count: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    size: Size = 64,
):
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


@app.websocket("/ws/fanout")
async def ws_fanout(websocket: WebSocket, room: str = "lobby"):
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
