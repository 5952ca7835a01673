"""Server-sent events, by the grammar of the HTML standard, section 9.2.6 ("Interpreting an event stream").

Nothing is decoded: all that the grammar knows is ASCII, so a character of UTF-8 may be cut anywhere.
"""

from __future__ import annotations

import re
from typing import Final

from loadbench_gui.core.events.bounds import LONGEST_EVENT_BYTES, LONGEST_LINE_BYTES, TooLong

_BOM: Final = b"\xef\xbb\xbf"
_BLANK: Final = b"\n\n"
_EVENT: Final = re.compile(rb"\n\n(?:(?!data[:\n])[^\n]++\n)*+data[:\n]")
"""A blank line, lines that are not data, and one that is. What is left of the block is passed over."""
_COLON: Final = 0x3A
_LONGEST_NUMBER: Final = 18
_MOST_LINES: Final = 256
"""Of one event, before they are joined: a line of a byte costs forty as an object of its own."""


class SseReader:
    """Pieces of a body in, the data of events out.

    last_id: what a reconnecting client sends as `Last-Event-ID`; b"" for none. first_id: the first that came, b"" for
    none. retry_ms: how long a client waits before it reconnects, None as long as the server has not said. tracks:
    whether anybody asks for these; otherwise they may be old.
    """

    __slots__ = (
        "_begun", "_data", "_id", "_size", "_skips_lf", "_spilled", "_tail", "_tracks", "first_id", "last_id",
        "retry_ms",
    )  # fmt: skip

    def __init__(self, last_id: bytes = b"", *, tracks: bool = True) -> None:
        self.last_id = self._id = last_id
        self.first_id = b""
        self.retry_ms: int | None = None
        self._tracks = tracks
        self._tail = bytearray()
        self._data: list[bytes] = []
        self._spilled = bytearray()
        self._size = 0
        self._begun = self._skips_lf = False

    @property
    def is_between(self) -> bool:
        """Whether nothing of what came belongs to an event that is yet to come."""
        return self._begun and not self._tail and not self._data and not self._skips_lf

    def count(self, piece: bytes) -> int:
        """Take a piece in like `feed`, and return only how many events that completed.

        Between two blank lines of a piece are whole blocks of lines, and a block is an event if one of its lines is
        data: these are counted in one go, what is before and after them goes the long way. So does all of a piece with
        carriage returns, or with ids that somebody asks for.
        """
        first, last = -len(_BLANK) if self.is_between else piece.find(_BLANK), piece.rfind(_BLANK)
        is_plain = self._begun and 0 <= last > first and b"\r" not in piece and len(piece) <= LONGEST_LINE_BYTES
        if not is_plain or self._has_news(piece):
            return len(self.feed(piece))
        begin, end = first + len(_BLANK), last + len(_BLANK)
        before = len(self.feed(piece[:begin]))
        self.last_id = self._id
        blocks = len(_EVENT.findall(_BLANK + piece[begin:end]))
        return before + blocks + len(self.feed(piece[end:]))

    def feed(self, piece: bytes) -> list[bytes]:
        """Take a piece in and return the data of the events that it completed. Raises `TooLong`."""
        if not self._begun:
            piece = self._without_bom(piece)
        if self._skips_lf and piece:
            self._skips_lf = False
            if piece.startswith(b"\n"):
                piece = piece[1:]
        return self._read(self._lines(piece)) if piece else []

    def end(self) -> list[bytes]:
        """The body has ended in good order: an event that no blank line ended is none."""
        return []

    def _has_news(self, piece: bytes) -> bool:
        if not self._tracks:
            return False
        return piece.startswith((b"id", b"retry")) or b"\nid" in piece or b"\nretry" in piece

    def _without_bom(self, piece: bytes) -> bytes:
        start = bytes(self._tail) + piece
        if len(start) < len(_BOM) and _BOM.startswith(start):
            self._tail[:] = start
            return b""
        self._tail.clear()
        self._begun = True
        return start.removeprefix(_BOM)

    def _lines(self, piece: bytes) -> list[bytes]:
        """Return the lines that are complete, and keep the rest. CR, LF and CRLF end one, and nothing else does."""
        lines = piece.splitlines()
        rest = b"" if piece.endswith((b"\n", b"\r")) else lines.pop()
        self._skips_lf = piece.endswith(b"\r")
        if self._tail and lines:
            lines[0] = bytes(self._tail) + lines[0]
            self._tail.clear()
        self._tail += rest
        if len(self._tail) > LONGEST_LINE_BYTES or (lines and len(lines[0]) > LONGEST_LINE_BYTES):
            raise TooLong
        if len(piece) > LONGEST_LINE_BYTES and any(len(line) > LONGEST_LINE_BYTES for line in lines):
            raise TooLong
        return lines

    def _read(self, lines: list[bytes]) -> list[bytes]:
        events: list[bytes] = []
        data = self._data
        for line in lines:
            if not line:
                self.last_id = self._id
                if data:
                    events.append(data[0] if len(data) == 1 and not self._spilled else self._joined())
                    data.clear()
                    self._size = 0
            elif line.startswith(b"data:"):
                self._add(line[6:] if line.startswith(b"data: ") else line[5:])
            elif line[0] != _COLON:
                self._field(line)
        return events

    def _add(self, value: bytes) -> None:
        if len(self._data) == _MOST_LINES:
            self._spilled += b"\n".join(self._data) + b"\n"
            self._data.clear()
        self._data.append(value)
        self._size += len(value) + 1
        if self._size > LONGEST_EVENT_BYTES:
            raise TooLong

    def _joined(self) -> bytes:
        data = bytes(self._spilled) + b"\n".join(self._data)
        self._spilled.clear()
        return data

    def _field(self, line: bytes) -> None:
        """Take one of the rarer fields in; those that the grammar does not know, and `event`, mean nothing here."""
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._add(value)
        elif name == b"id" and b"\0" not in value:
            self._id = value
            self.first_id = self.first_id or value
        elif name == b"retry" and value.isdigit():
            # Beyond that many digits it is longer than anybody waits.
            self.retry_ms = int(value[-_LONGEST_NUMBER:]) if len(value) <= _LONGEST_NUMBER else 10**_LONGEST_NUMBER
