from __future__ import annotations

import os
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from loadbench_gui.core.verdict import Metric, MetricVerdict, Verdict
from loadbench_gui.report.figures import forest, overtime
from loadbench_gui.report.figures.scene import Circle, Line, Polyline, Rect, Scene, Size, Text
from loadbench_gui.report.figures.svg import svg
from loadbench_gui.report.palette import DARK, LIGHT, Role

GOLDEN = Path(__file__).parents[2] / "golden" / "report"
ALL_KINDS = Scene(
    Size(100, 50),
    (
        Line(0, 1.5, 10, 1.5, Role.GRID),
        Polyline(((0, 0), (5, 2.3456)), Role.SERIES_1, 2.0, 0.5, (6.0, 4.0)),
        Rect(1, 2, 3, 4, Role.SELECTED, 0.5, 2.0),
        Circle(5, 5, 4, Role.SERIES_0, Role.SURFACE),
        Text(5, 20, "</text><script>alert(1)</script> & more", Role.TEXT, 12, "end", bold=True),
    ),
    'Title with "quotes" & <tags>',
    "Description <b>",
)


def golden_scenes() -> dict[str, Scene]:
    def row(metric: Metric, name: str, ratio: float, low: float, high: float) -> MetricVerdict:
        return MetricVerdict("json", metric, name, Verdict.FASTER, f"{name} {metric}.", ratio, (low, high), delta=0.1)

    rows = [
        row(Metric.P99, "starlette", 0.77, 0.73, 0.81),
        row(Metric.P99, "sanic", 0.95, 0.88, 1.02),
        row(Metric.MEMORY_PEAK, "starlette", 0.99, 0.98, 1.0),
        row(Metric.MEMORY_PEAK, "sanic", 0.74, 0.73, 0.75),
    ]
    time = overtime.TimeSpan(1, 5)
    curves = [
        overtime.Curve(i, name, tuple((t + 0.5, 1_000.0 * (i + 1) + 100 * t) for t in range(5)), "p99")
        for i, name in enumerate(("fastapi", "starlette"))
    ]
    return {
        "forest": forest.forest(rows, ("fastapi", "starlette", "sanic"), Size(508, 160)),
        "latency": overtime.latency_over_time(curves, time, Size(508, 200)),
    }


@pytest.mark.parametrize("name", ["forest", "latency"])
def test_a_chart_looks_as_it_did(name: str) -> None:
    """Set LOADBENCH_UPDATE_GOLDEN=1 to accept a change, after looking at the new file in a browser."""
    path, drawn = GOLDEN / f"{name}.svg", svg(golden_scenes()[name], name, LIGHT) + "\n"
    if os.environ.get("LOADBENCH_UPDATE_GOLDEN"):
        path.write_text(drawn, encoding="utf-8")
    assert drawn == path.read_text(encoding="utf-8")


def test_it_is_well_formed_whatever_the_texts_are() -> None:
    root = ET.fromstring(svg(ALL_KINDS, "x", DARK))
    texts = [e.text for e in root.iter() if e.tag.endswith("}text")]
    assert texts == ["</text><script>alert(1)</script> & more"]
    assert not [e for e in root.iter() if e.tag.endswith("}script")]


def test_it_has_a_title_and_a_description_for_screen_readers() -> None:
    root = ET.fromstring(svg(ALL_KINDS, "x"))
    ids = {e.get("id"): e.text for e in root.iter() if e.get("id")}
    assert root.get("role") == "img"
    assert [ids[i] for i in (root.get("aria-labelledby") or "").split()] == [ALL_KINDS.title, ALL_KINDS.description]


def test_a_decoration_is_hidden_from_screen_readers() -> None:
    root = ET.fromstring(svg(ALL_KINDS, None))
    assert root.get("aria-hidden") == "true"
    assert not [e for e in root.iter() if e.get("id")]


def test_in_a_page_colours_are_variables_and_alone_they_are_fixed() -> None:
    inside, alone = svg(ALL_KINDS, "x"), svg(ALL_KINDS, "x", DARK)
    assert 'style="fill:var(--series-0);stroke:var(--surface)"' in inside
    assert not re.search("#[0-9A-Fa-f]{6}", inside)
    assert f'fill="{DARK.series[0]}" stroke="{DARK.surface}"' in alone
    assert "var(" not in alone


def test_coordinates_are_written_to_a_hundredth_of_a_px() -> None:
    assert 'points="0,0 5,2.35"' in svg(ALL_KINDS, "x")
