from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from builders import make_comparison, make_run, make_workload
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Metric
from loadbench_gui.report import series

NAMES = ("fastapi", "starlette", "sanic")


def test_rounds_are_merged_before_a_percentile_is_read() -> None:
    runs = make_comparison(rounds=3)[1]
    of, time = series.arms(runs, NAMES), series.span(runs)
    merged = sum((r.intervals[2].everything.scheduled for r in of[0].runs), Histogram())
    p99 = next(c for c in series.latencies(of, time).curves if (c.name, c.label) == ("fastapi", "p99"))
    assert p99.points[2] == (2.5, merged.quantile(0.99))


def test_rates_are_averaged_over_rounds() -> None:
    runs = make_comparison(rounds=3)[1]
    of, time = series.arms(runs, NAMES), series.span(runs)
    expected = np.mean([r.intervals[1].everything.succeeded for r in of[2].runs])
    assert series.throughput(of, time)[2].points[1][1] == pytest.approx(expected)


def test_p99_is_taken_over_the_shortest_window_that_holds_a_thousand() -> None:
    def window(rate_rps: float, duration_s: float) -> int | None:
        runs = [make_run(workload=make_workload(duration_s=duration_s), rate_rps=rate_rps)]
        return series.latencies(series.arms(runs, ["fastapi"]), series.span(runs)).window_s

    assert [window(2_000, 3), window(300, 6), window(20, 4)] == [1, 5, None]


def test_a_percentile_is_left_out_where_its_window_is_not_full_yet() -> None:
    runs = [make_run(rate_rps=300)]
    curves = series.latencies(series.arms(runs, ["fastapi"]), series.span(runs)).curves
    p99 = next(c for c in curves if c.label == "p99")
    assert [value is None for _, value in p99.points] == [True, True, True, False, False]


def test_an_hour_is_drawn_in_at_most_six_hundred_points() -> None:
    run = make_run(rate_rps=5)
    second = run.intervals[2]
    intervals = tuple(replace(second, index=i, t_s=float(i)) for i in range(3_601))
    long = replace(run, duration_s=3_600.0, intervals=intervals)
    of, time = series.arms([long], ["fastapi"]), series.span([long])
    curve = series.throughput(of, time)[0]
    assert len(curve.points) <= series.MOST_POINTS
    assert {round(value or 0, 6) for _, value in curve.points[:-1]} == {second.everything.succeeded}


def test_memory_is_averaged_over_rounds_and_absent_where_not_watched() -> None:
    runs = [make_run(order=i) for i in range(2)]
    of, time = series.arms(runs, ["fastapi"]), series.span(runs)

    def at(run: Run, t_s: float) -> int:
        return next(s.memory_bytes for s in run.target_samples if s.t_s == t_s)

    assert series.memory(of, time)[0].points[3][1] == pytest.approx((at(runs[0], 3) + at(runs[1], 3)) / 2)
    unwatched = [make_run(memory=False)]
    assert series.memory(series.arms(unwatched, ["fastapi"]), time) == ()


def test_a_peak_phase_is_not_drawn_beside_the_load() -> None:
    runs = [make_run(), make_run(order=1, phase="peak")]
    assert [r.label.phase for r in series.arms(runs, ["fastapi"])[0].runs] == ["load"]
    assert len(series.arms(runs[1:], ["fastapi"])[0].runs) == 1


def test_a_value_that_was_not_measured_is_none() -> None:
    run = make_run(memory=False)
    assert series.value(run, Metric.MEMORY_PEAK) is None
    assert series.value(run, Metric.RTT_P99) is None
    assert series.value(run, Metric.P99_9) is None
    assert series.value(run, Metric.THROUGHPUT) == run.throughput_rps
