from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from loadbench_gui.report.figures.axis import latency_labels, plain_labels
from loadbench_gui.report.palette import Role
from loadbench_gui.ui.charts.axes import Axes, readable
from loadbench_gui.ui.charts.chart import Chart
from loadbench_gui.ui.charts.cursor import Cursor
from loadbench_gui.ui.charts.curve import line_pen
from loadbench_gui.ui.charts.heatmap import HeatImage
from loadbench_gui.ui.models.series import HEAT_LOW_DECADE, HEAT_ROWS, ROWS_PER_DECADE
from loadbench_gui.ui.theme import Theme

RED = QColor("#FF0000")
X = np.arange(11.0)


def make_chart(theme: Theme, qtbot: QtBot, *, log: bool = False) -> Chart:
    """A chart of ten seconds, its axis from 0 to 100, or from 10 us to 1 ms."""
    chart = Chart(theme, Cursor(), "A chart", latency_labels if log else plain_labels, log=log)
    qtbot.addWidget(chart)
    chart.resize(600, 300)
    chart.show()
    chart.set_y([10.0, 100.0, 1_000.0] if log else [0.0, 50.0, 100.0])
    return chart


def shown(chart: Chart) -> QImage:
    return chart.grab().toImage()


def reddish(image: QImage, chart: Chart, x: float, y: float) -> bool:
    at = chart.to_px(x, y)
    colors = [image.pixelColor(round(at.x()), round(at.y()) + dy) for dy in (-1, 0, 1)]
    return any(color.red() - color.green() > 60 for color in colors)


def test_a_gap_in_the_values_is_a_gap_in_the_line(theme: Theme, qtbot: QtBot) -> None:
    chart = make_chart(theme, qtbot)
    curve = chart.add_curve()
    curve.set_pen(line_pen(RED, []))
    values = np.full(11, 75.0)
    values[5] = np.nan
    curve.set_data(X, values)
    image = shown(chart)
    assert [reddish(image, chart, x, 75.0) for x in (3.5, 4.5, 5.5, 6.5)] == [True, False, False, True]


@pytest.mark.parametrize("values", [[], [np.nan, np.nan]])
def test_nothing_known_is_no_line(theme: Theme, qtbot: QtBot, values: list[float]) -> None:
    chart = make_chart(theme, qtbot)
    nothing = shown(chart)
    curve = chart.add_curve()
    curve.set_pen(line_pen(RED, []))
    curve.set_data(np.arange(float(len(values))), np.array(values))
    assert shown(chart) == nothing


def test_a_line_lies_where_its_values_are(theme: Theme, qtbot: QtBot) -> None:
    chart = make_chart(theme, qtbot)
    curve = chart.add_curve()
    curve.set_pen(line_pen(RED, []))
    curve.set_data(X, np.full(11, 75.0))
    image = shown(chart)
    assert reddish(image, chart, 3.3, 75.0)
    assert not reddish(image, chart, 3.3, 60.0)
    curve.clear()
    assert not reddish(shown(chart), chart, 3.3, 75.0)


def test_on_a_log_axis_a_tenth_is_one_decade_down(theme: Theme, qtbot: QtBot) -> None:
    chart = make_chart(theme, qtbot, log=True)
    area = chart.plot_area()
    assert chart.to_px(0.0, 100.0).y() == pytest.approx(area.center().y())
    curve = chart.add_curve()
    curve.set_pen(line_pen(RED, []))
    curve.set_data(X, chart.axis_values(np.full(11, 300.0)))
    assert reddish(shown(chart), chart, 5.5, 300.0)


def test_lines_keep_their_points_when_the_ring_they_came_from_goes_on(theme: Theme, qtbot: QtBot) -> None:
    chart = make_chart(theme, qtbot)
    curve = chart.add_curve()
    curve.set_pen(line_pen(RED, []))
    ring = np.full(11, 75.0)
    curve.set_data(X, ring)
    ring[:] = 25.0
    assert reddish(shown(chart), chart, 3.3, 75.0)


def test_nothing_is_painted_outside_the_plot(theme: Theme, qtbot: QtBot) -> None:
    chart = make_chart(theme, qtbot)
    curve = chart.add_curve()
    curve.set_pen(line_pen(RED, []))
    curve.set_data(X - 1.0, np.linspace(-50.0, 150.0, 11))
    image, area = shown(chart), chart.plot_area().toAlignedRect().adjusted(-1, -2, 1, 2)
    red = [
        (x, y)
        for x in range(image.width())
        for y in range(image.height())
        if not area.contains(x, y) and image.pixelColor(x, y).red() - image.pixelColor(x, y).green() > 60
    ]
    assert red == []


def test_new_data_leave_the_axes_alone_and_the_cursor_leaves_the_lines_alone(
    theme: Theme, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: Counter[str] = Counter()

    def counted(name: str, paint: Callable[..., None]) -> Callable[..., None]:
        def count(*arguments: Any) -> None:
            painted[name] += 1
            paint(*arguments)

        return count

    monkeypatch.setattr(Axes, "paint", counted("axes", Axes.paint))
    monkeypatch.setattr(pg.PlotCurveItem, "paint", counted("lines", pg.PlotCurveItem.paint))
    chart = make_chart(theme, qtbot)
    curve = chart.add_curve()
    curve.set_data(X, np.full(11, 75.0))
    shown(chart)
    before = Counter(painted)
    chart.crosshair.move_to(2.0)
    shown(chart)
    assert painted == before
    curve.set_data(X, np.full(11, 25.0))
    curve.set_pen(line_pen(RED, []))
    shown(chart)
    assert painted - before == Counter(lines=1)
    before = Counter(painted)
    chart.set_y([0.0, 100.0, 200.0])
    shown(chart)
    assert painted - before == Counter(axes=1, lines=1)


def test_another_scheme_repaints_the_chart(theme: Theme, qtbot: QtBot) -> None:
    chart = make_chart(theme, qtbot)
    before = shown(chart).pixelColor(2, 2)
    theme.choose("dark")
    after = shown(chart).pixelColor(2, 2)
    assert (before, after) == (QColor("#FFFFFF"), theme.color(Role.SURFACE))
    theme.choose("light")


def test_the_warm_up_is_marked(theme: Theme, qtbot: QtBot) -> None:
    chart = make_chart(theme, qtbot)
    chart.set_run(0.0, 10.0, 2.0)
    image = shown(chart)

    def at(seconds: float) -> QColor:
        px = chart.to_px(seconds, 20.0)
        return image.pixelColor(round(px.x()), round(px.y()))

    assert at(1.0) != at(5.0)
    assert at(5.0) == QColor("#FFFFFF")


def test_cells_of_the_heat_map_lie_where_their_latencies_are(theme: Theme, qtbot: QtBot) -> None:
    chart = make_chart(theme, qtbot, log=True)
    image = HeatImage(chart.spoil)
    chart.add_item(image.item)
    image.recolor(RED)
    cells = np.zeros((10, HEAT_ROWS), np.uint8)
    row = round((2.0 - HEAT_LOW_DECADE) * ROWS_PER_DECADE)
    cells[4, row] = 255  # the fifth second, just over 100 us
    image.show_cells(cells, 0.0, 10.0)
    middle_us = 10 ** (2.0 + 0.5 / ROWS_PER_DECADE)
    picture = shown(chart)
    assert reddish(picture, chart, 4.5, middle_us)
    assert not reddish(picture, chart, 4.5, middle_us * 1.5)
    assert not reddish(picture, chart, 6.5, middle_us)
    image.clear()
    assert not reddish(shown(chart), chart, 4.5, middle_us)


def test_labels_that_would_run_into_one_another_are_left_out() -> None:
    def at(*places: float) -> list[tuple[float, str]]:
        return [(px, f"{px:g}") for px in places]

    assert list(readable(at(80, 60, 40, 20))) == at(80, 60, 40, 20)
    assert list(readable(at(30, 24, 18, 6))) == at(30, 6)
    assert list(readable(at(90, 80, 60, 55))) == at(90, 55)
    assert list(readable(at(10, 6, 2))) == at(2)
