"""Pictures of a screen: read from the memory of a virtual one, searched for colours, kept as PNG."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Pixels: TypeAlias = npt.NDArray[np.uint8]
"""Height x width x (red, green, blue)."""

_POINTER = 0.1  # a pointer's share of a row or column is less
_WORD = 4  # bytes of each field of the header, and of each pixel


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels; right and bottom are outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def centre(self) -> tuple[int, int]:
        """The point in the middle."""
        return (self.left + self.right) // 2, (self.top + self.bottom) // 2


def from_xwd(content: bytes) -> Pixels:
    """Return the picture in an X window dump of 24 bits in 32, as Xvfb keeps its screen (format: XWDFile.h)."""
    fields = struct.unpack_from(">25I", content)
    size, width, height, byte_order, bits, row_bytes, colours = (fields[i] for i in (0, 4, 5, 7, 11, 12, 19))
    if bits != 8 * _WORD:
        raise ValueError(f"a screen of {bits} bits per pixel, not {8 * _WORD}")
    start = size + colours * 12
    rows = np.frombuffer(content, np.uint8, height * row_bytes, start).reshape(height, row_bytes)
    pixels = rows[:, : width * _WORD].reshape(height, width, _WORD)
    return pixels[:, :, 2::-1] if byte_order == 0 else pixels[:, :, 1:]


def colour(name: str) -> tuple[int, int, int]:
    """Return red, green and blue of `#RRGGBB`."""
    red, green, blue = bytes.fromhex(name.removeprefix("#"))
    return red, green, blue


def count(pixels: Pixels, name: str) -> int:
    """Return how many pixels have exactly the colour `name`."""
    return int(np.count_nonzero((pixels == colour(name)).all(axis=2)))


def block(pixels: Pixels, name: str, width: int, height: int) -> Box | None:
    """Return what the areas of the colour `name` cover together that are at least `width` x `height`; none: `None`."""
    same = (pixels == colour(name)).all(axis=2)
    if same.shape[0] < height or same.shape[1] < width:
        return None
    sums = np.pad(same.cumsum(0).cumsum(1), ((1, 0), (1, 0)))  # sums[y, x] counts what lies above and left
    full = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    tops, lefts = np.nonzero(full == width * height)
    if not tops.size:
        return None
    return Box(int(lefts.min()), int(tops.min()), int(lefts.max()) + width, int(tops.max()) + height)


def shown(pixels: Pixels) -> Box | None:
    """Return what the windows on the screen cover together: rows and columns that are not almost all black.

    An empty screen is black but for the pointer.
    """
    bright = pixels.max(axis=2) > 0
    rows = np.flatnonzero(bright.mean(axis=1) > _POINTER)
    columns = np.flatnonzero(bright.mean(axis=0) > _POINTER)
    if not rows.size:
        return None
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def to_png(pixels: Pixels, path: Path) -> None:
    """Write the picture (PNG, W3C recommendation; each row as its difference from the one above)."""
    height, width, _ = pixels.shape
    above = np.vstack([np.zeros((1, width, 3), np.uint8), pixels[:-1]])
    rows = np.empty((height, 1 + 3 * width), np.uint8)
    rows[:, 0] = 2  # the filter called "up"
    rows[:, 1:] = (pixels - above).reshape(height, 3 * width)

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + data)
