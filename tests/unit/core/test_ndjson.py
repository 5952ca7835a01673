"""Lines of JSON, and what counts as content in them."""

from __future__ import annotations

import pytest

from loadbench_gui.core.events.bounds import LONGEST_EVENT_BYTES, TooLong
from loadbench_gui.core.events.content import ContentPath
from loadbench_gui.core.events.ndjson import LineReader

CASES: dict[str, tuple[bytes, list[bytes]]] = {
    "lines": (b'{"a":1}\n{"a":2}\n', [b'{"a":1}', b'{"a":2}']),
    "a last line without an end": (b'{"a":1}\n{"a":2}', [b'{"a":1}', b'{"a":2}']),
    "blank lines are none": (b'\n\n{"a":1}\n \t\n\r\n{"a":2}\n\n', [b'{"a":1}', b'{"a":2}']),
    "carriage returns belong to the end": (b'{"a":1}\r\n{"a":2}\r\n', [b'{"a":1}', b'{"a":2}']),
    "anything that is JSON": (b'1\n"x"\n[1]\nnull\n', [b"1", b'"x"', b"[1]", b"null"]),
    "not only ASCII": ('{"a":"ü🎉\u2028"}\n'.encode(), ['{"a":"ü🎉\u2028"}'.encode()]),
    "nothing": (b"", []),
    "only white space": (b" \n ", []),
}


@pytest.mark.parametrize(("body", "events"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_a_body_has_the_lines_it_has_however_it_is_cut(body: bytes, events: list[bytes], size: int) -> None:
    reader, counter = LineReader(), LineReader()
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    assert [line for piece in pieces for line in reader.feed(piece)] + reader.end() == events
    assert sum(counter.count(piece) for piece in pieces) + len(counter.end()) == len(events)


def test_a_line_without_end_is_refused_beyond_its_bound() -> None:
    reader = LineReader()
    for _ in range(LONGEST_EVENT_BYTES // 65536):
        reader.feed(b"x" * 65536)
    with pytest.raises(TooLong):
        reader.feed(b"x" * 65536)


@pytest.mark.parametrize(
    ("path", "data", "has_content"),
    [
        ("", b"x", True),
        ("", b" \n", False),
        ("", b"", False),
        ("text", b'{"text":"hello"}', True),
        ("text", b'{"text":""}', False),
        ("text", b'{"text":null}', False),
        ("text", b'{"text":0}', True),
        ("text", b'{"text":false}', True),
        ("text", b'{"text":[]}', False),
        ("text", b'{"other":"hello"}', False),
        ("text", b"[DONE]", False),
        ("text", b"\xff", False),
        ("text", b'"text"', False),
        ("choices.0.delta.content", b'{"choices":[{"delta":{"content":"H"}}]}', True),
        ("choices.0.delta.content", b'{"choices":[{"delta":{"role":"assistant"}}]}', False),
        ("choices.0.delta.content", b'{"choices":[]}', False),
        ("choices.1.delta", b'{"choices":[{"delta":1}]}', False),
        ("0", b'{"0":"a key, not a position"}', True),
        ("a.b", b"[" * 100_000, False),
    ],
)
def test_content_is_what_lies_at_the_path(path: str, data: bytes, has_content: bool) -> None:
    assert ContentPath(path).is_in(data) is has_content
