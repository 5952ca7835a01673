"""Messages in parts: what they cost while their end is yet to come."""

from __future__ import annotations

import tracemalloc

from loadbench_gui.engine.transport.websocket.frames import CONTINUATION, TEXT, header
from loadbench_gui.engine.transport.websocket.unusual import Message, Unusual


def part(opcode: int, content: bytes, *, fin: bool = False) -> bytes:
    return header(opcode, len(content), masked=False, fin=fin) + content


def test_a_flood_of_parts_without_content_takes_no_memory() -> None:
    unusual, empty = Unusual(), part(CONTINUATION, b"")
    assert list(unusual.feed(part(TEXT, b"a"), 7)) == []
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(20_000):
            assert list(unusual.feed(empty, 8)) == []
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 50_000
    assert list(unusual.feed(part(CONTINUATION, b"b", fin=True), 9)) == [Message(TEXT, b"ab", 7)]
    assert not unusual.is_needed


def test_a_message_may_begin_without_content() -> None:
    unusual = Unusual()
    assert list(unusual.feed(part(TEXT, b""), 1)) == []
    assert unusual.is_needed
    assert list(unusual.feed(part(CONTINUATION, b"c", fin=True), 2)) == [Message(TEXT, b"c", 1)]
