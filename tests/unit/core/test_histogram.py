"""Known values of the histogram; its laws are in tests/property."""

from __future__ import annotations

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram

from loadbench_gui.core.histogram import BUCKET_COUNT, HIGHEST_US, Histogram, bucket_of


def test_the_layout_reaches_from_a_microsecond_to_an_hour() -> None:
    assert bucket_of(np.array([0, 1, 2047, 2048, 2049, 2050])).tolist() == [0, 1, 2047, 2048, 2048, 2049]
    assert bucket_of(np.array([HIGHEST_US]))[0] < BUCKET_COUNT


def test_values_beyond_an_hour_count_as_an_hour_and_negative_ones_as_nothing() -> None:
    assert Histogram.of([-5, 10**12]) == Histogram.of([0, HIGHEST_US])


def test_an_empty_histogram_has_no_figures() -> None:
    empty = Histogram()
    assert not empty
    assert [empty.quantile(0.5), empty.min_us, empty.max_us, empty.mean_us, empty.stdev_us] == [None] * 5
    assert empty.to_bytes() == b""


def test_mean_and_spread_are_those_of_the_values() -> None:
    drawn = np.random.default_rng(3).lognormal(7, 0.5, 20_000).astype(np.int64)
    histogram = Histogram.of(drawn)
    assert histogram.mean_us == pytest.approx(drawn.mean(), rel=5e-4)
    assert histogram.stdev_us == pytest.approx(drawn.std(), rel=2e-3)


def test_a_percentile_counts_ranks_from_one() -> None:
    histogram = Histogram.of([10, 20, 30, 40])
    assert [histogram.quantile(q) for q in (0.0, 0.25, 0.26, 0.5, 1.0)] == [10.0, 10.0, 20.0, 20.0, 40.0]


def test_counting_below_a_negative_value_finds_nothing() -> None:
    assert Histogram.of([0]).count_at_or_below(-1) == 0


def test_equal_histograms_hash_alike() -> None:
    assert len({Histogram.of([1, 2]), Histogram.of([2, 1]), Histogram.of([1])}) == 2


def test_the_counts_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="read-only"):
        Histogram.of([1]).counts[0] = 5


def test_it_takes_no_more_memory_than_its_numbers_need() -> None:
    assert Histogram.of([1, 2, 3]).nbytes == 3 * (2 + 1)
    assert Histogram.of([1] * 300 + [2]).nbytes == 2 * (2 + 2)
    assert Histogram(np.array([7]), np.array([2**62])).nbytes == 2 + 8
    assert Histogram().nbytes == 0


@pytest.mark.parametrize(
    "data",
    [
        b"123",
        b"\x05\x00\x05\x00" + b"\x01" + b"\x00" * 15,
        b"\xff\xff" + b"\x01" * 8,
        b"\x05\x00\x06\x00" + b"\x01" + b"\x00" * 7 + b"\xff" * 8,
    ],
)
def test_bytes_that_were_never_packed_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="packed histogram"):
        Histogram.from_bytes(data)


def test_an_encoding_of_another_layout_is_refused() -> None:
    with pytest.raises(ValueError, match="another layout"):
        Histogram.from_hdr(HdrHistogram(1, 3_600_000_000, 2).encode())


def test_an_empty_encoding_is_an_empty_histogram() -> None:
    assert Histogram.from_hdr(Histogram().to_hdr()) == Histogram()
