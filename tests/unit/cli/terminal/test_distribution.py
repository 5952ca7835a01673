"""The histogram: every latency is in one bin, and the bins suit the spread."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loadbench_gui.cli.terminal.distribution import MOST_BINS, bins
from loadbench_gui.core.histogram import HIGHEST_US, Histogram


@given(st.lists(st.integers(0, HIGHEST_US), min_size=1, max_size=50))
def test_every_latency_is_counted_once_in_bins_that_touch(latencies: list[int]) -> None:
    found = bins(Histogram.of(np.array(latencies, np.int64)))
    assert sum(each.count for each in found) == len(latencies)
    assert len(found) <= MOST_BINS
    assert all(low.high_us == high.low_us for low, high in itertools.pairwise(found))
    assert found[0].count > 0
    assert found[-1].count > 0


def test_no_latencies_no_bins() -> None:
    assert bins(Histogram()) == ()


def test_a_narrow_spread_gets_fine_bins_and_a_wide_one_coarse_ones() -> None:
    narrow = bins(Histogram.of(np.arange(400, 700, dtype=np.int64)))
    wide = bins(Histogram.of(np.geomspace(10, 3e9, 1000).astype(np.int64)))
    assert narrow[0].high_us / narrow[0].low_us < 1.15
    assert wide[0].high_us / wide[0].low_us > 2.5
