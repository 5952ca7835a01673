"""How much of a picture is painted in a colour, thin and antialiased lines included. Pure: arrays in, counts out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]
"""Red, green and blue of a picture: shape (height, width, 3)."""

_STRONG: Final = 0.45
_OFF: Final = 14.0


def painted(pixels: Pixels, background: str, colours: Sequence[str]) -> dict[str, int]:
    """Count, for each `#RRGGBB`, the pixels that lie on the way from the background to it, past nearly half of it.

    That is what antialiasing makes of a line one pixel wide. A pixel that would fit several colours counts for the
    one that it is nearest to.
    """
    base = _rgb(background)
    # A picture has millions of pixels and hundreds of colours.
    packed = pixels.reshape(-1, 3).astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    found, counts = np.unique(packed, return_counts=True)
    points = np.stack([found >> 16, found >> 8 & 0xFF, found & 0xFF], axis=1).astype(np.float64) - base
    distances = []
    for colour in colours:
        way = _rgb(colour) - base
        share = np.clip(points @ way / (way @ way), 0.0, 1.0)
        distance = np.linalg.norm(points - share[:, None] * way, axis=1)
        distances.append(np.where(share >= _STRONG, distance, np.inf))
    stacked = np.stack(distances)
    nearest = np.where(stacked.min(axis=0) <= _OFF, stacked.argmin(axis=0), -1)
    return {colour: int(counts[nearest == i].sum()) for i, colour in enumerate(colours)}


def _rgb(colour: str) -> NDArray[np.float64]:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.float64)
