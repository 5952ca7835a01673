from __future__ import annotations

import itertools

import numpy as np
import pytest

from builders import ARMS, make_interval
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import ClosedLoad, OpenLoad, Stage
from loadbench_gui.core.run import Interval
from loadbench_gui.core.snapshot import Tally
from loadbench_gui.ui.models.series import (
    CAPACITY,
    ERRORS,
    P50,
    P99,
    P99_9,
    THROUGHPUT,
    RunSeries,
    T,
    offered_at,
)
from replay import LIVE_S


def intervals(seconds: float, rate_rps: int = 2_000) -> list[Interval]:
    rng = np.random.default_rng(3)
    count = round(seconds / LIVE_S)
    return [make_interval(rng, i, round(rate_rps * LIVE_S), ARMS[0], length_s=LIVE_S) for i in range(count)]


def test_points_of_a_short_run_are_a_quarter_second_apart() -> None:
    run = RunSeries(LIVE_S, 5.0)
    for interval in intervals(5.0):
        run.add(interval)
    level = run.level_for(run.planned_s)
    assert level.column(T).tolist() == [LIVE_S * (i + 1) for i in range(20)]
    assert level.column(THROUGHPUT).tolist() == pytest.approx([2_000.0] * 20)
    assert not level.column(ERRORS).any()


def test_a_percentile_without_enough_samples_is_a_gap() -> None:
    run = RunSeries(LIVE_S, 5.0)
    for interval in intervals(5.0):
        run.add(interval)
    level = run.level_for(run.planned_s)
    assert not np.isnan(level.column(P50)).any()
    assert np.isnan(level.column(P99)[0])
    assert not np.isnan(level.column(P99)[1:]).any()
    assert np.isnan(level.column(P99_9)[:19]).all()
    assert not np.isnan(level.column(P99_9)[19])


def test_the_reading_names_the_window_it_was_taken_over() -> None:
    run = RunSeries(LIVE_S, 5.0)
    for interval in intervals(5.0, rate_rps=600):
        run.add(interval)
    p50, _, p99, p99_9 = run.latency()
    assert (p50.window_s, p99.window_s, p99_9.window_s) == (1, 2, None)
    assert p99_9.value_us is None


def test_coarse_points_are_quantiles_of_merged_histograms_not_means_of_fine_ones() -> None:
    run = RunSeries(LIVE_S, 3_600.0)
    fast, slow = Histogram.of([1_000] * 500), Histogram.of([9_000] * 500)
    for i in range(40):
        tally = Tally(scheduled=slow if i >= 38 else fast, succeeded=500, issued=500)
        blank = make_interval(np.random.default_rng(0), i, 0, length_s=LIVE_S)
        run.add(Interval(i, i * LIVE_S, LIVE_S, tally, Tally(), blank.traffic, blank.health))
    ten_seconds = next(level for level in run.levels if level.step_s == 10.0)
    merged = Histogram.of([1_000] * 38 * 500 + [9_000] * 2 * 500)
    assert ten_seconds.column(P50).tolist() == [merged.quantile(0.5)]
    assert ten_seconds.column(P99).tolist() == [merged.quantile(0.99)]


def test_eight_hours_fit_into_the_memory_of_the_first_minute() -> None:
    run = RunSeries(LIVE_S, 8 * 3_600.0)
    before = sum(level.bytes_held for level in run.levels)
    one = intervals(1.0, rate_rps=40)
    for index, interval in zip(range(8 * 60 * 4), itertools.cycle(one)):
        run.add(Interval(index, index * LIVE_S, LIVE_S, interval.measured, Tally(), interval.traffic, interval.health))
    assert sum(level.bytes_held for level in run.levels) == before
    assert all(len(level.column(T)) <= CAPACITY for level in run.levels)
    assert run.level_for(run.planned_s).step_s == 60.0


def test_the_heat_map_counts_every_request_once() -> None:
    run = RunSeries(LIVE_S, 5.0)
    for interval in intervals(5.0):
        run.add(interval)
    assert run.level_for(5.0).heat().sum() == run.counts.succeeded == 10_000


def test_the_offered_rate_follows_the_stages() -> None:
    shape = OpenLoad(64, 0.0, stages=(Stage(10.0, 1_000.0), Stage(0.0, 2_000.0), Stage(5.0, 2_000.0)))
    assert [offered_at(shape, t) for t in (0.0, 5.0, 10.0, 14.0, 20.0)] == [0.0, 500.0, 2_000.0, 2_000.0, 2_000.0]
    assert offered_at(ClosedLoad(8), 1.0) is None


def test_answers_that_trickle_in_after_the_end_do_not_lower_the_rate() -> None:
    run = RunSeries(LIVE_S, 5.0)
    for interval in intervals(5.0):
        run.add(interval)
    run.add(make_interval(np.random.default_rng(1), 20, 3, ARMS[0], length_s=LIVE_S))
    assert run.rate_rps == 2_000.0
    assert run.view(whole=False).column(T)[-1] == 5.0


def test_of_a_long_run_the_newest_part_is_shown_and_moves_on_in_steps() -> None:
    run = RunSeries(LIVE_S, 3_600.0)
    spans = set()
    for interval in intervals(200.0, rate_rps=40):
        run.add(interval)
        view = run.view(whole=False)
        spans.add((view.low_s, view.high_s))
        assert len(view.column(T)) <= CAPACITY
    assert sorted(spans) == [(0.0, 150.0), (30.0, 180.0), (60.0, 210.0)]
    assert view.column(T)[0] == 60.25
    whole = run.view(whole=True)
    assert (whole.low_s, whole.high_s, whole.level.step_s) == (0.0, 3_600.0, 10.0)
