"""Random numbers by place: the n-th of a stream can be had without the ones before it, so shards need no common state.

A stream is a SplitMix64 sequence (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014):
output n is a mix of key + (n + 1) x the golden ratio, which numpy computes for any set of places at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_SHIFTS = np.array([30, 27, 31], np.uint64)
_FACTORS = np.array([0xBF58476D1CE4E5B9, 0x94D049BB133111EB], np.uint64)
_HEX_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)
_UUID_BYTES = 36
_HEX_PLACES = np.array([place for place in range(_UUID_BYTES) if place not in (8, 13, 18, 23)])


def stream_key(seed: int, *path: int) -> int:
    """Return the key of the stream that `path` names under `seed`; other paths have streams of their own."""
    key = seed & _MASK
    for step in path:
        key = int(_mixed(np.array([(key + (step + 1) * _GOLDEN) & _MASK], np.uint64))[0])
    return key


def words(key: int, places: Ints) -> Words:
    """Return 64 random bits for each of `places`, as uint64 of the same length."""
    state = places.astype(np.uint64)
    state *= np.uint64(_GOLDEN)
    state += np.uint64((key + _GOLDEN) & _MASK)
    return _mixed(state)


def below(key: int, places: Ints, limit: int) -> Ints:
    """Return whole numbers 0 .. limit - 1. The remainder favours none of them by more than limit / 2^64."""
    return (words(key, places) % np.uint64(limit)).astype(np.int64)


def picks(key: int, places: Ints, weights: Sequence[float]) -> Ints:
    """Return for each place an index into `weights`, drawn in their proportion."""
    edges = np.cumsum(weights)
    unit = (words(key, places) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return np.searchsorted(edges[:-1] / edges[-1], unit, side="right").astype(np.int64)


def uuids(key: int, places: Ints) -> list[bytes]:
    """Return random UUIDs (RFC 9562, version 4) as text, one for each place."""
    halves = np.stack((words(key, places), words(stream_key(key, 1), places)), axis=1)
    raw = halves.astype(">u8").view(np.uint8).reshape(-1, 16)
    raw[:, 6] = (raw[:, 6] & 0x0F) | 0x40
    raw[:, 8] = (raw[:, 8] & 0x3F) | 0x80
    nibbles = np.stack((raw >> 4, raw & 0x0F), axis=2).reshape(-1, 32)
    text = np.full((len(raw), _UUID_BYTES), ord("-"), np.uint8)
    text[:, _HEX_PLACES] = _HEX_DIGITS[nibbles]
    found: list[bytes] = text.view(f"S{_UUID_BYTES}").ravel().tolist()
    return found


def _mixed(state: Words) -> Words:
    """Mix in place."""
    state ^= state >> _SHIFTS[0]
    state *= _FACTORS[0]
    state ^= state >> _SHIFTS[1]
    state *= _FACTORS[1]
    state ^= state >> _SHIFTS[2]
    return state
