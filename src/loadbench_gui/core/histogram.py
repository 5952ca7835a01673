"""The HDR bucket layout on numpy: 1 us to 1 hour at three significant digits, the same in every process.

`Histogram` is a frozen, sparse value: merging is addition, and it is what travels, is drawn and is stored.
`HistogramBuilder` is the dense accumulator that the hot path folds batches into.

Source of the layout: Gil Tene's HdrHistogram (http://hdrhistogram.org), so that the `hdrhistogram` package and
every tool that reads its encoding agree with us count by count.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

LOWEST_US: Final = 1
HIGHEST_US: Final = 3_600_000_000
SIGNIFICANT_DIGITS: Final = 3

_HALF_MAGNITUDE: Final = 10
_HALF_COUNT: Final = 1 << _HALF_MAGNITUDE
_SUB_MASK: Final = 2 * _HALF_COUNT - 1
_BUCKETS: Final = 22
BUCKET_COUNT: Final = (_BUCKETS + 1) * _HALF_COUNT
"""How many counters the layout has (23,552)."""

_BUCKET: Final = np.min_scalar_type(BUCKET_COUNT)
_MOST: Final = np.iinfo(np.int64).max

Ints = NDArray[np.int64]
_NOTHING: Final[Ints] = np.empty(0, np.int64)
_NOTHING.setflags(write=False)


def bucket_of(values_us: Ints) -> Ints:
    """Return the bucket index of each value. Values are clipped to [0, 1 hour]."""
    values = np.clip(values_us, 0, HIGHEST_US)
    # frexp's exponent is the bit length, exactly, below 2**53.
    magnitude = np.frexp((values | _SUB_MASK).astype(np.float64))[1].astype(np.int64) - (_HALF_MAGNITUDE + 1)
    return np.asarray(((magnitude + 1) << _HALF_MAGNITUDE) + (values >> magnitude) - _HALF_COUNT, np.int64)


def lowest_value(buckets: Ints) -> Ints:
    """Return the smallest value, in us, that falls into each bucket."""
    magnitude = np.maximum((buckets >> _HALF_MAGNITUDE) - 1, 0)
    sub = np.where(buckets < _HALF_COUNT, buckets, (buckets & (_HALF_COUNT - 1)) + _HALF_COUNT)
    return np.asarray(sub << magnitude, np.int64)


def bucket_width(buckets: Ints) -> Ints:
    """Return how many microseconds each bucket spans."""
    return np.asarray(np.int64(1) << np.maximum((buckets >> _HALF_MAGNITUDE) - 1, 0), np.int64)


class Histogram:
    """Counts of latencies in whole microseconds; immutable, hashable and compared by content.

    Kept in the smallest whole numbers that hold it, as a run consists of thousands of them, and read as int64.
    """

    __slots__ = ("_buckets", "_counts")

    def __init__(self, buckets: Ints = _NOTHING, counts: Ints = _NOTHING) -> None:
        """Take sorted bucket indices with a count above zero, and their counts (same length)."""
        self._buckets = buckets.astype(_BUCKET) if len(buckets) else _NOTHING
        self._counts = counts.astype(np.min_scalar_type(counts.max())) if len(counts) else _NOTHING

    @property
    def buckets(self) -> Ints:
        """Sorted indices of the buckets with a count above zero."""
        return _read_only(self._buckets)

    @property
    def counts(self) -> Ints:
        """How many values each of `buckets` has."""
        return _read_only(self._counts)

    @property
    def nbytes(self) -> int:
        """How much memory its numbers take."""
        return self._buckets.nbytes + self._counts.nbytes

    @classmethod
    def of(cls, values_us: Ints | list[int]) -> Histogram:
        """Build a histogram of `values_us`."""
        builder = HistogramBuilder()
        builder.add(np.asarray(values_us, np.int64))
        return builder.take()

    def __add__(self, other: Histogram) -> Histogram:
        if not other:
            return self
        if not self:
            return other
        buckets, inverse = np.unique(np.concatenate((self._buckets, other._buckets)), return_inverse=True)
        counts = np.zeros(len(buckets), np.int64)
        np.add.at(counts, inverse, np.concatenate((self.counts, other.counts)))
        return Histogram(buckets, counts)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Histogram):
            return NotImplemented
        return np.array_equal(self._buckets, other._buckets) and np.array_equal(self._counts, other._counts)

    def __hash__(self) -> int:
        return hash((self._buckets.tobytes(), self._counts.tobytes()))

    def __repr__(self) -> str:
        return f"Histogram({self.total} values from {self.min_us} to {self.max_us} us)"

    def __len__(self) -> int:
        return self.total

    def __bool__(self) -> bool:
        return len(self._buckets) > 0

    @property
    def total(self) -> int:
        """How many values were recorded."""
        return int(self._counts.sum(dtype=np.int64))

    def quantile(self, q: float) -> float | None:
        """Return the latency in us at quantile `q` in [0, 1], or None when empty.

        As in HdrHistogram: the highest value equivalent to the one at rank ceil(q * total).
        """
        total = self.total
        if not total:
            return None
        return self.at_rank(max(1, math.ceil(q * total - 1e-9)))

    def at_rank(self, rank: int) -> float:
        """Return the highest value equivalent to the `rank`-th smallest (1 <= rank <= total)."""
        position = int(np.searchsorted(np.cumsum(self._counts, dtype=np.int64), rank))
        bucket = self._buckets[position : position + 1].astype(np.int64)
        return float(lowest_value(bucket)[0] + bucket_width(bucket)[0] - 1)

    def count_at_or_below(self, value_us: float) -> int:
        """Return how many recorded values are at or below `value_us`, to the layout's resolution."""
        if value_us < 0:
            return 0
        bucket = bucket_of(np.array([min(value_us, HIGHEST_US)], np.int64))[0]
        return int(self.counts[: int(np.searchsorted(self.buckets, bucket, side="right"))].sum())

    @property
    def middles_us(self) -> NDArray[np.float64]:
        """Middle of each bucket, parallel to `counts`."""
        buckets = self.buckets
        return (lowest_value(buckets) + bucket_width(buckets) // 2).astype(np.float64)

    @property
    def min_us(self) -> float | None:
        """Lowest value equivalent to the smallest recorded."""
        return float(lowest_value(self.buckets[:1])[0]) if self else None

    @property
    def max_us(self) -> float | None:
        """Highest value equivalent to the largest recorded."""
        return self.at_rank(self.total) if self else None

    @property
    def mean_us(self) -> float | None:
        """Mean of the bucket middles: within 0.05 % of the mean of what was recorded."""
        return float(np.average(self.middles_us, weights=self.counts)) if self else None

    @property
    def stdev_us(self) -> float | None:
        """Population standard deviation, of the bucket middles."""
        if not self:
            return None
        middles = self.middles_us
        mean = np.average(middles, weights=self.counts)
        return float(math.sqrt(np.average((middles - mean) ** 2, weights=self.counts)))

    def to_bytes(self) -> bytes:
        """Pack for the wire and the store: bucket indices as uint16, counts as uint64, little-endian."""
        return self._buckets.astype("<u2").tobytes() + self._counts.astype("<u8").tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Histogram:
        """Undo `to_bytes`. Raises `ValueError` on bytes that it did not write."""
        if len(data) % 10:
            raise ValueError(f"a packed histogram has a multiple of 10 bytes, not {len(data)}")
        n = len(data) // 10
        buckets = np.frombuffer(data, "<u2", n).astype(np.int64)
        if n and (np.any(np.diff(buckets) <= 0) or buckets[-1] >= BUCKET_COUNT):
            raise ValueError("a packed histogram has sorted bucket indices inside the layout")
        counts = np.frombuffer(data, "<u8", n, offset=2 * n)
        if n and counts.max() > _MOST:
            raise ValueError("a packed histogram has counts below 2**63")
        return cls(buckets, counts.astype(np.int64))

    def to_hdr(self) -> bytes:
        """Encode as HdrHistogram V2, compressed, base64: what `.hlog` files hold."""
        from hdrh.histogram import HdrHistogram  # imported here: workers never need it

        hdr = HdrHistogram(LOWEST_US, HIGHEST_US, SIGNIFICANT_DIGITS)
        for value, count in zip(lowest_value(self.buckets).tolist(), self.counts.tolist(), strict=True):
            hdr.record_value(value, count)
        encoded: bytes = hdr.encode()
        return encoded

    @classmethod
    def from_hdr(cls, encoded: bytes) -> Histogram:
        """Decode an HdrHistogram of the same layout. Raises `ValueError` for any other layout."""
        from hdrh.histogram import HdrHistogram

        hdr = HdrHistogram.decode(encoded)
        if (hdr.lowest_trackable_value, hdr.significant_figures) != (LOWEST_US, SIGNIFICANT_DIGITS):
            raise ValueError("the histogram has another layout than 1 us at 3 significant digits")
        pairs = [(item.value_iterated_to, item.count_added_in_this_iter_step) for item in hdr.get_recorded_iterator()]
        if not pairs:
            return cls()
        values, counts = np.array(pairs, np.int64).T
        return cls(bucket_of(values), np.ascontiguousarray(counts))


def _read_only(numbers: NDArray[Any]) -> Ints:
    """Return them as int64 that nobody can take for the histogram's own."""
    wide: Ints = numbers.astype(np.int64)
    wide.setflags(write=False)
    return wide


class HistogramBuilder:
    """A dense, mutable accumulator for the hot path: `add` batches, `take` what has gathered."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: Ints = np.zeros(BUCKET_COUNT, np.int64)

    def add(self, values_us: Ints) -> None:
        """Count each of `values_us` (int64, microseconds)."""
        np.add.at(self._counts, bucket_of(values_us), 1)

    def take(self) -> Histogram:
        """Return what has gathered and start again from nothing."""
        buckets = np.flatnonzero(self._counts)
        taken = Histogram(buckets, self._counts[buckets])
        self._counts[buckets] = 0
        return taken
