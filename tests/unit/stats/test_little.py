"""Little's law as a check of our own accounting."""

from __future__ import annotations

import pytest

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import ClosedLoad
from loadbench_gui.core.snapshot import Traffic
from loadbench_gui.stats.little import deviation

TEN = ClosedLoad(10)


def off(completed: int, *, shape: ClosedLoad = TEN, opened: int = 10, between_us: float = 0.0) -> float | None:
    """Ten connections for a hundred seconds, 10 ms a request: 100,000 of them."""
    traffic = Traffic(completed=completed, opened=opened)
    return deviation(shape, traffic, Histogram.of([10_000]), duration_s=100.0, between_us=between_us)


def test_counts_that_agree_are_no_distance_apart() -> None:
    assert off(100_000) == pytest.approx(0.0, abs=0.001), "but for the width of a bucket"


@pytest.mark.parametrize(("completed", "distance"), [(90_000, 0.1), (120_000, 0.2)])
def test_too_few_and_too_many_are_both_seen(completed: int, distance: float) -> None:
    assert off(completed) == pytest.approx(distance, abs=0.001)


def test_time_between_requests_explains_too_few_and_never_too_many() -> None:
    assert off(90_000, between_us=2_000.0) == 0.0
    assert off(120_000, between_us=2_000.0) == pytest.approx(0.2, abs=0.001)


def test_think_time_belongs_to_the_cycle() -> None:
    assert off(50_000, shape=ClosedLoad(10, think_s=0.01)) == pytest.approx(0.0, abs=1e-9)


def test_what_is_under_way_at_the_end_of_a_short_window_is_no_error() -> None:
    slow = Histogram.of([100_000])
    assert deviation(ClosedLoad(100), Traffic(completed=900, opened=100), slow, duration_s=1.0) == 0.0


def test_a_long_answer_is_more_often_under_way_at_the_end_than_its_share() -> None:
    """One in a hundred takes a second: half a connection's time, and half of those cut off by two seconds' end."""
    mixed = Histogram.of([5_000] * 99 + [1_000_000])
    all_of_it = round(50 * 2.0 / (mixed.mean_us or 0.0) * 1e6)
    assert deviation(ClosedLoad(50), Traffic(completed=round(0.8 * all_of_it), opened=50), mixed, duration_s=2.0) == 0.0
    assert deviation(ClosedLoad(50), Traffic(completed=all_of_it // 2, opened=50), mixed, duration_s=2.0) > 0.1  # type: ignore[operator]


def test_a_run_that_ended_at_its_limit_has_connections_that_waited_for_the_last() -> None:
    """5,000 requests of 5 ms over 50 connections take half a second; one of them that takes one makes it one."""
    straggling = Histogram.of([5_000] * 4_999 + [1_000_000])
    found = [
        deviation(ClosedLoad(50), Traffic(completed=5_000, opened=50), straggling, duration_s=1.4, at_limit=at_limit)
        for at_limit in (True, False)
    ]
    assert found[0] is None
    assert found[1] is not None


def test_exponential_thinking_is_cut_longer_than_constant_thinking() -> None:
    quick = Histogram.of([1_000])
    thinking = Traffic(completed=800, opened=100)
    constant, exponential = (
        deviation(ClosedLoad(100, think_s=0.1, thinking=how), thinking, quick, duration_s=1.0)
        for how in ("constant", "exponential")
    )
    assert constant is not None
    assert exponential is not None
    assert exponential < constant


def test_few_requests_scatter_too_much_to_judge() -> None:
    """A mean of 83 exponential latencies is off by more than a tenth as often as not."""
    quick = Histogram.of([10_000])
    judged = [deviation(TEN, Traffic(completed=n, opened=10), quick, duration_s=1.0) for n in (83, 399, 400)]
    assert judged[:2] == [None, None]
    assert judged[2] is not None


def test_where_connections_are_opened_again_the_cycle_has_a_part_that_nobody_measured() -> None:
    assert off(50_000, opened=10 + 500) == pytest.approx(0.5, abs=0.001)
    assert off(50_000, opened=10 + 501) is None


def test_nothing_measured_is_no_figure() -> None:
    assert off(0) is None
    assert deviation(TEN, Traffic(completed=1_000), Histogram.of([1]), duration_s=0.0) is None
    assert deviation(TEN, Traffic(completed=1_000), Histogram(), duration_s=1.0) is None
