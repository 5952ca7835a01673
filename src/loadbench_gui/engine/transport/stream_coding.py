"""Content codings undone while a stream is coming: each read is unfolded as far as it goes, and never without bound."""

from __future__ import annotations

import zlib
from typing import Final

from loadbench_gui.core.events.bounds import LONGEST_EVENT_BYTES
from loadbench_gui.engine.transport.coding import Undecodable

_WINDOWS: Final = {b"gzip": 16 + zlib.MAX_WBITS, b"x-gzip": 16 + zlib.MAX_WBITS, b"deflate": zlib.MAX_WBITS}


class Unfolding:
    """A body that is coming in one coding (RFC 9110, section 8.4)."""

    __slots__ = ("_stream",)

    def __init__(self, codings: list[bytes]) -> None:
        """Raises `Undecodable` for codings that are not known here, and for more than one."""
        if len(codings) != 1 or codings[0] not in _WINDOWS:
            raise Undecodable
        self._stream = zlib.decompressobj(_WINDOWS[codings[0]])

    def unfold(self, data: bytes) -> bytes:
        """Return what `data` adds to the body. Raises `Undecodable`, also where one read unfolds beyond the bound."""
        try:
            contents = self._stream.decompress(data, LONGEST_EVENT_BYTES)
        except zlib.error as problem:
            raise Undecodable from problem
        if self._stream.unconsumed_tail:
            raise Undecodable
        return contents
