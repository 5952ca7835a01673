"""The numbers of messages: what is missing, what came twice, what came late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadbench_gui.engine.numbering import Numbering, Numbers, Turn, identifier_of, index_of


def followed(numbers: Iterable[int]) -> tuple[Counter[Turn], int]:
    sequence = Numbering()
    turns = Counter(sequence.follow(number, at) for at, number in enumerate(numbers))
    sequence.conclude()
    return turns, sum(count for count, _ in sequence.lost)


@pytest.mark.parametrize(
    ("numbers", "late", "again", "lost"),
    [
        ([0, 1, 2, 3], 0, 0, 0),
        ([7, 8, 10, 11], 0, 0, 1),
        ([0, 1, 1, 2, 2], 0, 2, 0),
        ([0, 2, 1, 3], 1, 0, 0),
        ([1, 0, 2], 1, 0, 0),
        ([0, 5, 3, 3, 6], 1, 1, 3),
        ([0, 100, 50, 51, 49], 3, 0, 96),
        ([5, 2, 3, 4], 3, 0, 0),
        ([], 0, 0, 0),
    ],
)
def test_numbers_are_followed(numbers: list[int], late: int, again: int, lost: int) -> None:
    turns, missing = followed(numbers)
    assert (turns[Turn.LATE], turns[Turn.AGAIN], missing) == (late, again, lost)


@given(st.lists(st.integers(0, 300), max_size=200))
def test_every_number_between_the_first_and_the_last_is_new_again_or_lost(numbers: list[int]) -> None:
    turns, lost = followed(numbers)
    different = len(set(numbers))
    gaps = sum(b - a > 1 for a, b in zip(sorted(numbers), sorted(numbers)[1:], strict=False))
    assert turns.total() == len(numbers)
    if gaps < 32:
        assert turns[Turn.AGAIN] == len(numbers) - different
        assert lost == (max(numbers) - min(numbers) + 1 - different if numbers else 0)


def test_countless_gaps_take_no_memory() -> None:
    sequence = Numbering()
    for number in range(0, 20_000, 2):
        sequence.follow(number, number)
    sequence.conclude()
    assert sum(count for count, _ in sequence.lost) == 9_999


def test_a_leap_beyond_reason_is_a_new_beginning() -> None:
    assert followed([0, 1, 1 << 60, (1 << 60) + 1, 0]) == (Counter({Turn.NEXT: 5}), 0)


def test_when_a_loss_was_seen_is_known() -> None:
    sequence = Numbering()
    for number, at in ((0, 10), (2, 20), (4, 30)):
        sequence.follow(number, at)
    sequence.conclude()
    assert sequence.lost == [(1, 20), (1, 30)]


@pytest.mark.parametrize(
    ("message", "index"),
    [
        (b'{"index": 3, "text": "x"}', 3),
        (b'{"index":0}', 0),
        (b' {"index":0}', None),
        (b'{"text": "index", "index": -4}', -4),
        (b'{"index": "3"}', None),
        (b'{"index": 3.5}', None),
        (b'{"index": true}', None),
        (b'{"at": {"index": 3}}', None),
        (b'{"index": 3', None),
        (b"[3]", None),
        (b"", None),
    ],
)
def test_an_index_is_an_integer_of_a_json_object(message: bytes, index: int | None) -> None:
    assert index_of(message) == index


def test_an_identifier_is_sixteen_digits_or_eight_bytes() -> None:
    assert identifier_of(b"00000000000000ff and so on", binary=False) == 255
    assert identifier_of(b"00000000000000f", binary=False) is None
    assert identifier_of(b"\0\0\0\0\0\0\x01\x00rest", binary=True) == 256
    assert identifier_of(b"\0\0\0\0\0\0\x01", binary=True) is None


def all_turns(messages: Iterable[bytes], *, binary: bool = False) -> tuple[Counter[Turn], int]:
    numbers = Numbers()
    turns = Counter(numbers.follow(message, at, binary=binary) for at, message in enumerate(messages))
    if numbers.sequence is None:
        return turns, 0
    numbers.sequence.conclude()
    return turns, sum(count for count, _ in numbers.sequence.lost)


def test_messages_with_identifiers_are_followed() -> None:
    texts = [b"%016x hello" % number for number in (1, 2, 4, 4)]
    assert all_turns(texts) == (Counter({Turn.NEXT: 3, Turn.AGAIN: 1}), 1)
    assert all_turns([number.to_bytes(8, "big") for number in (1, 2, 4, 3)], binary=True)[0][Turn.LATE] == 1


@pytest.mark.parametrize(
    "messages",
    [
        [b"always the same text"] * 5,
        [b"\0" * 32] * 5,
        [(1_700_000_000_000_000 + 3 * at).to_bytes(8, "big") for at in range(5)],
        [b"%016x" % (0xABCDEF0123456789 * at % (1 << 64)) for at in range(1, 5)],
        [b'{"no": "number"}'] * 100,
    ],
)
@pytest.mark.parametrize("binary", [False, True])
def test_what_does_not_count_is_not_taken_for_numbers(messages: list[bytes], binary: bool) -> None:
    assert all_turns(messages, binary=binary) == (Counter({Turn.NEXT: len(messages)}), 0)
