from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadbench_gui.report.figures import axis
from loadbench_gui.report.figures.frame import Scale

MIB = 1024 * 1024


def test_a_linear_scale_maps_its_ends_and_its_middle() -> None:
    scale = Scale(0, 100, 200, 0)
    assert [scale.at(v) for v in (0, 50, 100)] == [200, 100, 0]


def test_a_log_scale_puts_equal_ratios_equally_far_apart() -> None:
    scale = Scale(1, 100, 0, 200, log=True)
    assert [scale.at(v) for v in (1, 10, 100)] == pytest.approx([0, 100, 200])


def test_values_outside_stay_at_the_edge() -> None:
    assert Scale(0, 10, 0, 100).at(1e9) == 100
    assert Scale(1, 10, 0, 100, log=True).at(0) == 0


@given(st.floats(1.5, 99.5), st.booleans())
def test_a_cursor_reads_back_what_was_drawn(value: float, log: bool) -> None:
    scale = Scale(1, 100, 40, 900, log=log)
    assert scale.value(scale.at(value)) == pytest.approx(value)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 3_000, (0, 1_000, 2_000, 3_000)), (0, 5, (0, 1, 2, 3, 4, 5)), (0, 60, (0, 20, 40, 60)), (2, 2, (2,))],
)
def test_linear_ticks_are_round(low: float, high: float, ticks: tuple[float, ...]) -> None:
    assert axis.nice_ticks(low, high, 6 if high == 5 else 4) == ticks


@given(st.floats(1e-3, 1e9), st.integers(2, 9))
def test_an_axis_from_zero_ends_on_a_tick_above_its_values(high: float, count: int) -> None:
    ticks = axis.ticks_from_zero(high, count)
    assert ticks[0] == 0
    assert ticks[-1] >= high * 0.999
    assert 2 <= len(ticks) <= count + 1


def test_an_axis_of_nothing_still_has_two_ends() -> None:
    assert axis.ticks_from_zero(0) == (0, 1)


@given(st.floats(1, 1e8), st.floats(1.001, 1e5))
def test_a_log_axis_begins_below_and_ends_above_its_values(low: float, factor: float) -> None:
    ticks = axis.log_ticks(low, low * factor)
    assert ticks[0] <= low * 1.001
    assert ticks[-1] >= low * factor * 0.999
    assert list(ticks) == sorted(set(ticks))
    assert 2 <= len(ticks) <= 14


def test_log_ticks_thin_out_as_decades_grow() -> None:
    assert axis.log_ticks(1.2, 9) == (1, 2, 5, 10)
    assert axis.log_ticks(0.31, 29) == pytest.approx((0.3, 1, 3, 10, 30))
    assert axis.log_ticks(1, 1e5) == (1, 10, 100, 1_000, 10_000, 100_000)


def test_only_one_label_carries_the_unit() -> None:
    assert axis.latency_labels((300, 1_000, 30_000)) == ("0.3", "1", "30\u202fms")
    assert axis.latency_labels((10, 100)) == ("10", "100\u202fµs")
    assert axis.latency_labels((1e6, 3e7)) == ("1", "30\u202fs")
    assert axis.memory_labels((0, 20 * MIB, 60 * MIB)) == ("0", "20", "60\u202fMiB")
    assert axis.second_labels((0, 2, 4)) == ("0\u202fs", "2", "4")
    assert axis.plain_labels((0, 1_000, 20_000)) == ("0", "1,000", "20,000")


def test_latencies_over_many_decades_each_have_their_own_unit() -> None:
    assert axis.latency_labels((100, 10_000, 1e6, 1e7)) == ("100\u202fµs", "10\u202fms", "1\u202fs", "10\u202fs")
