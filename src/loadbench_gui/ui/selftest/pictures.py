"""Charts as pictures: those that the window draws live, and a report's, written to PNG and read again."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QWidget

from loadbench_gui.core.lifecycle import RunState
from loadbench_gui.report.figures.svg import svg
from loadbench_gui.report.palette import DARK, LIGHT, Palette
from loadbench_gui.services.events import IntervalClosed, ScheduleMade, StateChanged, TargetSampled
from loadbench_gui.services.selftest.outcome import require
from loadbench_gui.services.selftest.pictures import CHARTS, drawn_arms
from loadbench_gui.services.selftest.scratch import Scratch
from loadbench_gui.services.selftest.specimen import plan, specimen
from loadbench_gui.ui.charts.board import LiveBoard
from loadbench_gui.ui.models.live import LiveModel
from loadbench_gui.ui.selftest.pixels import Pixels, painted
from loadbench_gui.ui.theme import Theme

BOARD: Final = QSize(1100, 640)
_ENOUGH: Final = 60
"""Pixels of a colour that a line across a chart has at the very least."""
_SERIES: Final = 3
"""How many deployments there are; the palette's last colour is nearly that of quiet text."""


async def live_charts(theme: Theme, place: Scratch) -> str:
    """Draw the Live page's charts with the runs of three deployments and without, in both schemes.

    The theme is left as it was.
    """
    folder, choice = place.new("live"), theme.choice
    try:
        for palette in (LIGHT, DARK):
            theme.choose("dark" if palette is DARK else "light")
            _judge_board(theme, folder, palette)
    finally:
        theme.choose(choice)
    return "memory of 3 servers and the running one's percentiles, light and dark"


def _judge_board(theme: Theme, folder: Path, palette: Palette) -> None:
    board = LiveBoard(theme)
    board.resize(BOARD)
    for model, with_data in ((LiveModel(), False), (fed(), True)):
        board.refresh(model)
        everyone = tuple(range(len(model.deployments)))
        running = everyone[-1:]
        shots = (
            ("memory", board.resources.memory, everyone),
            ("percentiles", board.percentiles.chart, running),
            ("throughput", board.throughput.chart, running),
        )
        for name, chart, shown in shots:
            pixels = written_and_read(shot(chart), folder / f"{name}-{palette.name}-{with_data}.png")
            judge(f"live {name} chart", pixels, palette, tuple(palette.series[i] for i in shown))
    board.deleteLater()


async def report_charts(place: Scratch) -> str:
    """Have QtSvg paint every chart of a report: for each deployment alone (lines may cover one another), and empty."""
    folder = place.new("png")
    everyone, time = drawn_arms()
    for name, draw in CHARTS.items():
        for palette in (LIGHT, DARK):
            for shown in (*((arm,) for arm in everyone), ()):
                image = rendered(svg(draw(shown, time), name, palette), palette)
                pixels = written_and_read(
                    image, folder / f"{name}-{palette.name}-{shown[0].name if shown else 'empty'}.png"
                )
                judge(f"{name} chart", pixels, palette, tuple(palette.series[arm.index] for arm in shown))
    return f"{', '.join(CHARTS)}: {len(everyone)} colours with data, none without, light and dark"


def fed() -> LiveModel:
    """Return the model of a comparison in which each deployment has run once, the last one still running."""
    model, planned = LiveModel(), plan()
    comparison, runs = specimen()
    model.receive(ScheduleMade(planned, comparison.schedule))
    for name in comparison.deployments:
        run = next(run for run in runs if run.label.deployment == name)
        model.receive(StateChanged(run.label, RunState.MEASURING))
        for interval in run.intervals:
            model.receive(IntervalClosed(run.label, interval))
        for sample in run.target_samples:
            model.receive(TargetSampled(run.label, sample))
    return model


def judge(what: str, pixels: Pixels, palette: Palette, shown: tuple[str, ...]) -> None:
    """Return if a picture has the colours of the series that are shown, and no other series'. Raises `Bug`."""
    series = palette.series[:_SERIES]
    found = painted(pixels, palette.surface, (palette.text, palette.error, palette.muted, *series))
    missing = [colour for colour in shown if found[colour] < _ENOUGH]
    extra = [colour for colour in series if colour not in shown and found[colour] >= _ENOUGH]
    require(not missing, f"the {what} ({palette.name}) lacks the colour of a series: {', '.join(missing)}")
    require(not extra, f"the {what} ({palette.name}) has the colour of a series without data: {', '.join(extra)}")


def shot(widget: QWidget) -> QImage:
    """Return a picture of a widget."""
    pixmap: QPixmap = widget.grab()
    return pixmap.toImage()


def rendered(text: str, palette: Palette) -> QImage:
    """Return an SVG as QtSvg paints it."""
    renderer = QSvgRenderer(text.encode())
    require(renderer.isValid(), "QtSvg cannot read a chart of ours")
    image = QImage(renderer.defaultSize(), QImage.Format.Format_RGB32)
    image.fill(QColor(palette.surface))
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    return image


def written_and_read(image: QImage, path: Path) -> Pixels:
    """Write a picture as PNG, read it again, and return its pixels."""
    require(image.save(str(path), "PNG"), f"{path.name} could not be written as PNG")  # type: ignore[call-overload]
    again = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB888)
    require(again.size() == image.size(), f"{path.name} does not read back as it was written")
    rows = np.frombuffer(again.constBits(), np.uint8).reshape(again.height(), again.bytesPerLine())
    return rows[:, : again.width() * 3].reshape(again.height(), again.width(), 3).copy()
