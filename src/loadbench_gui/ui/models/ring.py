"""Fixed memory for endless runs: columns that keep their newest rows, readable without copying."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Ring:
    """The newest `capacity` rows of `width` numbers each.

    Every row is written twice, `capacity` apart, so that the newest rows always lie side by side in memory.
    """

    __slots__ = ("_capacity", "_data", "_written")

    def __init__(self, capacity: int, width: int) -> None:
        self._capacity = capacity
        self._data: Floats = np.full((2 * capacity, width), np.nan)
        self._written = 0

    def __len__(self) -> int:
        return min(self._written, self._capacity)

    @property
    def bytes_held(self) -> int:
        """Memory of the buffer; it never changes."""
        return self._data.nbytes

    def append(self, row: Floats | tuple[float, ...]) -> None:
        """Add a row; the oldest goes when the ring is full."""
        position = self._written % self._capacity
        self._data[position] = row
        self._data[position + self._capacity] = row
        self._written += 1

    def rows(self) -> Floats:
        """Return the rows held, oldest first, shape (len, width): a view that the next `append` may change."""
        end = (self._written - 1) % self._capacity + self._capacity + 1
        return self._data[end - len(self) : end]
