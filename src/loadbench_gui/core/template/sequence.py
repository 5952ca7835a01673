"""Which of a workload's requests comes n-th, and what it is: an endless iterator over one shard's share of a load.

The n-th request of the load is the same whatever the number of shards, because all that is drawn for it is drawn by
its place. What a chunk needs is drawn when the chunk begins; each request is put together when its turn comes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from typing import Final, Protocol, TypeVar

import numpy as np

from loadbench_gui.core.template import draws
from loadbench_gui.core.template.draws import Floats, Ints
from loadbench_gui.errors import Bug

CHUNK: Final = 128
"""Requests of a shard whose values are drawn together. More cost less each, and hold the loop up for longer."""
MIX_CHUNK: Final = 1024
"""The same for requests that never vary, where only the mix is drawn."""
_MIX_STREAM: Final = 1 << 32

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


class Series(Protocol[T_co]):
    """What is sent at any place of the load's sequence."""

    @property
    def literal(self) -> T_co | None:
        """The one thing that is always sent, or None where it varies."""

    def at(self, places: Ints) -> Iterator[T_co]:
        """Yield what is sent at each of `places`."""


def sequence(
    series: Sequence[Series[T]], weights: Sequence[float], seed: int, index: int, count: int
) -> Iterator[tuple[int, T]]:
    """Yield (which of `series`, what is sent) for the requests index, index + count, ... of a load, without end.

    weights: how often each series is drawn, relative to the others. Raises `Bug` for a share that does not exist.
    """
    if not 0 <= index < count:
        raise Bug(f"share {index} of {count} does not exist")
    literals = [one.literal for one in series]
    pairs = [(which, literal) for which, literal in enumerate(literals) if literal is not None]
    if len(series) == 1:
        return repeat(pairs[0]) if pairs else _single(series[0], index, count)
    key, ends = draws.stream_key(seed, _MIX_STREAM), draws.edges(weights)
    if len(pairs) == len(series):
        chunks = (draws.picks(key, places, ends).tolist() for places in _places(index, count, MIX_CHUNK))
        return map(pairs.__getitem__, chain.from_iterable(chunks))
    return _mixed(series, ends, key, index, count)


def _places(index: int, count: int, size: int) -> Iterator[Ints]:
    first = index
    while True:
        yield np.arange(first, first + size * count, count, dtype=np.int64)
        first += size * count


def _single(one: Series[T], index: int, count: int) -> Iterator[tuple[int, T]]:
    return zip(repeat(0), chain.from_iterable(map(one.at, _places(index, count, CHUNK))), strict=False)


def _mixed(series: Sequence[Series[T]], ends: Floats, key: int, index: int, count: int) -> Iterator[tuple[int, T]]:
    def chunk(places: Ints) -> Iterator[tuple[int, T]]:
        which = draws.picks(key, places, ends)
        own = [one.at(places[which == number]) for number, one in enumerate(series)]
        order: list[int] = which.tolist()
        return zip(order, map(next, map(own.__getitem__, order)), strict=True)

    return chain.from_iterable(map(chunk, _places(index, count, CHUNK)))
