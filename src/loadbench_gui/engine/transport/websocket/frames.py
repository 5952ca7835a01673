"""Frames as bytes (RFC 6455, section 5.2): whole ones of ours, and where those that come end."""

from __future__ import annotations

from typing import Final, NamedTuple

try:
    from websockets.speedups import apply_mask as apply_mask
except ImportError:  # Built without its part in C.
    from websockets.utils import apply_mask as apply_mask

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA
LONGEST_MESSAGE: Final = 64 << 20
"""A message beyond this is a protocol error: what is read must be held."""
LONGEST_CONTROL: Final = 125
_FINAL: Final = 0x80
_MASKED: Final = 0x80
_RESERVED: Final = 0x70
_COMPRESSED: Final = 0x40
TOO_LONG: Final = "message too long"
_ORDINARY: Final = frozenset(_FINAL | opcode for opcode in (TEXT, BINARY, PING, PONG))
_OPCODES: Final = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})


class Extent(NamedTuple):
    """Where a frame lies: its payload is `data[begin:end]`, and the next frame starts at `end`.

    ordinary: a whole message, a ping or a pong with nothing about it that needs a parser. breach: what is forbidden
    about it by its header alone, so that there is no use in waiting for the rest; "" for nothing.
    """

    begin: int
    end: int
    ordinary: bool
    breach: str = ""


def header(opcode: int, size: int, *, masked: bool, fin: bool = True) -> bytes:
    """Return the header of a frame with a payload of `size` bytes, without the mask's key."""
    first = (_FINAL if fin else 0) | opcode
    mask = _MASKED if masked else 0
    if size < 126:
        return bytes((first, mask | size))
    if size < 1 << 16:
        return bytes((first, mask | 126)) + size.to_bytes(2, "big")
    return bytes((first, mask | 127)) + size.to_bytes(8, "big")


def client_frame(opcode: int, payload: bytes, key: bytes, *, fin: bool = True) -> bytes:
    """Return a frame as clients send it: masked with `key`, four bytes."""
    return header(opcode, len(payload), masked=True, fin=fin) + key + apply_mask(payload, key)


def extent(data: bytes, at: int, *, compressed: bool) -> Extent | int:
    """Return where the server's frame that starts at `at` lies, which may be beyond what is there.

    An int: its header is not whole, and that many bytes are needed to say more. compressed: the first reserved bit has
    a meaning on this connection.
    """
    there = len(data) - at
    if there < 2:
        return 2
    first, second = data[at], data[at + 1]
    size = second & 0x7F
    begin = 2
    if size >= 126:
        begin = 4 if size == 126 else 10
        if there < begin:
            return begin
        size = int.from_bytes(data[at + 2 : at + begin], "big")
    plain = first in _ORDINARY and not second & _MASKED
    ordinary = plain and size <= (LONGEST_CONTROL if first & CLOSE else LONGEST_MESSAGE)
    breach = "" if ordinary else _breach(first, second, size, compressed=compressed)
    return Extent(at + begin, at + begin + size, ordinary, breach)


def _breach(first: int, second: int, size: int, *, compressed: bool) -> str:
    opcode, reserved = first & 0x0F, first & _RESERVED
    if opcode not in _OPCODES:
        return f"reserved opcode {opcode:#x}"
    if second & _MASKED:
        return "masked frame"
    if reserved & ~(_COMPRESSED if compressed and opcode < CLOSE else 0):
        return "reserved bits"
    if opcode >= CLOSE:
        if not first & _FINAL:
            return "fragmented control frame"
        return "control frame too long" if size > LONGEST_CONTROL else ""
    return TOO_LONG if size > LONGEST_MESSAGE else ""


class Partial:
    """A frame whose end is yet to come. needed: so many bytes until it can be looked at again."""

    __slots__ = ("buffer", "first_ns", "needed")

    def __init__(self, data: bytes, needed: int, first_ns: int) -> None:
        self.buffer = bytearray(data)
        self.needed = needed
        self.first_ns = first_ns
