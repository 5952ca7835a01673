"""Tables of counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

K = TypeVar("K")


def merge_counts(a: Mapping[K, int], b: Mapping[K, int]) -> dict[K, int]:
    """Add two tables of counts key by key."""
    merged = dict(a)
    for key, count in b.items():
        merged[key] = merged.get(key, 0) + count
    return merged
