"""The head and the strip of figures of the Live page in narrow windows."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from loadbench_gui.ui.models.figures import Segment
from loadbench_gui.ui.models.live import LiveModel, LogLine
from loadbench_gui.ui.theme import Theme
from loadbench_gui.ui.widgets.figure import Figure
from loadbench_gui.ui.widgets.log_view import LogView
from loadbench_gui.ui.widgets.round_strip import RoundStrip


def test_a_narrow_figure_breaks_what_is_too_long_for_it(theme: Theme, qtbot: QtBot) -> None:
    figure = Figure(theme, "Last subscriber p99")
    qtbot.addWidget(figure)
    figure.show()
    for width, said in ((140, "needs 1,000\npublications"), (260, "needs 1,000 publications")):
        figure.resize(width, 100)
        figure.show_figure("–", "ms", ())
        figure.show_figure("–", "ms", ("needs 1,000 publications",))
        assert said in [label.text() for label in figure.findChildren(QLabel)]


def test_few_rounds_leave_their_room_to_the_title(theme: Theme, qtbot: QtBot) -> None:
    strip = RoundStrip(theme)
    qtbot.addWidget(strip)
    segments = tuple(Segment(i // 3, "sanic", i % 3, "to come") for i in range(12))
    strip.show_segments(segments)
    assert strip.maximumWidth() < 420
    strip.show_segments(segments * 3)
    assert strip.maximumWidth() > 1_000


def test_a_run_that_goes_on_leaves_the_other_segments_as_they_are(theme: Theme, qtbot: QtBot) -> None:
    strip = RoundStrip(theme)
    qtbot.addWidget(strip)
    strip.resize(400, 36)
    strip.show()
    ran = Segment(0, "fastapi", 0, "done")
    running = Segment(0, "sanic", 1, "running", 0.25)
    strip.show_segments((ran, running))
    before = strip.grab().toImage()
    strip.show_segments((ran, replace(running, progress=0.75)))
    after = strip.grab().toImage()
    changed = [
        x for x in range(before.width()) for y in range(before.height()) if before.pixel(x, y) != after.pixel(x, y)
    ]
    assert changed
    assert max(changed) - min(changed) < 40


def test_the_log_stays_with_its_newest_line_in_whatever_room_there_is(theme: Theme, qtbot: QtBot) -> None:
    log, model = LogView(theme), LiveModel()
    qtbot.addWidget(log)
    log.resize(400, 70)
    log.show()
    for number in range(10):
        model.log.append(LogLine(0.0, "info", f"line {number}"))
    log.refresh(model)
    log.resize(400, 22)
    qtbot.waitUntil(lambda: log.viewport().rect().contains(log.visualRect(log.model().index(9, 0))))
