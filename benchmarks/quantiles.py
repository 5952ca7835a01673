"""Quantiles side by side: what somebody claims, and what is true of the same requests."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from benchmarks.tables import milliseconds

QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99_9": 0.999}
HEAD = ("p50", "p90", "p99", "p99.9")
"""What their columns are called."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def quantiles(values: Floats) -> dict[str, float]:
    """Return the quantiles as a histogram of ranks has them."""
    return {name: float(np.quantile(values, q, method="inverted_cdf")) for name, q in QUANTILES.items()}


def beside(claimed_us: float | None, true_us: float) -> str:
    """Return a claim in milliseconds, and in brackets by how much it is above the truth; a dash where none was made."""
    return "–" if claimed_us is None else f"{milliseconds(claimed_us)} ({(claimed_us - true_us) / 1e3:+.2f})"


def cells(claimed_us: Mapping[str, float | None], true_us: Mapping[str, float]) -> list[str]:
    """Return each quantile that was claimed beside the true one."""
    return [beside(claimed_us.get(name), true_us[name]) for name in QUANTILES]
