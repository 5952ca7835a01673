"""Server-sent events by the letter of the grammar, however their bytes are cut."""

from __future__ import annotations

import tracemalloc

import pytest

from loadbench_gui.core.events.bounds import LONGEST_EVENT_BYTES, LONGEST_LINE_BYTES, TooLong
from loadbench_gui.core.events.sse import SseReader

SEPARATORS = "a\x0bb\x0cc\x1cd\x85e\u2028f".encode()
CASES: dict[str, tuple[bytes, list[bytes]]] = {
    "one event": (b"data: hello\n\n", [b"hello"]),
    "no space after the colon": (b"data:hello\n\n", [b"hello"]),
    "only one space is taken off": (b"data:  hello\n\n", [b" hello"]),
    "lines of one event are joined": (b"data: a\ndata: b\ndata:\n\n", [b"a\nb\n"]),
    "carriage returns alone": (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
    "both, and mixed": (b"data: a\r\n\r\ndata: b\n\rdata: c\r\n\n", [b"a", b"b", b"c"]),
    "a carriage return and a line feed are one end": (b"data: a\r\ndata: b\r\n\r\n", [b"a\nb"]),
    "a byte order mark": (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
    "a second byte order mark makes a field of its own": (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n", [b"b"]),
    "comments": (b": nothing\n:\ndata: a\n: in between\n\n:data: b\n\n", [b"a"]),
    "a blank line alone is no event": (b"\n\n\n\ndata: a\n\n\n\n\n", [b"a"]),
    "data without a colon is empty data": (b"data\n\n", [b""]),
    "data with nothing is empty data": (b"data:\n\ndata: \n\n", [b"", b""]),
    "no data, no event": (b"event: ping\nid: 7\nretry: 10\n\n", []),
    "fields nobody knows": (b"datas: x\n data: y\nDATA: z\ndata: a\n\n", [b"a"]),
    "the last event is not ended": (b"data: a\n\ndata: b\n", [b"a"]),
    "no line feed at the end": (b"data: a\n\ndata: b", [b"a"]),
    "other separators are part of the line": (
        b"data: " + SEPARATORS + b"\n\n",
        [SEPARATORS],
    ),
    "not only ASCII": ("data: Grüße 🎉\n\n".encode(), ["Grüße 🎉".encode()]),
    "bytes that are no UTF-8": (b"data: \xff\xfe\n\n", [b"\xff\xfe"]),
    "NUL in data": (b"data: a\0b\n\n", [b"a\0b"]),
    "nothing": (b"", []),
}  # fmt: skip


def whole(body: bytes) -> list[bytes]:
    return SseReader().feed(body)


def cut(body: bytes, size: int) -> list[bytes]:
    reader = SseReader()
    return [data for at in range(0, len(body), size) for data in reader.feed(body[at : at + size])]


@pytest.mark.parametrize(("body", "events"), CASES.values(), ids=CASES)
def test_a_body_has_the_events_that_the_grammar_says(body: bytes, events: list[bytes]) -> None:
    assert whole(body) == events


@pytest.mark.parametrize(("body", "events"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_it_does_not_matter_where_the_bytes_are_cut(body: bytes, events: list[bytes], size: int) -> None:
    assert cut(body, size) == events


@pytest.mark.parametrize(("body", "events"), CASES.values(), ids=CASES)
def test_counting_is_as_good_as_reading(body: bytes, events: list[bytes]) -> None:
    reader = SseReader()
    assert reader.count(body) == len(events)
    assert SseReader().count(body + b"\n\n" + body) == len(whole(body + b"\n\n" + body))


def test_an_event_is_there_with_the_carriage_return_that_ends_it() -> None:
    reader = SseReader()
    assert reader.feed(b"data: a\r\r") == [b"a"]
    assert reader.feed(b"\ndata: b\r\n") == []
    assert reader.feed(b"\r") == [b"b"]
    assert reader.feed(b"\n") == []


# Ids and pauses


IDS = {
    "an id": (b"id: 7\ndata: a\n\n", b"7"),
    "an id counts without data too": (b"id: 7\n\n", b"7"),
    "not before the blank line": (b"id: 7\ndata: a\n", b""),
    "an empty one takes the last one back": (b"id: 7\n\nid\ndata: a\n\n", b""),
    "one with NUL is none": (b"id: 7\n\nid: 8\x008\ndata: a\n\n", b"7"),
    "the last one of an event": (b"id: 7\nid: 8\ndata: a\n\n", b"8"),
    "it stays for the events that follow": (b"id: 7\ndata: a\n\ndata: b\n\n", b"7"),
    "one space is taken off": (b"id:  7 \n\n", b" 7 "),
    "others are not it": (b"ids: 7\nId: 8\n\n", b""),
}


@pytest.mark.parametrize(("body", "last_id"), IDS.values(), ids=IDS)
@pytest.mark.parametrize("size", [1, 4, 1000])
def test_the_last_id_is_what_a_reconnect_would_send(body: bytes, last_id: bytes, size: int) -> None:
    for take in (SseReader.feed, SseReader.count):
        reader = SseReader()
        for at in range(0, len(body), size):
            take(reader, body[at : at + size])
        assert reader.last_id == last_id


def test_an_id_that_came_in_a_piece_of_its_own_counts_with_the_event_that_follows() -> None:
    reader = SseReader()
    reader.count(b"data: a\n\n")
    reader.count(b"id: 7\n")
    assert reader.last_id == b""
    assert reader.count(b"data: b\n\n") == 1
    assert reader.last_id == b"7"


def test_a_reconnect_goes_on_with_the_id_it_was_given() -> None:
    reader = SseReader(b"41")
    reader.feed(b"data: a\n\n")
    assert reader.last_id == b"41"


@pytest.mark.parametrize(
    ("body", "retry_ms"),
    [
        (b"retry: 250\n", 250),
        (b"retry:0\n", 0),
        (b"retry: 0050\n", 50),
        (b"retry: 1.5\n", None),
        (b"retry: -1\n", None),
        (b"retry: 1e3\n", None),
        (b"retry:\n", None),
        (b"retry\n", None),
        (b"retry:  7\n", None),
        ("retry: ٣\n".encode(), None),
        (b"retry: 5\nretry: x\n", 5),
        (b"retry: " + b"9" * 5000 + b"\n", 10**18),
    ],
)
def test_a_pause_is_digits_and_nothing_else(body: bytes, retry_ms: int | None) -> None:
    reader = SseReader()
    reader.feed(body)
    assert reader.retry_ms == retry_ms


# Bounds


def test_a_line_beyond_a_mebibyte_is_refused_wherever_it_is_cut() -> None:
    assert whole(b"data: " + b"x" * (LONGEST_LINE_BYTES - 6) + b"\n\n")
    line = b"data: " + b"x" * LONGEST_LINE_BYTES
    for body in (line, line + b"\n\n", b"data: a\n\n" + line + b"\n\n", b": " + line):
        for size in (60_000, 1 << 16, len(body)):
            with pytest.raises(TooLong):
                cut(body, size)


def test_an_event_beyond_eight_mebibytes_is_refused() -> None:
    reader = SseReader()
    line = b"data: " + b"x" * 1_000_000 + b"\n"
    for _ in range(LONGEST_EVENT_BYTES // 1_000_000):
        reader.feed(line)
    with pytest.raises(TooLong):
        reader.feed(line)


@pytest.mark.parametrize("lines", [255, 256, 257, 512, 513, 1000])
def test_an_event_may_have_many_lines(lines: int) -> None:
    reader = SseReader()
    body = b"".join(b"data: %d\n" % number for number in range(lines)) + b"\n"
    assert reader.feed(body + b"data: a\n\n" + body) == [
        b"\n".join(b"%d" % number for number in range(lines)),
        b"a",
        b"\n".join(b"%d" % number for number in range(lines)),
    ]


def test_an_event_of_the_shortest_lines_costs_little_more_than_its_bytes() -> None:
    reader = SseReader()
    tracemalloc.start()
    try:
        for _ in range(20):
            reader.feed(b"data\n" * 4_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_500_000


def test_endless_comments_leave_nothing_behind() -> None:
    reader = SseReader()
    for _ in range(10_000):
        assert reader.count(b": are you there? " * 4 + b"\n") == 0
    assert reader.is_between


def test_a_line_that_comes_byte_by_byte_is_taken_in_linear_time() -> None:
    reader = SseReader()
    for _ in range(200_000):
        reader.feed(b"x")
    assert reader.feed(b"\ndata: a\n\n") == [b"a"]
