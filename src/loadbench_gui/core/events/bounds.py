"""How much of a stream is held at once: whatever a server sends, memory stays bounded."""

from __future__ import annotations

from typing import Final

LONGEST_LINE_BYTES: Final = 1 << 20
LONGEST_EVENT_BYTES: Final = 8 << 20


class TooLong(ValueError):
    """A line or an event goes beyond its bound."""
