"""Random numbers by place: the n-th of a stream can be had without the ones before it, so shards need no common state.

A stream is a SplitMix64 sequence (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014):
output n is a mix of key + (n + 1) x the golden ratio, which numpy computes for any set of places at once.
"""

from __future__ import annotations

from binascii import hexlify
from collections.abc import Iterator, Sequence
from struct import Struct

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Floats = NDArray[np.float64]

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_SHIFTS = np.array([30, 27, 31], np.uint64)
_FACTORS = np.array([0xBF58476D1CE4E5B9, 0x94D049BB133111EB], np.uint64)
_STEP = np.uint64(_GOLDEN)
_UUID_FIELDS = Struct("8s4s4s4s12s")


def stream_key(seed: int, *path: int) -> int:
    """Return the key of the stream that `path` names under `seed`; other paths have streams of their own."""
    key = seed & _MASK
    for step in path:
        key = int(_mixed(np.array([(key + (step + 1) * _GOLDEN) & _MASK], np.uint64))[0])
    return key


def words(key: int, places: Ints) -> Words:
    """Return 64 random bits for each of `places`, as uint64 of the same length."""
    state = places.astype(np.uint64)
    state *= _STEP
    state += np.uint64((key + _GOLDEN) & _MASK)
    return _mixed(state)


def below(key: int, places: Ints, limit: int) -> Ints:
    """Return whole numbers 0 .. limit - 1. The remainder favours none of them by more than limit / 2^64."""
    return (words(key, places) % np.uint64(limit)).astype(np.int64)


def edges(weights: Sequence[float]) -> Floats:
    """Return where between 0 and 1 each weight's part ends, without the last: one shorter than `weights`."""
    ends = np.cumsum(weights)
    return np.asarray(ends[:-1] / ends[-1], np.float64)


def picks(key: int, places: Ints, ends: Floats) -> Ints:
    """Return for each place an index into the weights that `ends` are the `edges` of, drawn in their proportion."""
    unit = (words(key, places) >> np.uint64(11)) * 2.0**-53
    return ends.searchsorted(unit, side="right")


def uuids(high: int, low: int, places: Ints) -> Iterator[bytes]:
    """Yield random UUIDs (RFC 9562, version 4) as text, one for each place; `high` and `low` are keys of streams."""
    halves = np.empty((len(places), 2), ">u8")
    halves[:, 0] = words(high, places)
    halves[:, 1] = words(low, places)
    raw = halves.view(np.uint8)
    raw[:, 6] = (raw[:, 6] & 0x0F) | 0x40
    raw[:, 8] = (raw[:, 8] & 0x3F) | 0x80
    return map(b"-".join, _UUID_FIELDS.iter_unpack(hexlify(raw.tobytes())))


def _mixed(state: Words) -> Words:
    """Mix in place."""
    state ^= state >> _SHIFTS[0]
    state *= _FACTORS[0]
    state ^= state >> _SHIFTS[1]
    state *= _FACTORS[1]
    state ^= state >> _SHIFTS[2]
    return state
