"""Memory and CPU of a server, summed up."""

from __future__ import annotations

import numpy as np
import pytest

from loadbench_gui.core.run import TargetSample
from loadbench_gui.stats.target import summarise_target, theil_sen

MIB = 1024 * 1024


def sample(t_s: float, memory: int, cpu_s: float = 0.0, *, pss: bool = True, processes: int = 1) -> TargetSample:
    return TargetSample(t_s, memory + 5, memory + 3, memory if pss else None, cpu_s, processes, 1)


# Idle at 50, one warm-up second at 52, four measured seconds that peak at 60, then 55. Half a core is used.
MEMORY = dict(zip(range(-2, 7), (50, 50, 52, 54, 60, 58, 59, 57, 55), strict=True))
SAMPLES = [sample(t, memory, 1 + max(t, 0) / 2) for t, memory in MEMORY.items()]


def test_each_figure_is_read_where_it_belongs() -> None:
    found = summarise_target(SAMPLES, 1.0, 5.0, 1000, 0.62)
    assert found is not None
    assert (found.kind, found.idle_bytes, found.peak_bytes, found.after_bytes) == ("pss", 50, 60, 55)
    assert found.mean_bytes == pytest.approx((54 + 60 + 58 + 59 + 57) / 5)
    assert (found.processes, found.startup_s) == (1, 0.62)


def test_cpu_is_what_was_used_inside_the_window_per_thousand_successes() -> None:
    found = summarise_target(SAMPLES, 1.0, 5.0, 4000, None)
    assert found is not None
    assert found.cpu_s_per_1k == pytest.approx(0.5 * 4 / 4)


def test_cpu_is_interpolated_between_samples() -> None:
    found = summarise_target([sample(0.3, 1, 0.0), sample(1.3, 1, 1.0), sample(2.3, 1, 1.0)], 0.8, 1.8, 1000, None)
    assert found is not None
    assert found.cpu_s_per_1k == pytest.approx(0.5)


def test_a_window_that_samples_do_not_reach_takes_the_rate_they_show() -> None:
    found = summarise_target(SAMPLES[:5], 0.0, 4.0, 1000, None)
    assert found is not None
    assert found.cpu_s_per_1k == pytest.approx(2.0)


def test_without_successes_cpu_per_request_is_unknown() -> None:
    found = summarise_target(SAMPLES, 1.0, 5.0, 0, None)
    assert found is not None
    assert found.cpu_s_per_1k is None


def test_kinds_of_memory_are_never_mixed() -> None:
    found = summarise_target([sample(0, 10), sample(1, 20, pss=False)], 0.0, 1.0, 1, None)
    assert found is not None
    assert (found.kind, found.idle_bytes, found.peak_bytes) == ("uss", 13, 23)


def test_a_server_without_samples_before_the_load_is_idle_at_its_first() -> None:
    found = summarise_target([sample(1, 70), sample(2, 80)], 0.0, 3.0, 1, None)
    assert found is not None
    assert found.idle_bytes == 70


def test_what_connections_take_is_not_idle_however_long_before_the_load_they_were_opened() -> None:
    opening = [sample(-4.0, 50), sample(-3.0, 51), sample(-2.0, 70), sample(-1.0, 90), sample(0.5, 95)]
    found = summarise_target(opening, 0.0, 2.0, 1, None, idle_until_s=-2.5)
    assert found is not None
    assert (found.idle_bytes, found.peak_bytes) == (50, 95)


def test_no_samples_no_summary() -> None:
    assert summarise_target([], 0.0, 1.0, 1, 0.5) is None


def test_a_leak_is_its_slope_whatever_one_sample_says() -> None:
    t = np.arange(10.0)
    leak = 3 * MIB * t + 50 * MIB
    leak[4] += 500 * MIB
    assert theil_sen(t.tolist(), leak.tolist()) == pytest.approx(3 * MIB)


def test_four_points_are_needed_for_a_slope() -> None:
    assert theil_sen([0, 1, 2], [0, 1, 2]) is None
    assert theil_sen([0, 1, 2, 3], [0, 1, 2, 3]) == 1.0
    assert theil_sen([1, 1, 1, 1], [0, 1, 2, 3]) is None


def test_an_hour_of_samples_is_thinned_and_keeps_its_slope() -> None:
    t = np.arange(3600.0)
    assert theil_sen(t.tolist(), (2 * t).tolist()) == pytest.approx(2.0)
