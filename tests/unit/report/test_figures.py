"""Geometry: a point lies where arithmetic says, and every label is inside the picture."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from builders import make_comparison, make_run, make_workload
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.core.verdict import Metric, MetricVerdict, Verdict
from loadbench_gui.report import series
from loadbench_gui.report.figures import forest, legend, overtime, runorder, spectrum
from loadbench_gui.report.figures.axis import latency_labels
from loadbench_gui.report.figures.overtime import Curve, TimeSpan
from loadbench_gui.report.figures.scene import (
    Circle,
    Item,
    Line,
    Polyline,
    Rect,
    Scene,
    Size,
    Text,
    shortened,
    spread,
    text_width,
)
from loadbench_gui.report.palette import Role, series_dash, series_role
from loadbench_gui.report.words import latency

NAMES = ("fastapi", "starlette", "sanic")
SIZE = Size(508, 250)


def verdict(ratio: float | None, **changes: object) -> MetricVerdict:
    ci95 = None if ratio is None else (ratio * 0.9, ratio * 1.1)
    base = MetricVerdict("json", Metric.P99, "starlette", Verdict.FASTER, "It is faster.", ratio, ci95, delta=0.1)
    return replace(base, **changes)  # type: ignore[arg-type] # any field of the verdict may be changed


def of_kind(scene: Scene, kind: type[Item]) -> list[Item]:
    return [item for item in scene.items if isinstance(item, kind)]


def texts(scene: Scene) -> list[Text]:
    return [item for item in scene.items if isinstance(item, Text)]


def extent(text: Text) -> tuple[float, float]:
    width = text_width(text.text, text.size)
    left = text.x - {"start": 0.0, "middle": width / 2, "end": width}[text.anchor]
    return left, left + width


def assert_labels_inside(scene: Scene) -> None:
    for text in texts(scene):
        left, right = extent(text)
        assert left >= -1, text
        assert right <= scene.size.width + 1, text
        assert 0 < text.y <= scene.size.height, text


def test_half_and_twice_stand_equally_far_from_the_baseline() -> None:
    scene = forest.forest([verdict(0.5), verdict(2.0, deployment="sanic")], NAMES, SIZE)
    half, twice = (c.cx for c in scene.items if isinstance(c, Circle))
    baseline = next(i.x1 for i in scene.items if isinstance(i, Line) and i.stroke is Role.MUTED)
    assert baseline - half == pytest.approx(twice - baseline)


def test_the_interval_and_the_threshold_band_lie_where_their_bounds_are() -> None:
    scene = forest.forest([verdict(0.5)], NAMES, SIZE)
    point = next(i for i in scene.items if isinstance(i, Circle))
    baseline = next(i.x1 for i in scene.items if isinstance(i, Line) and i.stroke is Role.MUTED)
    px_per_ln = (baseline - point.cx) / math.log(2)
    bar = next(i for i in scene.items if isinstance(i, Line) and i.width == 2.0)
    assert bar.x1 == pytest.approx(baseline + px_per_ln * math.log(0.45))
    assert bar.x2 == pytest.approx(baseline + px_per_ln * math.log(0.55))
    band = next(i for i in scene.items if isinstance(i, Rect))
    assert band.x == pytest.approx(baseline + px_per_ln * math.log(0.9))
    assert band.x + band.width == pytest.approx(baseline + px_per_ln * math.log(1.1))


def test_a_deployment_keeps_its_colour_and_dash_from_chart_to_chart() -> None:
    scene = forest.forest([verdict(0.5, deployment="sanic")], NAMES, SIZE)
    bar = next(i for i in scene.items if isinstance(i, Line) and i.width == 2.0)
    assert (bar.stroke, bar.dash) == (series_role(2), series_dash(2))
    swatch = legend.swatch(2).items[0]
    assert isinstance(swatch, Line)
    assert (swatch.stroke, swatch.dash) == (bar.stroke, bar.dash)


def test_without_a_verdict_there_is_a_word_and_no_point_on_the_axis() -> None:
    scene = forest.forest([verdict(None, verdict=Verdict.NONE)], NAMES, SIZE)
    assert "no verdict" in [t.text for t in texts(scene)]
    assert not [i for i in scene.items if isinstance(i, Line) and i.width == 2.0]
    assert_labels_inside(scene)


@pytest.mark.parametrize("width", [360, 508, 1048])
def test_labels_of_the_forest_stay_inside_and_apart_at_any_width(width: float) -> None:
    comparison, _ = make_comparison(rounds=3)
    scene = forest.forest(comparison.metrics, NAMES, Size(width, forest.height_for(comparison.metrics)))
    assert_labels_inside(scene)
    ticks = sorted(extent(t) for t in texts(scene) if t.anchor == "middle")
    assert all(a[1] <= b[0] for a, b in pairwise(ticks))
    assert "baseline" in [t.text for t in texts(scene)]


def test_an_enormous_difference_stays_on_the_page() -> None:
    scene = forest.forest([verdict(400.0), verdict(0.0001, deployment="sanic")], NAMES, SIZE)
    assert all(0 <= c.cx <= SIZE.width for c in scene.items if isinstance(c, Circle))


def test_the_spectrum_ends_where_ten_samples_are_left() -> None:
    histogram = Histogram.of(np.arange(1, 10_001, dtype=np.int64) * 10)
    points = spectrum.curve(histogram)
    assert points[-1][0] == pytest.approx(3.0)
    assert points[-1][1] == histogram.at_rank(9_990)


def test_the_spectrum_passes_through_the_percentiles() -> None:
    histogram = Histogram.of(np.arange(1, 10_001, dtype=np.int64) * 10)
    for rarity, value in spectrum.curve(histogram):
        q = 1 - 10**-rarity
        assert value == pytest.approx(q * 100_000, rel=2e-3, abs=20)


def test_ten_times_rarer_is_one_step_to_the_right() -> None:
    spectra = [spectrum.Spectrum(0, "fastapi", Histogram.of(np.arange(1, 100_001, dtype=np.int64)))]
    scene = spectrum.spectrum(spectra, SIZE)
    marks = {t.text.split("\u202f")[0]: t.x for t in texts(scene) if t.anchor == "middle"}
    assert marks["99"] - marks["90"] == pytest.approx(marks["99.9"] - marks["99"])
    assert "99.99" in marks
    assert "99.999" not in marks
    assert_labels_inside(scene)


def test_no_half_is_spoken_of_where_there_are_too_few_requests_for_a_median() -> None:
    def summary(requests: int) -> str:
        histogram = Histogram.of(np.arange(1_000, 1_000 + requests, dtype=np.int64))
        return spectrum.spectrum([spectrum.Spectrum(0, "fastapi", histogram)], SIZE).description

    assert summary(17) == "fastapi: 17 requests, too few for a median."
    assert summary(20).startswith("fastapi: half of 20 requests within ")


def test_a_handful_of_requests_makes_no_spectrum_but_a_sentence() -> None:
    scene = spectrum.spectrum([spectrum.Spectrum(0, "fastapi", Histogram.of([5, 6, 7]))], SIZE)
    assert [t.text for t in texts(scene)] == ["Too few requests for a spectrum."]


def test_a_gap_breaks_the_line() -> None:
    curve = Curve(0, "fastapi", ((0.5, 1_000.0), (1.5, 1_200.0), (2.5, None), (3.5, 900.0), (4.5, 950.0)), "p50")
    scene = overtime.latency_over_time([curve], TimeSpan(1, 5), SIZE)
    assert [len(line.points) for line in scene.items if isinstance(line, Polyline)] == [2, 2]


def test_a_point_in_time_lies_where_arithmetic_says() -> None:
    curve = Curve(0, "fastapi", ((0.5, 1_000.0), (4.5, 2_000.0)))
    scene = overtime.throughput_over_time([curve], [], TimeSpan(0, 5), SIZE)
    assert scene.plot is not None
    plot = scene.plot
    line = next(i for i in scene.items if isinstance(i, Polyline))
    assert line.points[0][0] == pytest.approx(plot.left + 0.1 * (plot.right - plot.left))
    assert plot.x.value(line.points[1][0]) == pytest.approx(4.5)
    assert plot.y.value(line.points[1][1]) == pytest.approx(2_000)
    assert plot.y.at(0) == plot.bottom


def test_warm_up_is_shaded_from_the_start_to_its_end() -> None:
    curve = Curve(0, "fastapi", ((0.5, 1_000.0), (4.5, 2_000.0)))
    scene = overtime.throughput_over_time([curve], [], TimeSpan(2, 5), SIZE)
    assert scene.plot is not None
    shade = next(i for i in scene.items if isinstance(i, Rect))
    assert shade.x + shade.width == pytest.approx(scene.plot.x.at(2))


def test_errors_are_the_only_red_line() -> None:
    run = make_run(errors={ErrorKind.BAD_STATUS: 30})
    of, time = series.arms([run], ["fastapi"]), series.span([run])
    scene = overtime.throughput_over_time(series.throughput(of, time), series.errors(of, time), time, SIZE, 2_000.0)
    red = [i for i in scene.items if isinstance(i, Polyline) and i.stroke is Role.ERROR]
    assert len(red) == 1
    assert "errors" in [t.text for t in texts(scene)]
    assert any(t.text == "offered 2,000" for t in texts(scene))


def test_line_end_labels_never_lie_on_one_another() -> None:
    curves = [Curve(i, f"arm{i}", ((0.5, 1_000.0), (4.5, 1_000.0 + i)), "p50") for i in range(6)]
    scene = overtime.latency_over_time(curves, TimeSpan(1, 5), SIZE)
    heights = sorted(t.y for t in texts(scene) if t.text == "p50")
    assert len(heights) == 6
    assert all(b - a >= 12 - 1e-9 for a, b in pairwise(heights))


def test_memory_that_was_not_watched_says_so() -> None:
    scene = overtime.memory_over_time([], TimeSpan(1, 5), SIZE)
    assert texts(scene)[0].text.startswith("Memory was not watched")


def test_runs_stand_in_the_order_they_were_made() -> None:
    comparison, runs = make_comparison(rounds=3)
    points = series.run_points(runs[::-1], comparison.deployments, Metric.P99)
    assert [p.order for p in points] == list(range(9))
    scene = runorder.run_order(points, Size(1048, 200), label=latency_labels, words=latency)
    dots = [i for i in scene.items if isinstance(i, Circle)]
    assert [d.fill for d in dots] == [series_role(p.index) for p in points]
    assert [d.cx for d in dots] == sorted(d.cx for d in dots)
    assert scene.plot is not None
    assert scene.plot.y.value(dots[0].cy) == pytest.approx(points[0].value)
    assert_labels_inside(scene)


def test_deployments_get_letters_of_their_own_even_when_their_names_begin_alike() -> None:
    assert runorder.initials(NAMES) == {"fastapi": "F", "starlette": "S", "sanic": "A"}
    assert runorder.initials(("service-0", "service-1")) == {"service-0": "0", "service-1": "1"}
    assert runorder.initials(("a", "aa", "</b>")) == {"a": "A", "aa": "2", "</b>": "B"}


def test_a_run_without_a_value_leaves_its_place_empty() -> None:
    points = [
        runorder.RunPoint(0, "fastapi", 0, 0, 5_000.0),
        runorder.RunPoint(1, "sanic", 1, 0, None),
        runorder.RunPoint(0, "fastapi", 2, 1, 5_100.0),
    ]
    scene = runorder.run_order(points, Size(600, 200), label=latency_labels, words=latency)
    assert len(of_kind(scene, Circle)) == 2
    assert [t.text for t in texts(scene) if t.bold] == ["F", "S", "F"]


@pytest.mark.parametrize("width", [320, 508, 1048])
def test_every_chart_of_a_real_comparison_keeps_its_labels_inside(width: float) -> None:
    _, runs = make_comparison(rounds=2, workloads=[make_workload(duration_s=3)])
    of, time, size = series.arms(runs, NAMES), series.span(runs), Size(width, 240)
    assert_labels_inside(spectrum.spectrum(series.spectra(of), size))
    assert_labels_inside(overtime.latency_over_time(series.latencies(of, time).curves, time, size))
    assert_labels_inside(overtime.throughput_over_time(series.throughput(of, time), [], time, size, 2_000.0))
    assert_labels_inside(overtime.memory_over_time(series.memory(of, time), time, size))


def test_every_chart_says_in_words_what_it_shows() -> None:
    comparison, runs = make_comparison(rounds=2)
    of, time = series.arms(runs, NAMES), series.span(runs)
    scenes = (
        forest.forest(comparison.metrics, NAMES, SIZE),
        spectrum.spectrum(series.spectra(of), SIZE),
        overtime.memory_over_time(series.memory(of, time), time, SIZE),
    )
    for scene in scenes:
        assert all(name in scene.description for name in NAMES[1:])


def test_labels_that_want_one_place_are_spread_and_keep_their_order() -> None:
    assert spread([50, 50, 51], 12, 0, 100) == [50, 62, 74]
    assert spread([99, 98], 12, 0, 100) == [100, 88]


def test_a_long_name_is_cut_to_its_room() -> None:
    assert shortened("starlette", 200) == "starlette"
    cut = shortened("a-name-without-end" * 5, 80)
    assert cut.endswith("…")
    assert text_width(cut) <= 80
