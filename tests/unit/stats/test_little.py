"""Little's law as a check of our own accounting."""

from __future__ import annotations

import pytest

from loadbench_gui.core.plan import ClosedLoad
from loadbench_gui.core.snapshot import Traffic
from loadbench_gui.stats.little import deviation

TEN = ClosedLoad(10)


def off(completed: int, *, shape: ClosedLoad = TEN, opened: int = 10, between_us: float = 0.0) -> float | None:
    """Ten connections for a hundred seconds, 10 ms a request: 100,000 of them."""
    traffic = Traffic(completed=completed, opened=opened)
    return deviation(shape, traffic, duration_s=100.0, latency_us=10_000.0, between_us=between_us)


def test_counts_that_agree_are_no_distance_apart() -> None:
    assert off(100_000) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("completed", "distance"), [(90_000, 0.1), (120_000, 0.2)])
def test_too_few_and_too_many_are_both_seen(completed: int, distance: float) -> None:
    assert off(completed) == pytest.approx(distance, abs=0.001)


def test_time_between_requests_explains_too_few_and_never_too_many() -> None:
    assert off(90_000, between_us=2_000.0) == 0.0
    assert off(120_000, between_us=2_000.0) == pytest.approx(0.2, abs=0.001)


def test_think_time_belongs_to_the_cycle() -> None:
    assert off(50_000, shape=ClosedLoad(10, think_s=0.01)) == pytest.approx(0.0, abs=1e-9)


def test_what_is_under_way_at_the_end_of_a_short_window_is_no_error() -> None:
    assert deviation(TEN, Traffic(completed=90, opened=10), duration_s=1.0, latency_us=100_000.0) == 0.0


def test_where_connections_are_opened_again_the_cycle_has_a_part_that_nobody_measured() -> None:
    assert off(50_000, opened=10 + 500) == pytest.approx(0.5, abs=0.001)
    assert off(50_000, opened=10 + 501) is None


def test_nothing_measured_is_no_figure() -> None:
    assert off(0) is None
    assert deviation(TEN, Traffic(completed=1), duration_s=0.0, latency_us=1.0) is None
