"""Merging is addition and the encodings lose nothing, so that shards, intervals and rounds fold in any order."""

from __future__ import annotations

import numpy as np
from hdrh.histogram import HdrHistogram
from hypothesis import given, settings
from hypothesis import strategies as st

from loadbench_gui.core.histogram import (
    BUCKET_COUNT,
    HIGHEST_US,
    LOWEST_US,
    SIGNIFICANT_DIGITS,
    Histogram,
    HistogramBuilder,
    bucket_of,
    bucket_width,
    lowest_value,
)
from thorough import part_of

latencies = st.one_of(st.integers(0, 5_000), st.integers(0, HIGHEST_US))
samples = st.lists(latencies, max_size=60)
histograms = samples.map(Histogram.of)


@given(histograms, histograms)
def test_merging_is_commutative(a: Histogram, b: Histogram) -> None:
    assert a + b == b + a


@given(histograms, histograms, histograms)
def test_merging_is_associative(a: Histogram, b: Histogram, c: Histogram) -> None:
    assert (a + b) + c == a + (b + c)


@given(histograms)
def test_nothing_is_the_neutral_element(a: Histogram) -> None:
    assert a + Histogram() == a == Histogram() + a


@given(samples, samples)
def test_merging_two_parts_is_recording_the_whole(first: list[int], second: list[int]) -> None:
    assert Histogram.of(first) + Histogram.of(second) == Histogram.of(first + second)


@given(st.lists(samples, max_size=5))
def test_a_builder_counts_batches_like_one_batch_and_starts_again(batches: list[list[int]]) -> None:
    builder = HistogramBuilder()
    for batch in batches:
        builder.add(np.asarray(batch, np.int64))
    assert builder.take() == Histogram.of([value for batch in batches for value in batch])
    assert builder.take() == Histogram()


@given(st.dictionaries(st.integers(0, BUCKET_COUNT - 1), st.integers(1, 2**63 - 1), max_size=60))
def test_what_is_kept_small_is_read_as_it_was_given(table: dict[int, int]) -> None:
    buckets = np.array(sorted(table), np.int64)
    counts = np.array([table[bucket] for bucket in sorted(table)], np.int64)
    kept = Histogram(buckets, counts)
    assert kept.buckets.dtype == kept.counts.dtype == np.dtype(np.int64)
    assert (kept.buckets.tolist(), kept.counts.tolist()) == (buckets.tolist(), counts.tolist())
    assert Histogram.from_bytes(kept.to_bytes()) == kept


@given(histograms)
def test_packing_and_unpacking_is_the_identity(a: Histogram) -> None:
    assert Histogram.from_bytes(a.to_bytes()) == a


@settings(max_examples=part_of(60))
@given(histograms)
def test_the_hdr_encoding_and_back_is_the_identity(a: Histogram) -> None:
    assert Histogram.from_hdr(a.to_hdr()) == a


@settings(max_examples=part_of(60))
@given(st.lists(latencies, min_size=1, max_size=60))
def test_every_rank_reads_as_in_the_hdrhistogram_package(values: list[int]) -> None:
    ours, theirs = Histogram.of(values), HdrHistogram(LOWEST_US, HIGHEST_US, SIGNIFICANT_DIGITS)
    for value in values:
        assert theirs.record_value(value)
    total = len(values)
    for rank in range(1, total + 1):
        assert ours.quantile(rank / total) == theirs.get_value_at_percentile(100 * rank / total)


@given(latencies)
def test_a_bucket_holds_its_value_to_three_digits(value: int) -> None:
    bucket = bucket_of(np.array([value]))
    low, width = int(lowest_value(bucket)[0]), int(bucket_width(bucket)[0])
    assert low <= value < low + width
    assert width == 1 or width <= value / 1000
    assert 0 <= bucket[0] < BUCKET_COUNT


@given(st.lists(latencies, min_size=1, max_size=60), st.floats(0, 1))
def test_a_quantile_is_the_order_statistic_to_the_resolution(values: list[int], q: float) -> None:
    exact = sorted(values)[max(1, int(np.ceil(q * len(values) - 1e-9))) - 1]
    read = Histogram.of(values).quantile(q)
    assert read is not None
    assert exact <= read <= exact * 1.001 + 1


@given(histograms, latencies)
def test_counting_at_or_below_agrees_with_the_buckets(a: Histogram, value: int) -> None:
    limit = bucket_of(np.array([value]))[0]
    assert a.count_at_or_below(value) == int(a.counts[a.buckets <= limit].sum())
