"""Codings undone, to a bound and not a byte further."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest

from loadbench_gui.core.plan import Expectation
from loadbench_gui.engine.transport.check import LONGEST_BODY, Check
from loadbench_gui.engine.transport.coding import MOST_LAYERS, MOST_MEMBERS, Undecodable, decoded

BODY = b"all is well, " * 100


def test_contents_of_just_the_bound_are_contents_and_a_byte_more_is_too_much() -> None:
    folded = gzip.compress(BODY, mtime=0)
    assert decoded(folded, [b"gzip"], len(BODY)) == BODY
    with pytest.raises(Undecodable):
        decoded(folded, [b"gzip"], len(BODY) - 1)


def test_the_bound_holds_for_all_members_together() -> None:
    folded = gzip.compress(BODY, mtime=0) + gzip.compress(BODY, mtime=0)
    assert decoded(folded, [b"gzip"], 2 * len(BODY)) == BODY + BODY
    with pytest.raises(Undecodable):
        decoded(folded, [b"gzip"], 2 * len(BODY) - 1)


def test_thousands_of_tiny_members_are_refused() -> None:
    empty = gzip.compress(b"", mtime=0)
    assert decoded(empty * MOST_MEMBERS, [b"gzip"], 10) == b""
    with pytest.raises(Undecodable):
        decoded(empty * (MOST_MEMBERS + 1), [b"gzip"], 10)


def test_dozens_of_layers_are_refused() -> None:
    folded = BODY
    for _ in range(MOST_LAYERS):
        folded = gzip.compress(folded, mtime=0)
    assert decoded(folded, [b"gzip"] * MOST_LAYERS, 10_000) == BODY
    with pytest.raises(Undecodable):
        decoded(gzip.compress(folded, mtime=0), [b"gzip"] * (MOST_LAYERS + 1), 10_000)


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (gzip.compress(BODY, mtime=0)[:-1], b"gzip"),
        (gzip.compress(BODY, mtime=0) + b"more", b"gzip"),
        (zlib.compress(BODY)[:-1], b"deflate"),
        (zlib.compress(BODY) + b"more", b"deflate"),
        (BODY, b"gzip"),
        (BODY, b"deflate"),
        (BODY, b"br"),
    ],
)
def test_what_is_not_what_its_coding_says_is_refused(body: bytes, coding: bytes) -> None:
    with pytest.raises(Undecodable):
        decoded(body, [coding], 1 << 20)


def test_an_empty_body_is_empty_in_every_coding() -> None:
    assert decoded(b"", [b"gzip", b"br"], 10) == b""


def test_a_check_of_a_bomb_fails_and_holds_no_more_than_twice_the_bound() -> None:
    bomb = gzip.compress(bytes(20 * LONGEST_BODY), mtime=0)
    check = Check(Expectation(body=b"well"))
    tracemalloc.start()
    try:
        assert check.body_is_wrong(bomb, [b"gzip"])
        assert tracemalloc.get_traced_memory()[1] < 2.5 * LONGEST_BODY
    finally:
        tracemalloc.stop()


def test_a_check_looks_at_contents_not_at_their_coding() -> None:
    check = Check(Expectation(body=b"well"))
    assert not check.body_is_wrong(gzip.compress(BODY, mtime=0), [b"gzip"])
    assert check.body_is_wrong(gzip.compress(BODY, mtime=0))
    assert not Check(Expectation(json="[1]")).body_is_wrong(zlib.compress(b" [ 1 ] "), [b"deflate"])
