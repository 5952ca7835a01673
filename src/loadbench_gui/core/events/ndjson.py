"""Lines of JSON: each line that is not blank is an event."""

from __future__ import annotations

from loadbench_gui.core.events.bounds import LONGEST_EVENT_BYTES, TooLong


class LineReader:
    """Pieces of a body in, lines out, as they came but for the line's end and the white space around them."""

    __slots__ = ("_tail",)

    def __init__(self) -> None:
        self._tail = bytearray()

    @property
    def is_between(self) -> bool:
        """Whether nothing of what came belongs to a line that is yet to end."""
        return not self._tail

    def count(self, piece: bytes) -> int:
        """Take a piece in like `feed`, and return only how many events that completed.

        Whole lines that all begin with a brace need not be taken apart: none of them is blank.
        """
        if not self._tail and piece.startswith(b"{") and piece.endswith(b"\n"):
            lines = piece.count(b"\n{") + 1
            if lines == piece.count(b"\n") and len(piece) <= LONGEST_EVENT_BYTES:
                return lines
        return len(self.feed(piece))

    def feed(self, piece: bytes) -> list[bytes]:
        """Take a piece in and return the lines that it completed. Raises `TooLong`."""
        *lines, rest = piece.split(b"\n")
        if lines:
            lines[0] = bytes(self._tail) + lines[0]
            self._tail.clear()
        self._tail += rest
        if len(self._tail) > LONGEST_EVENT_BYTES or any(len(line) > LONGEST_EVENT_BYTES for line in lines):
            raise TooLong
        return [line for raw in lines if (line := raw.strip())]

    def end(self) -> list[bytes]:
        """The body has ended in good order: a last line needs no end of its own."""
        line = bytes(self._tail).strip()
        self._tail.clear()
        return [line] if line else []
