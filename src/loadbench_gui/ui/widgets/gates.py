"""The gates of a comparison in one row: a sign and its figure each; what fails says what to do."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from loadbench_gui.core.verdict import Gate
from loadbench_gui.report.palette import Role
from loadbench_gui.report.tables import sign
from loadbench_gui.stats.wording import gate_words
from loadbench_gui.ui.theme import Theme
from loadbench_gui.ui.widgets.card import Words
from loadbench_gui.ui.widgets.flow import Flow


class GatesRow(QWidget):
    """Failed gates come first and in words; the ones that hold follow, short."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._flow = Flow(self, across=20, down=6)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)

    def sizeHint(self) -> QSize:
        """As high as its lines."""
        return QSize(300, max(20, self._flow.heightForWidth(self.width())))

    def show_gates(self, gates: Sequence[Gate]) -> None:
        """Show the gates of another comparison; equal ones of several workloads are shown once."""
        self._flow.clear()
        ordered = sorted(gates, key=lambda gate: (gate.passed is True, gate.passed is None))
        seen: set[tuple[str, str]] = set()
        for gate in ordered:
            mark, tone, state = sign(gate)
            shown = gate_words(gate, gates)
            if (mark, shown) in seen:
                continue
            seen.add((mark, shown))
            item = _GateWords(self._theme, mark, Role(tone), shown)
            item.setToolTip(gate.detail)
            item.setAccessibleName(f"{shown}: {state}. {gate.detail}")
            self._flow.addWidget(item)
        self.updateGeometry()


class _GateWords(QWidget):
    """A coloured sign and the words beside it."""

    def __init__(self, theme: Theme, mark: str, role: Role, shown: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(Words(theme, mark, role=role, pixels=12))
        row.addWidget(Words(theme, shown, role=Role.TEXT if role is Role.GOOD else role, pixels=12))
