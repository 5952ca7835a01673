from __future__ import annotations

from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from builders import make_comparison
from loadbench_gui.report.figures.forest import forest
from loadbench_gui.report.figures.scene import Circle, Line, Polyline, Rect, Scene, Size, Text
from loadbench_gui.report.palette import Role
from loadbench_gui.ui.charts.scene_view import SceneView, paint_scene
from loadbench_gui.ui.theme import Theme


def painted(scene: Scene, theme: Theme) -> QImage:
    image = QImage(round(scene.size.width), round(scene.size.height), QImage.Format.Format_RGB32)
    image.fill(theme.color(Role.SURFACE))
    painter = QPainter(image)
    paint_scene(painter, scene, theme)
    painter.end()
    return image


def test_every_kind_of_item_is_painted_in_the_colour_of_its_role(theme: Theme) -> None:
    items: dict[tuple[int, int], Rect | Circle | Line | Polyline] = {
        (10, 10): Rect(5, 5, 10, 10, Role.GOOD),
        (40, 10): Circle(40, 10, 5, Role.ERROR),
        (70, 10): Line(60, 10, 80, 10, Role.ACCENT, 4),
        (100, 10): Polyline(((90, 10), (110, 10)), Role.SERIES_1, 4),
    }
    image = painted(Scene(Size(120, 20), tuple(items.values()), "all kinds"), theme)
    for (x, y), item in items.items():
        role = item.fill if isinstance(item, Rect | Circle) else item.stroke
        assert image.pixelColor(x, y) == theme.color(role)


def test_text_is_painted_where_its_anchor_says(theme: Theme) -> None:
    ends = painted(Scene(Size(100, 20), (Text(100, 15, "mmmm", Role.TEXT, 11, "end"),), "text"), theme)
    starts = painted(Scene(Size(100, 20), (Text(0, 15, "mmmm", Role.TEXT, 11, "start"),), "text"), theme)
    assert _ink(ends, 0, 40) == 0 < _ink(ends, 60, 100)
    assert _ink(starts, 60, 100) == 0 < _ink(starts, 0, 40)


def _ink(image: QImage, left: int, right: int) -> int:
    blank = QColor("#FFFFFF")
    return sum(image.pixelColor(x, y) != blank for x in range(left, right) for y in range(image.height()))


def test_a_figure_is_laid_out_anew_for_the_size_it_gets(theme: Theme, qtbot: QtBot) -> None:
    comparison, _ = make_comparison()
    view = SceneView(theme, "Difference")
    qtbot.addWidget(view)
    view.show()
    view.show_scene(lambda size: forest(comparison.metrics, comparison.deployments, size))
    for width in (500, 900):
        view.resize(width, 300)
        assert view.scene is not None
        assert view.scene.size == Size(float(width), 300.0)
    assert comparison.metrics[0].sentence in view.accessibleDescription()
