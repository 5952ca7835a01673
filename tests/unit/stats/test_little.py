"""Little's law as a check of our own accounting."""

from __future__ import annotations

import pytest

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.snapshot import Traffic
from loadbench_gui.stats.little import deviation, opening_us


def off(completed: int, **more: float) -> float | None:
    """Ten connections for a hundred seconds, 10 ms a request: 100,000 of them."""
    return deviation(completed=completed, duration_s=100.0, connections=10, service_us=10_000.0, **more)


def test_counts_that_agree_are_no_distance_apart() -> None:
    assert off(100_000) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("completed", "distance"), [(90_000, 0.1), (120_000, 0.2)])
def test_too_few_and_too_many_are_both_seen(completed: int, distance: float) -> None:
    assert off(completed) == pytest.approx(distance, abs=0.001)


def test_time_between_requests_explains_too_few_and_never_too_many() -> None:
    assert off(90_000, between_us=2_000.0) == 0.0
    assert off(120_000, between_us=2_000.0) == pytest.approx(0.2, abs=0.001)


def test_think_time_belongs_to_the_cycle() -> None:
    assert off(50_000, think_s=0.01) == pytest.approx(0.0, abs=1e-9)


def test_what_is_under_way_at_the_end_of_a_short_window_is_no_error() -> None:
    assert deviation(completed=90, duration_s=1.0, connections=10, service_us=100_000.0) == 0.0


def test_nothing_measured_is_no_figure() -> None:
    assert deviation(completed=0, duration_s=0.0, connections=10, service_us=1.0) is None


def test_connections_opened_again_take_their_share_of_each_request() -> None:
    traffic = Traffic(completed=100, opened=50, connect=Histogram.of([200]), tls=Histogram.of([1_800]))
    assert opening_us(traffic) == pytest.approx(1_000.0, rel=0.01)
    assert opening_us(Traffic()) == 0.0
