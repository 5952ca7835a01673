"""What a server pours in costs as much as there is of it, and nobody else has to wait until it has been read."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from engine.scripted import Clock, Script
from engine.streams import HEAD, LAST_CHUNK, chunk, event
from loadbench_gui.core.events.ndjson import LineReader
from loadbench_gui.core.events.sse import SseReader
from loadbench_gui.core.plan import StreamSettings
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.engine.transport import stream_reply

SHORT = b"seven x"


def play(
    monkeypatch: pytest.MonkeyPatch, settings: StreamSettings, act: Callable[[Script], None], step_ns: int = 0
) -> Script:
    async def scenario() -> Script:
        script = Script(settings, Clock(monkeypatch, step_ns))
        await script.start()
        act(script)
        return script

    return asyncio.run(scenario())


# One long event in many short reads: linear, and in one place


class Kept(bytearray):
    """A reader's buffer that counts the bytes that are taken out of it again."""

    copied_bytes = 0

    def __bytes__(self) -> bytes:
        self.copied_bytes += len(self)
        return bytes(memoryview(self))

    def __iter__(self) -> Any:
        self.copied_bytes += len(self)
        return super().__iter__()

    def find(self, *what: Any) -> int:
        self.copied_bytes += len(self)
        return super().find(*what)

    def split(self, *what: Any) -> Any:
        self.copied_bytes += len(self)
        return super().split(*what)


@pytest.mark.parametrize("reader", [SseReader(), LineReader()], ids=["server-sent events", "lines of JSON"])
def test_a_long_line_in_short_reads_is_put_together_once(reader: SseReader | LineReader) -> None:
    reader.feed(b"data: 0\n\n")
    kept = reader._tail = Kept()
    reads = 16_384
    assert reader.count(b"data: ") == 0
    assert all(reader.count(SHORT) == 0 for _ in range(reads))
    assert reader.feed(b"\n\n")[0].endswith(SHORT * reads)
    assert kept.copied_bytes == len(b"data: ") + reads * len(SHORT)


class Counted(bytes):
    """A piece of a body that counts how often it is looked at."""

    looks = 0

    def __len__(self) -> int:
        Counted.looks += 1
        return super().__len__()


class OneChunk:
    """Stands in for the parser: behind the head all that is fed belongs to one chunk, and is handed on as it is."""

    def __init__(self, reply: stream_reply.ChunkReply) -> None:
        self._reply = reply
        self._has_begun = False

    def get_status_code(self) -> int:
        return 200

    def should_keep_alive(self) -> bool:
        return True

    def feed_data(self, data: bytes) -> None:
        if not self._has_begun:
            self._has_begun = True
            self._reply.on_headers_complete()
            self._reply.on_chunk_header()
        else:
            self._reply.on_body(data)


def test_a_long_chunk_in_short_reads_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_reply, "HttpResponseParser", OneChunk)
    reads = 2_000

    def pour(script: Script) -> None:
        script.receive(HEAD)
        for _ in range(reads):
            script.receive(Counted(SHORT))
        script.connection()._stream.on_chunk_complete()  # type: ignore[attr-defined]

    monkeypatch.setattr(Counted, "looks", 0)
    script = play(monkeypatch, StreamSettings("chunked"), pour)
    assert script.connection()._stream._chunks == [SHORT * reads]  # type: ignore[attr-defined]
    assert Counted.looks <= 8 * reads


def test_a_long_chunk_in_short_reads_takes_no_more_memory_than_it_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = 30_000

    def pour(script: Script) -> None:
        script.receive(HEAD + b"%x\r\n" % (reads * len(SHORT)))
        tracemalloc.start()
        try:
            for _ in range(reads):
                script.receive(SHORT)
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert held < 2 * reads * len(SHORT)
        script.receive(b"\r\n" + LAST_CHUNK)

    script = play(monkeypatch, StreamSettings("chunked", events=1), pour)
    measured, streams = script.taken()
    assert (measured.succeeded, streams.events) == (1, 1)


def test_only_the_beginning_of_a_very_long_chunk_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_reply, "LONGEST_EVENT_BYTES", 100)

    def pour(script: Script) -> None:
        script.receive(HEAD + b"%x\r\n" % (50 * len(SHORT)))
        for _ in range(49):
            script.receive(SHORT)
        assert script.connection()._stream._begun == (SHORT * 50)[:100]  # type: ignore[attr-defined]
        assert script.connection()._stream.start == (SHORT * 50)[:100]
        script.receive(SHORT + b"\r\n" + chunk(SHORT) + LAST_CHUNK)

    script = play(monkeypatch, StreamSettings("chunked", events=2), pour)
    assert script.taken()[0].succeeded == 1


@pytest.mark.parametrize("kind", ["chunked", "sse"])
@pytest.mark.parametrize("begun", [b"5;name=", b"0\r\nTrailer: ", b"0000"], ids=["extension", "trailer", "size"])
def test_what_is_no_body_is_not_gathered_without_end(kind: Any, begun: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def pour(script: Script) -> None:
        first = script.connection()
        script.receive(HEAD + chunk(event(0)))
        script.receive(begun)
        for _ in range(100):
            if not first.over:
                script.receive(b"0" * 1000)
        assert first.over

    measured, streams = play(monkeypatch, StreamSettings(kind), pour).taken()
    assert measured.errors == {ErrorKind.PROTOCOL: 1}
    assert (streams.events, streams.truncated) == (1, 1)


# One that floods, and all the others


LONG = chunk(event(0) * 4_000)


async def poured(script: Script, pieces: list[bytes]) -> list[int]:
    """Pour pieces in as a loop does, as long as there is more and the connection reads.

    Return after how many of them each turn of the loop has come that was asked for meanwhile.
    """
    loop, wire, turns, read = asyncio.get_running_loop(), script.wire(), [], 0

    def pour() -> None:
        nonlocal read
        while wire.reads and read < len(pieces):
            script.receive(pieces[read])
            read += 1
        if read < len(pieces):
            loop.call_soon(pour)

    loop.call_soon(pour)
    for _ in range(100 * len(pieces)):
        loop.call_soon(lambda: turns.append(read))
        await asyncio.sleep(0)
        if read == len(pieces):
            return turns
    raise AssertionError(f"only {read} of {len(pieces)} pieces were read")


def test_after_each_long_read_of_a_flood_everybody_else_has_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other stream's event is stamped after the read that was under way when it came, not after all of them."""

    async def scenario() -> tuple[Script, list[int], int]:
        script = Script(StreamSettings(), Clock(monkeypatch, step_ns=1_500_000), connections=2)
        await script.start()
        script.receive(HEAD)
        script.receive(HEAD, 1)
        loop, clock = asyncio.get_running_loop(), script.clock
        began_ns = clock.now_ns
        flood = asyncio.create_task(poured(script, [LONG] * 32))
        await asyncio.sleep(0)
        loop.call_soon(script.receive, chunk(event(0)), 1)
        turns = await flood
        return script, turns, script.connection(1)._watch.course.first_event_ns - began_ns

    _, turns, took_ns = asyncio.run(scenario())
    assert sorted({*turns}) == list(range(1, 33)), "no turn was without the others for longer than one read"
    assert took_ns <= 10 * 1_500_000


@pytest.mark.parametrize(("piece", "step_ns"), [(LONG, 1_000), (chunk(event(0)), 1_500_000)], ids=["quick", "short"])
def test_reads_that_are_not_long_are_not_interrupted(
    piece: bytes, step_ns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> list[int]:
        script = Script(StreamSettings(), Clock(monkeypatch, step_ns))
        await script.start()
        script.receive(HEAD)
        return await poured(script, [piece] * 8)

    assert set(asyncio.run(scenario())) == {8}
