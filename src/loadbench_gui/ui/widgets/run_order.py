"""The order in which the runs of a comparison were made: initials in their deployment's colour, round by round."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from loadbench_gui.core.run import Run
from loadbench_gui.report.endings import is_cut_short
from loadbench_gui.report.palette import Role
from loadbench_gui.ui.theme import Theme, font


def initials(names: Sequence[str]) -> dict[str, str]:
    """Return the shortest beginning of each name that no other name shares, at most three letters."""
    for length in (1, 2):
        short = [name[:length].upper() for name in names]
        if len(set(short)) == len(names):
            return dict(zip(names, short, strict=True))
    return {name: name[:3].upper() for name in names}


class RunOrder(QWidget):
    """One line, cut where there is no more room; the tool tip has all of it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._rounds: list[list[tuple[str, int, bool]]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Run order")
        theme.changed.connect(self.update)

    def show_runs(self, runs: Sequence[Run], deployments: Sequence[str]) -> None:
        """Show the runs of another comparison."""
        short, places = initials(deployments), {name: i for i, name in enumerate(deployments)}
        rounds: dict[int, list[tuple[str, int, bool]]] = {}
        for run in sorted(runs, key=lambda r: r.label.order):
            name, is_whole = run.label.deployment, not is_cut_short(run.stop_reason, sealed=run.sealed)
            rounds.setdefault(run.label.round, []).append((short.get(name, "?"), places.get(name, 0), is_whole))
        self._rounds = list(rounds.values())
        text = " · ".join(" ".join(letter for letter, _, _ in one) for one in self._rounds)
        key = ", ".join(f"{short[name]} {name}" for name in deployments)
        self.setToolTip(f"{text}\n{key}")
        self.setAccessibleDescription(f"{text}; {key}")
        self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(300, 22)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the letters."""
        painter = QPainter(self)
        painter.setFont(font(12))
        painter.setPen(self._theme.color(Role.MUTED))
        painter.drawText(QPointF(0, 15), "Run order ▸")
        x = QFontMetricsF(font(12)).horizontalAdvance("Run order ▸") + 8
        strong = font(12, QFont.Weight.DemiBold)
        metrics = QFontMetricsF(strong)
        for number, one in enumerate(self._rounds):
            width = sum(metrics.horizontalAdvance(letter) + 5 for letter, _, _ in one)
            if x + width > self.width() - 14:
                painter.setPen(self._theme.color(Role.MUTED))
                painter.drawText(QPointF(x, 15), "…")
                return
            if number:
                painter.setPen(self._theme.color(Role.MUTED))
                painter.drawText(QPointF(x, 15), "·")
                x += 9
            painter.setFont(strong)
            for letter, index, is_whole in one:
                painter.setPen(self._theme.series(index, 1.0 if is_whole else 0.5))
                painter.drawText(QPointF(x, 15), letter)
                x += metrics.horizontalAdvance(letter) + 5
