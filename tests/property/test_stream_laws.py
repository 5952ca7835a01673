"""Readers of streams: what the quick ways give is what the grammar gives, however the bytes are cut."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from loadbench_gui.core.events.ndjson import LineReader
from loadbench_gui.core.events.sse import SseReader

SSE_PARTS = st.sampled_from([
    b"data:", b"data: ", b"data", b"id: 7", b"id", b"id:\0", b"event: x", b"retry: 9", b"retry: x", b":", b": c",
    b"x", b" ", b"\n", b"\n\n", b"\n\n\n", b"\r", b"\r\n", b"\n\ndata: y\n\n", b"data: z\n\n", b"\xef\xbb\xbf",
    "ü".encode(), b"\0",
])  # fmt: skip
LINE_PARTS = st.sampled_from([b'{"a":1}', b"{", b"\n", b"\n\n", b"\r\n", b" ", b"1", b'{"b":2}\n', b"\n{"])


def reference(body: bytes) -> tuple[list[bytes], bytes, int | None]:
    """The grammar as the standard writes it: a character at a time, nothing clever. Returns data, last id, retry."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    lines: list[bytes] = []
    line, at = b"", 0
    while at < len(body):
        char = body[at : at + 1]
        at += 1
        if char not in (b"\r", b"\n"):
            line += char
            continue
        if char == b"\r" and body[at : at + 1] == b"\n":
            at += 1
        lines.append(line)
        line = b""
    events: list[bytes] = []
    data, last_id, id_buffer, retry = b"", b"", b"", None
    for one in lines:
        if one == b"":
            last_id = id_buffer
            if data:
                events.append(data[:-1])
                data = b""
        elif not one.startswith(b":"):
            name, colon, value = one.partition(b":")
            if colon and value[:1] == b" ":
                value = value[1:]
            if name == b"data":
                data += value + b"\n"
            elif name == b"id" and b"\0" not in value:
                id_buffer = value
            elif name == b"retry" and value and all(48 <= digit <= 57 for digit in value):
                retry = int(value)
    return events, last_id, retry


def pieces_of(body: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({min(cut, len(body)) for cut in cuts} | {0, len(body)})
    return [body[a:b] for a, b in pairwise(places)]


@given(st.lists(SSE_PARTS, max_size=40).map(b"".join), st.lists(st.integers(0, 120), max_size=8))
@example(b"data: a\n\nid: 7\ndata: b\n\ndata: c\n\nx", [9, 12])
@example(b"data: a\n\nid: 7\ndata: b\n\n", [9, 15])
@example(b"data: a\n\n\n\ndata: b\n\ndata: c\n\n", [9])
def test_events_are_what_the_standard_says_wherever_the_bytes_are_cut(body: bytes, cuts: list[int]) -> None:
    events, last_id, retry = reference(body)
    reader, counter, loose = SseReader(), SseReader(), SseReader(tracks=False)
    pieces = pieces_of(body, cuts)
    assert [data for piece in pieces for data in reader.feed(piece)] == events
    assert (reader.last_id, reader.retry_ms) == (last_id, retry)
    assert sum(counter.count(piece) for piece in pieces) == len(events)
    assert (counter.last_id, counter.retry_ms) == (last_id, retry)
    assert sum(loose.count(piece) for piece in pieces) == len(events)


@given(st.lists(st.sampled_from([b"data: y\n\n", b"data: z\n", b"\n", b"id: 7\n", b": c\n"]), max_size=30))
def test_whole_lines_are_counted_as_they_are_read(lines: list[bytes]) -> None:
    """Where the quick way applies most: pieces end where lines end."""
    reader, counter = SseReader(), SseReader()
    for piece in [b"data: a\n\n", *lines, b"".join(lines)]:
        assert counter.count(piece) == len(reader.feed(piece))
        assert (counter.last_id, counter.is_between) == (reader.last_id, reader.is_between)


@given(st.lists(LINE_PARTS, max_size=40).map(b"".join), st.lists(st.integers(0, 120), max_size=8))
def test_lines_are_the_same_wherever_the_bytes_are_cut(body: bytes, cuts: list[int]) -> None:
    expected = [line.strip() for line in body.split(b"\n") if line.strip()]
    reader, counter = LineReader(), LineReader()
    pieces = pieces_of(body, cuts)
    assert [line for piece in pieces for line in reader.feed(piece)] + reader.end() == expected
    assert sum(counter.count(piece) for piece in pieces) + len(counter.end()) == len(expected)
