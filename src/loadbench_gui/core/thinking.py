"""How long the users of a closed loop think between an answer and their next request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from loadbench_gui.core.shape import ClosedLoad
from loadbench_gui.core.template.draws import stream_key, words

_STREAM: Final = 1 << 33
"""Far from the numbers of requests, whose streams carry what is drawn for them."""
_CHUNK: Final = 16


def pauses(shape: ClosedLoad, seed: int, user: int, users: int) -> Iterator[int]:
    """Yield the pauses of user 0 .. `users` - 1 in nanoseconds, without end; the first comes before its first request.

    Constant pauses would make all users ask at once, again and again: they begin evenly spread over one pause.
    Exponential ones are drawn by seed, user and number alone, so each user thinks the same way in front of every
    deployment, however its requests are shared out.
    """
    mean_ns = shape.think_s * 1e9
    if shape.thinking == "constant":
        yield round(mean_ns * user / users)
        while True:
            yield round(mean_ns)
    key = stream_key(seed, _STREAM)
    first = user
    while True:
        places = np.arange(first, first + _CHUNK * users, users, dtype=np.int64)
        unit = (words(key, places) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        drawn: list[int] = np.rint(-np.log1p(-unit) * mean_ns).astype(np.int64).tolist()
        yield from drawn
        first += _CHUNK * users
