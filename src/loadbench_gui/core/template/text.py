"""A text with placeholders, taken apart once: literal bytes, and columns of values that are joined to them.

Everything per request happens inside `zip`, `map` and `bytes.join`, so that a request costs a fraction of a
microsecond for each placeholder; what a chunk needs from numpy is computed when the chunk begins.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import TypeAlias, assert_never
from urllib.parse import quote

from loadbench_gui.core.template import draws
from loadbench_gui.core.template.draws import Ints
from loadbench_gui.core.template.inputs import Rows
from loadbench_gui.core.template.parsed import Parts
from loadbench_gui.core.template.syntax import (
    Choice,
    Counter,
    FromRow,
    Placeholder,
    RandomNumber,
    RandomUuid,
    TemplateError,
)  # fmt: skip

Column: TypeAlias = Callable[[Ints], Iterable[bytes]]
"""Places (n of the load's n-th request) to the values that stand there, one each."""
Encode: TypeAlias = Callable[[str], bytes]

_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_AS_DIGITS = b"%d".__mod__


@dataclass(frozen=True, slots=True)
class Text:
    """Literal bytes and columns in the order in which they are joined; no two literals side by side."""

    pieces: tuple[bytes | Column, ...] = ()

    @property
    def literal(self) -> bytes | None:
        """The whole text where it never varies, else None."""
        return b"".join(piece for piece in self.pieces if isinstance(piece, bytes)) if not self.varies else None

    @property
    def varies(self) -> bool:
        """Whether there is a placeholder in it."""
        return any(not isinstance(piece, bytes) for piece in self.pieces)

    def __add__(self, other: Text) -> Text:
        """Join two texts."""
        pieces = list(self.pieces)
        for piece in other.pieces:
            if pieces and isinstance(piece, bytes) and isinstance(pieces[-1], bytes):
                pieces[-1] += piece
            else:
                pieces.append(piece)
        return Text(tuple(pieces))

    def at(self, places: Ints) -> Iterator[bytes]:
        """Yield the text for each of `places`; a value is put into place only when its turn comes."""
        columns = [repeat(one, len(places)) if isinstance(one, bytes) else one(places) for one in self.pieces]
        if len(columns) == 1:
            return iter(columns[0])
        return map(b"".join, zip(*columns, strict=False)) if columns else repeat(b"", len(places))


def plain(data: bytes | str) -> Text:
    """Return a text that is just `data`: latin-1, as everything in the head of a request."""
    data = data.encode("latin-1") if isinstance(data, str) else data
    return Text((data,)) if data else Text()


def compiled(parts: Parts, literal: Encode, value: Encode, key: int, rows: Rows) -> Text:
    """Return the text of `parts`.

    literal, value: how literal parts and values become bytes. key: names the random streams of this text.
    Raises `TemplateError` for a column that `rows` does not have and a value that cannot be sent there.
    """
    result = Text()
    for ordinal, part in enumerate(parts):
        piece = literal(part) if isinstance(part, str) else _column(part, value, draws.stream_key(key, ordinal), rows)
        result += Text((piece,))
    return result


def _column(part: Placeholder, value: Encode, key: int, rows: Rows) -> Column:
    match part:
        case Counter(start):
            return lambda places: map(_AS_DIGITS, (places + start).tolist())
        case RandomNumber(low, high):
            span = high - low + 1
            return lambda places: map(_AS_DIGITS, (draws.below(key, places, span) + low).tolist())
        case RandomUuid():
            low_key = draws.stream_key(key, 0)
            return lambda places: draws.uuids(key, low_key, places)
        case Choice(options):
            encoded = [value(option) for option in options]
            return lambda places: map(encoded.__getitem__, draws.below(key, places, len(encoded)).tolist())
        case FromRow(name):
            values = _row_values(name, value, rows)
            return lambda places: map(values.__getitem__, (places % len(values)).tolist())
        case _:
            assert_never(part)


def _row_values(name: str, value: Encode, rows: Rows) -> list[bytes]:
    column = rows.columns.get(name)
    if not column:
        hint = 'Name a CSV file whose first line has that column: data = "users.csv", or --data users.csv.'
        raise TemplateError(f"${{row:{name}}}: {rows.source} has no column {name!r}", hint)
    encoded: list[bytes] = []
    for number, text in enumerate(column, 1):
        try:
            encoded.append(value(text))
        except TemplateError as error:
            raise TemplateError(
                f"row {number} of {rows.source}, column {name!r}: {error.message}", error.hint
            ) from None
    return encoded


def in_path(text: str) -> bytes:
    """Percent-encode a value: it becomes one segment or one query value, whatever it holds."""
    plain_word = text.isascii() and text.isalnum()
    return text.encode() if plain_word else quote(text, safe="", errors="surrogateescape").encode()


def in_json(text: str) -> bytes:
    """Escape a value as within the quotes of a JSON string."""
    plain_word = text.isascii() and text.isalnum()
    return text.encode() if plain_word else in_body(json.dumps(text, ensure_ascii=False)[1:-1])


def in_body(text: str) -> bytes:
    """Encode text of a body; bytes that were not UTF-8 come out as they went in."""
    return text.encode("utf-8", "surrogateescape")


def in_header(text: str) -> bytes:
    """Encode a header's value. Raises `TemplateError` for what a header cannot carry."""
    encoded = in_head(text)
    if _CONTROL.search(encoded):
        raise _uncarried(text)
    return encoded


def in_head(text: str) -> bytes:
    """Encode literal text of the head. Raises `TemplateError` for what is beyond Latin-1."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        raise _uncarried(text) from None


def _uncarried(text: str) -> TemplateError:
    return TemplateError(f"{text[:60]!r} holds a character that a header cannot carry", "One line of Latin-1 text.")
