"""Odd rounds and drifting runs are found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from builders import ARMS, make_interval, make_run, make_workload
from loadbench_gui.core.plan import ClosedLoad, OpenLoad, Stage
from loadbench_gui.core.run import Run
from loadbench_gui.stats.assumptions import half_to_half_drift, is_steady, outliers


def drifting(factor: float, run: Run | None = None) -> Run:
    """A run whose measured half after half gets slower by `factor`."""
    run, rng = run or make_run(), np.random.default_rng(1)
    slow = replace(ARMS[0], median_us=ARMS[0].median_us * factor)
    late = tuple(make_interval(rng, i, 2_000, slow if i >= 3 else ARMS[0], warmup=i < 1) for i in range(5))
    return replace(run, intervals=late)


def test_a_round_far_out_of_line_is_flagged() -> None:
    assert outliers([0.01, 0.02, 0.015, 0.018, 0.012, 0.9]) == [5]


def test_rounds_in_line_are_not_flagged() -> None:
    assert outliers([0.01, 0.02, 0.015, 0.018, 0.012, 0.03]) == []


def test_fewer_than_five_rounds_have_no_fence() -> None:
    assert outliers([0.0, 0.0, 0.0, 100.0]) == []


def test_an_even_run_is_steady() -> None:
    assert is_steady(make_run())


@pytest.mark.parametrize(("factor", "steady"), [(1.3, False), (0.8, False), (1.03, True)])
def test_drift_is_the_change_of_the_median_from_half_to_half(factor: float, steady: bool) -> None:
    run = drifting(factor)
    assert half_to_half_drift(run) == pytest.approx(factor - 1, abs=0.06)
    assert is_steady(run) is steady


def test_warm_up_is_not_drift() -> None:
    run, rng = make_run(), np.random.default_rng(1)
    cold = make_interval(rng, 0, 2_000, replace(ARMS[0], median_us=50_000.0), warmup=True)
    assert is_steady(replace(run, intervals=(cold, *run.intervals[1:])))


def test_a_closed_loop_drifts_in_its_rate_as_well() -> None:
    run = make_run(workload=make_workload(shape=ClosedLoad(64)))
    fewer = [replace(i, traffic=replace(i.traffic, completed=i.traffic.completed // 2)) for i in run.intervals[3:]]
    assert half_to_half_drift(replace(run, intervals=(*run.intervals[:3], *fewer))) == pytest.approx(-0.5, abs=0.05)


def test_a_load_that_changes_on_purpose_does_not_drift() -> None:
    staged = make_run(workload=make_workload(shape=OpenLoad(64, 1000.0, stages=(Stage(4.0, 2000.0),))))
    assert half_to_half_drift(drifting(2.0, staged)) is None


def test_a_run_that_is_too_short_cannot_tell() -> None:
    run = make_run()
    assert half_to_half_drift(replace(run, intervals=run.intervals[:2])) is None
    assert is_steady(replace(run, intervals=()))
