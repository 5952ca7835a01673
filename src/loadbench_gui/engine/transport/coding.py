"""Content codings undone: only where a body is looked at, and never to more than a bound.

A body of a few kilobytes can unfold to gigabytes, so each layer is unfolded to the bound and not a byte further.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Final

MOST_LAYERS: Final = 4
"""Servers apply one coding, seldom two. More is nothing that a client would want to undo."""
MOST_MEMBERS: Final = 16
"""Each member of a gzip body costs a copy of what follows it, so thousands of tiny ones would hold the loop up."""
_GZIP: Final = 16 + zlib.MAX_WBITS
_RAW: Final = -zlib.MAX_WBITS
# The low four bits of the first byte of a zlib stream name its method, and the first two bytes are a multiple of 31.
_DEFLATE_METHOD: Final = 8


class Undecodable(Exception):
    """A body is not what its coding says, unfolds beyond the bound, or has a coding that is not known here."""


def decoded(body: bytes, codings: Sequence[bytes], longest: int) -> bytes:
    """Return `body` with its codings undone, the last applied first. Raises `Undecodable`.

    codings: lower-case names in the order in which they were applied (RFC 9110, section 8.4).
    """
    if not body:
        return body
    if len(codings) > MOST_LAYERS:
        raise Undecodable
    for coding in reversed(codings):
        if coding not in _DECODERS:
            raise Undecodable
        try:
            body = _DECODERS[coding](body, longest)
        except zlib.error as problem:
            raise Undecodable from problem
    return body


def _gunzip(body: bytes, longest: int) -> bytes:
    """Undo gzip: one member or several, one after the other."""
    pieces: list[bytes] = []
    while body:
        if len(pieces) == MOST_MEMBERS:
            raise Undecodable
        piece, body = _unfold(body, _GZIP, longest)
        pieces.append(piece)
        longest -= len(piece)
    return b"".join(pieces)


def _inflate(body: bytes, longest: int) -> bytes:
    """Undo deflate: a zlib stream by the letter, a bare one as some servers send it."""
    has_header = len(body) > 1 and body[0] & 15 == _DEFLATE_METHOD and int.from_bytes(body[:2]) % 31 == 0
    piece, rest = _unfold(body, zlib.MAX_WBITS if has_header else _RAW, longest)
    if rest:
        raise Undecodable
    return piece


def _unfold(body: bytes, wbits: int, longest: int) -> tuple[bytes, bytes]:
    """Return one stream's contents and what follows it."""
    stream = zlib.decompressobj(wbits)
    # Zero would mean without a bound, and one byte more than allowed tells that there is more.
    contents = stream.decompress(body, max(0, longest) + 1)
    if not stream.eof or len(contents) > longest:
        raise Undecodable
    return contents, stream.unused_data


_DECODERS: Final[dict[bytes, Callable[[bytes, int], bytes]]] = {
    b"gzip": _gunzip,
    b"x-gzip": _gunzip,
    b"deflate": _inflate,
}
