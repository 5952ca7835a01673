"""What of a live chart changes only with its axes: the labels, the grid, and the quiet band where the warm-up was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from loadbench_gui.report.palette import Role
from loadbench_gui.ui.theme import Theme, font

LABEL_PX: Final = 11
APART_PX: Final = 8
WIDE_PX: Final = 80.0
LEAST_PX: Final = 13.0
"""Labels that are closer to one another cannot be read."""

Ticks = Sequence[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class Axes:
    """Ticks in px of the chart with their words. warm_px: where the warm-up ended, None where it cannot be seen."""

    area: QRectF
    across: Ticks
    up: Ticks
    warm_px: float | None

    def paint(self, painter: QPainter, theme: Theme) -> None:
        """Paint band, lines and words."""
        area = self.area
        if self.warm_px is not None:
            band = QRectF(area.left(), area.top(), self.warm_px - area.left(), area.height())
            painter.fillRect(band, theme.color(Role.GRID, 0.55))
        for y, _ in self.up:
            # The last line lies inside the plot, not beneath it.
            line = QRectF(area.left(), min(round(y), area.bottom() - 1), area.width(), 1)
            painter.fillRect(line, theme.color(Role.GRID))
        painter.setFont(font(LABEL_PX))
        painter.setPen(theme.color(Role.MUTED))
        middle = painter.fontMetrics().capHeight() / 2
        for y, words in readable(self.up):
            room = painter.fontMetrics().horizontalAdvance(words)
            painter.drawText(QPointF(area.left() - APART_PX - room, y + middle), words)
        for x, words in self.across:
            box = QRectF(x - WIDE_PX / 2, area.bottom() + APART_PX, WIDE_PX, LABEL_PX * 1.5)
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, words)


def readable(ticks: Ticks) -> Ticks:
    """Leave out labels that would run into their neighbours: lowest and highest stay, as far as there is room."""
    if len(ticks) < 3:
        return ticks
    (first, *between), last = ticks[:-1], ticks[-1]
    kept = [first]
    for tick in between:
        if abs(tick[0] - kept[-1][0]) >= LEAST_PX and abs(tick[0] - last[0]) >= LEAST_PX:
            kept.append(tick)
    return (*kept, last) if abs(last[0] - first[0]) >= LEAST_PX else (last,)
