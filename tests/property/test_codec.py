"""Whatever is stored comes back exactly: counts, histograms, odd strings, empty tables."""

from __future__ import annotations

import string

from hypothesis import given, settings
from hypothesis import strategies as st

from loadbench_gui.core.histogram import HIGHEST_US, Histogram
from loadbench_gui.core.plan import ClosedLoad, Expectation, OpenLoad, Request, Stage, Workload
from loadbench_gui.core.run import Interval
from loadbench_gui.core.snapshot import ErrorKind, SampleExchange, Tally, Traffic, WorkerHealth
from loadbench_gui.store.codec import pack, unpack
from thorough import part_of

COUNTS = st.integers(0, 2**53)
SECONDS = st.floats(-1e6, 1e6)
WORDS = st.text(string.printable + "äß☂\x00", max_size=12)
HISTOGRAMS = st.lists(st.integers(0, HIGHEST_US), max_size=30).map(Histogram.of)

TALLIES = st.builds(
    Tally,
    *[HISTOGRAMS] * 7,
    *[COUNTS] * 6,
    errors=st.dictionaries(st.sampled_from(ErrorKind), COUNTS),
    status_codes=st.dictionaries(st.integers(100, 599), COUNTS),
)
SAMPLES = st.builds(SampleExchange, st.sampled_from(ErrorKind), SECONDS, *[st.binary(max_size=40)] * 3)
INTERVALS = st.builds(
    Interval,
    index=st.integers(0, 10**6),
    t_s=SECONDS,
    length_s=SECONDS,
    measured=TALLIES,
    warmup=TALLIES,
    traffic=st.builds(Traffic, *[COUNTS] * 8, *[HISTOGRAMS] * 2),
    health=st.builds(WorkerHealth, SECONDS, SECONDS, HISTOGRAMS, SECONDS, st.none() | SECONDS),
    lost_shards=st.lists(st.integers(0, 64), max_size=3).map(tuple),
    samples=st.lists(SAMPLES, max_size=3).map(tuple),
)
SHAPES = st.one_of(
    st.builds(ClosedLoad, COUNTS, SECONDS, st.sampled_from(("constant", "exponential"))),
    st.builds(
        OpenLoad,
        connections=COUNTS,
        rate_rps=SECONDS,
        arrival=st.sampled_from(("constant", "poisson")),
        stages=st.lists(st.builds(Stage, SECONDS, SECONDS), max_size=3).map(tuple),
        when_busy=st.sampled_from(("queue", "drop")),
        queue_limit=st.none() | COUNTS,
    ),
)
EXPECTATIONS = st.builds(Expectation, st.none() | COUNTS, st.none() | st.binary(max_size=9), st.none() | WORDS)
REQUESTS = st.builds(
    Request,
    WORDS,
    WORDS,
    st.lists(st.tuples(WORDS, WORDS), max_size=3).map(tuple),
    st.binary(max_size=40),
    body_file=WORDS,
    weight=SECONDS,
    expect=st.none() | EXPECTATIONS,
)
WORKLOADS = st.builds(
    Workload,
    name=WORDS,
    kind=st.sampled_from(("http", "stream", "ws")),
    request=REQUESTS,
    expect=EXPECTATIONS,
    shape=SHAPES,
    requests_limit=st.none() | COUNTS,
    also=st.lists(REQUESTS, max_size=2).map(tuple),
    data_file=WORDS,
)


@given(TALLIES)
def test_a_tally_comes_back_exactly(tally: Tally) -> None:
    assert unpack(Tally, pack(tally)) == tally


@settings(max_examples=part_of(60))
@given(INTERVALS)
def test_an_interval_comes_back_exactly(interval: Interval) -> None:
    assert unpack(Interval, pack(interval)) == interval


@given(WORKLOADS)
def test_a_workload_comes_back_exactly_whichever_its_load_shape(workload: Workload) -> None:
    restored = unpack(Workload, pack(workload))
    assert restored == workload
    assert type(restored.shape) is type(workload.shape)
