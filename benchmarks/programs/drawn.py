"""Delays drawn from known distributions, by a seed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import cycle

import numpy as np

DRAWN = 1 << 17
"""All are drawn before anything is served, and repeat: to draw meanwhile would be a pause that no log knows of."""


def delays_ns(text: str, seed: int) -> Iterator[int]:
    """Draw for ever: `instant`, `constant:MS`, `exponential:MS`, `lognormal:MS:SIGMA`, `bimodal:MS:MS:SHARE`.

    MS is the mean, but for bimodal: first and second delay, and the share of the second.
    """
    kind, *words = text.split(":")
    number = [float(word) for word in words]
    rng = np.random.default_rng(seed)
    match kind:
        case "instant":
            ms = np.zeros(DRAWN)
        case "constant":
            ms = np.full(DRAWN, number[0])
        case "exponential":
            ms = rng.exponential(number[0], DRAWN)
        case "lognormal":
            ms = rng.lognormal(np.log(number[0]) - number[1] ** 2 / 2, number[1], DRAWN)
        case "bimodal":
            ms = np.where(rng.random(DRAWN) < number[2], number[1], number[0])
        case _:
            sys.exit(f"there is no distribution {kind!r}")
    return cycle(np.rint(ms * 1e6).astype(np.int64).tolist())
