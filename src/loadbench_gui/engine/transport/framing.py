"""Where a response ends, in the few cases in which the parser cannot say."""

from __future__ import annotations

import re
from typing import Final

_FRAMED: Final = re.compile(rb"\r?\n(?:content-length[ \t]*:|transfer-encoding[ \t]*:[^\r\n]*chunked[ \t]*\r?\n)", re.I)
_CLOSE: Final = re.compile(rb"\r?\nconnection[ \t]*:[^\r\n]*\bclose\b", re.I)


def is_framed(head: bytes) -> bool:
    """Whether a head announces where its body ends; otherwise the end of the connection is the end of the body."""
    return _FRAMED.search(head) is not None


def says_close(head: bytes) -> bool:
    """Whether a head announces that the connection will be closed."""
    return _CLOSE.search(head) is not None


def final_head(pieces: list[bytes]) -> tuple[bytes, bytes]:
    """Return the final response's head with its empty line, and what follows it; interim ones are left out."""
    rest = b"".join(pieces)
    while True:
        head, end, rest = rest.partition(b"\r\n\r\n")
        if not head.startswith((b"HTTP/1.1 1", b"HTTP/1.0 1")) or not end:
            return head + end, rest
