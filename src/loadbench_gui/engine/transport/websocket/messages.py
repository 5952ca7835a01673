"""The messages of an echo: how they are made, and how their echoes are told apart.

One that we make up starts with its identifier where it holds one: 16 hexadecimal digits in text, 8 bytes in binary. The
rest is the same in all of them, so it is masked once; to send one is to mask its identifier and join three pieces.
Shorter ones, and those of the user, have no identifier: one is under way at a time, and what comes then is its echo.
"""

from __future__ import annotations

import random
import secrets
from typing import Final

from loadbench_gui.core.websocket import SocketSettings
from loadbench_gui.engine.transport.websocket.frames import (
    BINARY,
    CONTINUATION,
    TEXT,
    apply_mask,
    client_frame,
    header,
)

SMALL_BYTES: Final = 4 << 10
"""Up to here frames are made before they are due, and kept; larger ones would cost memory on every connection."""
_OCTETS: Final = 8
_BLOCK: Final = 4096
_LETTERS: Final = "    eeeeetttaaaooiinnsshrdlu"
"""As often as in a text, so that compression finds in it what it finds in one."""
_FORGOTTEN: Final = 1 << 16


class Stencil:
    """Makes the messages of a connection, or of a shard where they are large.

    identified: whether they carry an identifier; width: of it. rest: what follows it, the same in all.
    front: what an echo of one frame starts with, before the identifier. frame_bytes, echo_bytes: of each as a whole.
    The mask's key is drawn at random, once: a mask keeps a script in a browser from choosing the bytes that pass
    through a proxy (RFC 6455, section 10.3), and here nobody but the user of this program chooses any.
    """

    __slots__ = (
        "_back",
        "_fragments",
        "_key",
        "_lead",
        "_opcode",
        "echo_bytes",
        "frame_bytes",
        "front",
        "identified",
        "is_small",
        "rest",
        "width",
    )

    def __init__(self, settings: SocketSettings, rest: bytes) -> None:
        """Rest: as `rest_of` returned it, so that all of a shard share it."""
        self.width = settings.identifier_bytes
        self.identified = self.width > 0
        self.rest = rest
        size = self.width + len(rest)
        self.is_small = size <= SMALL_BYTES
        self._opcode = BINARY if settings.binary else TEXT
        self._fragments = settings.fragments
        self._key = secrets.token_bytes(4)
        self._lead = header(self._opcode, size, masked=True) + self._key
        # An identifier is as long as whole keys are, so the rest starts with the key's first byte.
        self._back = apply_mask(rest, self._key)
        self.front = header(self._opcode, size, masked=False)
        self.echo_bytes = len(self.front) + size
        self.frame_bytes = len(self.frame(self.identifier(0)))

    @property
    def opcode(self) -> int:
        """Text or binary."""
        return self._opcode

    def identifier(self, number: int) -> bytes:
        """Return what the message with `number` starts with; b"" where there is no room for it."""
        if not self.identified:
            return b""
        return b"%016x" % number if self._opcode == TEXT else number.to_bytes(_OCTETS, "big")

    def frame(self, identifier: bytes) -> bytes:
        """Return the message as it is written."""
        if self._fragments > 1:
            return self._in_fragments(identifier + self.rest)
        return self._lead + apply_mask(identifier, self._key) + self._back if identifier else self._lead + self._back

    def echo(self, identifier: bytes) -> bytes:
        """Return its echo as servers send it, in one frame."""
        return self.front + identifier + self.rest

    def is_echo(self, opcode: int, payload: bytes, identifier: bytes) -> bool:
        """Whether a message is the one with `identifier`, unchanged."""
        return (
            opcode == self._opcode
            and len(payload) == len(identifier) + len(self.rest)
            and payload.startswith(identifier)
            and payload.endswith(self.rest)
        )

    def number(self, payload: bytes) -> int | None:
        """Return the number of the message that `payload` would be an echo of; None: of none."""
        identifier = payload[: self.width]
        if len(identifier) < self.width or not self.identified:
            return None
        if self._opcode == BINARY:
            return int.from_bytes(identifier, "big")
        return int(identifier, 16) if identifier.strip(b"0123456789abcdef") == b"" else None

    def _in_fragments(self, payload: bytes) -> bytes:
        """Cut it into frames, of which the last may be shorter, or empty."""
        step = -(-len(payload) // self._fragments)
        return b"".join(
            client_frame(
                CONTINUATION if part else self._opcode,
                payload[part * step : (part + 1) * step],
                self._key,
                fin=part == self._fragments - 1,
            )
            for part in range(self._fragments)
        )


class GivenUp:
    """The numbers of messages of one connection whose echoes are no longer waited for; memory stays bounded."""

    __slots__ = ("_floor", "_numbers")

    def __init__(self) -> None:
        self._floor = -1
        self._numbers: set[int] = set()

    def add(self, number: int) -> None:
        """Remember one. After many, all up to it count as given up: it is too long ago to tell."""
        self._numbers.add(number)
        if len(self._numbers) > _FORGOTTEN:
            self._floor = number
            self._numbers.clear()

    def __contains__(self, number: int) -> bool:
        return number <= self._floor or number in self._numbers


def rest_of(settings: SocketSettings) -> bytes:
    """Return what all messages have in common: the user's own, or letters."""
    if settings.message:
        return settings.message
    size = settings.size_bytes - settings.identifier_bytes
    letters = random.Random(0).choices(_LETTERS, k=_BLOCK)  # noqa: S311 - the same in every run
    return ("".join(letters) * (-(-size // _BLOCK)))[:size].encode()


def first_number() -> int:
    """Return what the messages of a fresh connection are numbered from, unlike those of any other by all odds."""
    return secrets.randbits(31) << 32
