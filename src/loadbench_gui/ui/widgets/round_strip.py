"""The rounds of a comparison as a strip: what has run, what is running, what comes next."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from loadbench_gui.report.palette import Role
from loadbench_gui.ui.models.figures import Segment, Step
from loadbench_gui.ui.theme import Theme, font

LEAST_PX = 120
SEGMENT_PX = 30
GAP_PX = 3


class RoundStrip(QWidget):
    """Segments left to right in the order of the schedule."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._segments: tuple[Segment, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Rounds")
        theme.changed.connect(self.update)

    def show_segments(self, segments: tuple[Segment, ...]) -> None:
        """Show the schedule as it stands."""
        if segments == self._segments:
            return
        only_moved = _steps(segments) == _steps(self._segments)
        if len(segments) != len(self._segments):
            self.setMaximumWidth(max(LEAST_PX, len(segments) * (SEGMENT_PX + GAP_PX)))  # no wider than it needs
        self._segments = segments
        if only_moved:
            running = next((i for i, segment in enumerate(segments) if segment.step == "running"), 0)
            self.update(self._box(running).toAlignedRect().adjusted(-3, -3, 3, 3))
            return
        done = sum(s.step in ("done", "cut short") for s in segments)
        now = next((f", {s.deployment} is running" for s in segments if s.step == "running"), "")
        following = next((f", next {s.deployment}" for s in segments if s.step == "to come"), "")
        words = f"{done} of {len(segments)} runs done{now}{following}"
        self.setAccessibleDescription(words)
        self.setToolTip(words)
        self.update()

    def sizeHint(self) -> QSize:
        """Wide enough for a quick comparison of three."""
        return QSize(560, 36)

    def minimumSizeHint(self) -> QSize:
        """Narrow segments are better than none."""
        return QSize(LEAST_PX, 36)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint segments, and the round beneath the first of each."""
        if not self._segments:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(11))
        metrics = QFontMetricsF(painter.font())
        label_end, shown_round = -1.0, -1
        for index, segment in enumerate(self._segments):
            box = self._box(index)
            if box.toAlignedRect().adjusted(-3, -3, 3, 3).intersects(event.rect()):
                self._paint_segment(painter, box, segment)
            if segment.round != shown_round:
                shown_round = segment.round
                long = box.width() * 3 > 60
                label = f"round {segment.round + 1}" if long else f"{segment.round + 1}"
                if box.left() > label_end:
                    painter.setPen(self._theme.color(Role.MUTED))
                    painter.drawText(QPointF(box.left(), 33), label)
                    label_end = box.left() + metrics.horizontalAdvance(label) + 6

    def _box(self, index: int) -> QRectF:
        """Return where a segment lies."""
        count = len(self._segments)
        gap = float(GAP_PX) if count <= 40 else 1.0
        width = min(float(SEGMENT_PX), (self.width() - 4 - gap * (count - 1)) / count)
        left = (self.width() - width * count - gap * (count - 1)) / 2
        return QRectF(left + index * (width + gap), 3, width, 16)

    def _paint_segment(self, painter: QPainter, box: QRectF, segment: Segment) -> None:
        full, pale = self._theme.series(segment.index), self._theme.series(segment.index, 0.25)
        painter.setPen(Qt.PenStyle.NoPen)
        match segment.step:
            case "done":
                _fill(painter, box, full)
            case "to come":
                _fill(painter, box, pale)
            case "cut short":
                painter.setPen(QPen(full, 1.5))
                painter.setBrush(pale)
                painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 3, 3)
            case "running":
                _fill(painter, box, self._theme.series(segment.index, 0.45))
                painter.save()
                painter.setClipRect(QRectF(box.left(), box.top(), box.width() * segment.progress, box.height()))
                _fill(painter, box, full)
                painter.restore()
                painter.setPen(QPen(self._theme.color(Role.TEXT), 1.5))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(box.adjusted(-1.5, -1.5, 1.5, 1.5), 4, 4)


def _steps(segments: tuple[Segment, ...]) -> list[tuple[int, Step]]:
    return [(segment.index, segment.step) for segment in segments]


def _fill(painter: QPainter, box: QRectF, color: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    painter.drawRoundedRect(box, 3, 3)
