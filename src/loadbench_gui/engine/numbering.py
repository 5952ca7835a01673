"""Messages that a server numbers: which are lost, which came twice and which came late, for each connection.

A number is the integer `index` of a JSON object, or the identifier that a message starts with: 16 hexadecimal digits,
or 8 bytes of a binary message. An `index` says what it is. Digits and bytes may be anything, so they are taken for
numbers only where they begin small and the second differs from the first.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from enum import Enum, auto
from typing import Final

_LEADING_INDEX: Final = re.compile(rb'\{\s*"index"\s*:\s*(-?[0-9]{1,18})\s*[,}]')
_DIGITS: Final = re.compile(rb"[0-9a-f]{16}")
_FIRST_BELOW: Final = 1 << 30
"""Times since 1970 and hashes are above."""
_LONGEST_JSON: Final = 64 << 10
_TRIES: Final = 16
_LONGEST_LEAP: Final = 1_000_000
"""A sequence that leaps further has begun anew."""
_MOST_GAPS: Final = 64


class Turn(Enum):
    """How a number follows those before it.

    LATE: it had been leapt over.
    """

    NEXT = auto()
    LATE = auto()
    AGAIN = auto()


class Numbering:
    """Follows the numbers of one connection. `lost` gathers (how many, when that was seen) as losses become certain."""

    __slots__ = ("_first", "_gaps", "_latest", "lost")

    def __init__(self) -> None:
        self._first = self._latest = 0
        # What was leapt over, ascending: [first, last, when that was seen].
        self._gaps: list[list[int]] | None = None
        self.lost: list[tuple[int, int]] = []

    def follow(self, number: int, now_ns: int) -> Turn:
        """Take the next number in."""
        if self._gaps is None or abs(number - self._latest) > _LONGEST_LEAP:
            self._begin(number)
            return Turn.NEXT
        ahead = number - self._latest
        if ahead > 0:
            if ahead > 1:
                self._leap(number, now_ns)
            self._latest = number
            return Turn.NEXT
        if number < self._first:
            self._precede(number, now_ns)
            return Turn.LATE
        return self._fill(number)

    def conclude(self) -> None:
        """Nothing follows: what was leapt over is lost."""
        for first, last, seen_ns in self._gaps or ():
            self.lost.append((last - first + 1, seen_ns))
        self._gaps = None

    def _begin(self, number: int) -> None:
        self.conclude()
        self._gaps = []
        self._first = self._latest = number

    def _leap(self, number: int, now_ns: int) -> None:
        assert self._gaps is not None
        self._gaps.append([self._latest + 1, number - 1, now_ns])
        if len(self._gaps) > _MOST_GAPS:
            first, last, seen_ns = self._gaps.pop(0)
            self.lost.append((last - first + 1, seen_ns))

    def _precede(self, number: int, now_ns: int) -> None:
        """The very first that came was not the first that was sent."""
        assert self._gaps is not None
        if number + 1 < self._first and len(self._gaps) < _MOST_GAPS:
            self._gaps.insert(0, [number + 1, self._first - 1, now_ns])
        self._first = number

    def _fill(self, number: int) -> Turn:
        assert self._gaps is not None
        at = bisect_right(self._gaps, number, key=lambda gap: gap[0]) - 1
        if at < 0 or number > self._gaps[at][1]:
            return Turn.AGAIN
        first, last, seen_ns = self._gaps[at]
        parts = ([first, number - 1, seen_ns], [number + 1, last, seen_ns])
        self._gaps[at : at + 1] = [part for part in parts if part[0] <= part[1]]
        return Turn.LATE


class Numbers:
    """Finds the numbers of one connection's messages, and follows them once they are believed.

    sequence: the numbers so far; None while there are none.
    """

    __slots__ = ("_first", "_tries_left", "sequence")

    def __init__(self) -> None:
        self.sequence: Numbering | None = None
        self._first: tuple[int, int] | None = None
        self._tries_left = _TRIES

    @property
    def is_hopeless(self) -> bool:
        """Whether numbers are looked for no more: so many messages had none."""
        return not self._tries_left

    def follow(self, message: bytes, now_ns: int, *, binary: bool) -> Turn:
        """Take a message in; one without a number has its turn."""
        if not self._tries_left:
            return Turn.NEXT
        number = index_of(message)
        if number is None:
            return self._follow_identifier(message, now_ns, binary=binary)
        self._tries_left = _TRIES
        if self.sequence is None:
            self.sequence = Numbering()
        return self.sequence.follow(number, now_ns)

    def _follow_identifier(self, message: bytes, now_ns: int, *, binary: bool) -> Turn:
        number = identifier_of(message, binary=binary)
        if number is None:
            self._tries_left -= self.sequence is None
            return Turn.NEXT
        if self.sequence is not None:
            return self.sequence.follow(number, now_ns)
        if self._first is None:
            self._first = (number, now_ns)
            self._tries_left = _TRIES if number < _FIRST_BELOW else 0
            return Turn.NEXT
        if number == self._first[0]:
            self._tries_left = 0
            return Turn.NEXT
        self.sequence = Numbering()
        self.sequence.follow(*self._first)
        return self.sequence.follow(number, now_ns)


def index_of(message: bytes) -> int | None:
    """Return the integer `index` of a message that is a JSON object; None for any other."""
    if not message.startswith(b"{"):
        return None
    leading = _LEADING_INDEX.match(message)
    if leading is not None:
        return int(leading[1])
    if len(message) > _LONGEST_JSON or b'"index"' not in message:
        return None
    try:
        found = json.loads(message)
    except (ValueError, RecursionError):
        return None
    index = found.get("index") if isinstance(found, dict) else None
    return index if type(index) is int else None


def identifier_of(message: bytes, *, binary: bool) -> int | None:
    """Return the identifier that a message starts with; None where it holds none."""
    if binary:
        return int.from_bytes(message[:8], "big") if len(message) >= 8 else None
    return int(message[:16], 16) if _DIGITS.match(message) else None
