"""Where keys stand, in every way that TOML can write them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadbench_gui.profile.problems import KeyPath
from loadbench_gui.profile.spans import Spans

TEXT = '''# a comment
schema = 1
a.b."c d" = { x = 1, y.z = [1, { k = 2 }] }
[[deployment]]
name = "one"
[deployment.ready]
path = """
several
lines
"""
timeout = 5
[[deployment]]
name = "two"
command = [
  "first",   # with a comment
  "second",
]
[deployment.ready]
timeout = 6
[[workload]]
[[workload.load.stages]]
rate = 1
[[workload.load.stages]]
rate = 2
[slo]
"p99" = "ü"
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("schema",), 2),
        (("a", "b", "c d", "x"), 3),
        (("a", "b", "c d", "y", "z", 1, "k"), 3),
        (("deployment", 0), 4),
        (("deployment", 0, "name"), 5),
        (("deployment", 0, "ready"), 6),
        (("deployment", 0, "ready", "timeout"), 11),
        (("deployment", 1, "name"), 13),
        (("deployment", 1, "command", 1), 16),
        (("deployment", 1, "ready", "timeout"), 19),
        (("workload", 0, "load", "stages", 1, "rate"), 24),
        (("slo", "p99"), 26),
        (("slo", "missing"), 25),
        (("deployment", 1, "missing"), 12),
        (("nowhere",), 1),
    ],
)
def test_a_key_is_found_on_its_line(path: KeyPath, line: int) -> None:
    assert Spans(TEXT).line(path) == line


def test_every_key_and_item_of_the_document_has_a_span() -> None:
    spans = Spans(TEXT)

    assert all(spans.get(path) for path in _paths(tomllib.loads(TEXT), ()))


def test_a_span_covers_exactly_the_value() -> None:
    span = Spans(TEXT).get(("slo", "p99"))

    assert span is not None
    assert TEXT.encode()[span.start : span.end] == '"ü"'.encode()


def test_half_typed_text_keeps_the_places_of_what_can_be_read() -> None:
    spans = Spans("schema = 1\n[slo]\np99 = \n[comparison]\nrounds = 3\nbase")

    assert spans.line(("schema",)) == 1
    assert spans.line(("comparison", "rounds")) == 5


@given(st.text(alphabet="ab.=[]{}\"'\n#1, ", max_size=80))
def test_no_text_whatever_makes_the_search_for_places_fail(text: str) -> None:
    assert Spans(text).line(("a", 0, "b")) >= 1


def _paths(value: Any, prefix: KeyPath) -> Iterator[KeyPath]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*prefix, key)
        yield from _paths(item, (*prefix, key))
