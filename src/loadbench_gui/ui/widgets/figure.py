"""A key figure: what it is, the figure with its unit, and beneath it what it is made of."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout

from loadbench_gui.report.palette import Role
from loadbench_gui.ui.theme import Theme
from loadbench_gui.ui.widgets.card import Card, Words

NARROW_PX = 190
UNIT_APART_PX = 5
MARGINS_PX = 22


class Figure(Card):
    """One card of the strip."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__(theme)
        self._name = Words(theme, name, role=Role.MUTED, pixels=12, elide=True)
        self._value = Words(theme, "–", pixels=24, weight=QFont.Weight.DemiBold)
        self._unit = Words(theme, "", role=Role.MUTED)
        self._made_of = Words(theme, " ", role=Role.MUTED, pixels=12)
        self._parts: tuple[str, ...] = ()
        self._named, self._measured_in = name, ""
        row = QHBoxLayout()
        row.setSpacing(UNIT_APART_PX)
        row.addWidget(self._value)
        row.addWidget(self._unit)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 11, MARGINS_PX - 14, 11)
        column.setSpacing(2)
        column.addWidget(self._name)
        column.addLayout(row)
        column.addWidget(self._made_of)
        self._unit.setContentsMargins(0, 7, 0, 0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    def minimumSizeHint(self) -> QSize:
        """Narrow windows may elide names, never the figure."""
        return QSize(118, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        """All cards of a strip are equally wide, whatever they say."""
        return QSize(180, super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrow card says what its figure is made of in two lines."""
        super().resizeEvent(event)
        self._show_parts()
        self._show_unit()

    def _show_unit(self) -> None:
        """Write the unit beside the figure, or where both are too wide for the card, beside the name."""
        wide = sum(words.fontMetrics().horizontalAdvance(text) for words, text in (
            (self._value, self._value.text()), (self._unit, self._measured_in),
        ))  # fmt: skip
        fits = wide + UNIT_APART_PX <= self.width() - MARGINS_PX
        self._unit.setText(self._measured_in if fits else "")
        self._name.setText(self._named if fits else f"{self._named}, {self._measured_in}")

    def _show_parts(self) -> None:
        apart = "\n" if self.width() < NARROW_PX else " · "
        said = apart.join(self._parts) or " "
        if len(self._parts) == 1 and self._made_of.fontMetrics().horizontalAdvance(said) > self.width() - MARGINS_PX:
            said = "\n".join(said.rsplit(" ", 1))
        self._made_of.setText(said)
        self._made_of.setMinimumHeight(self._made_of.fontMetrics().lineSpacing() * (2 if apart == "\n" else 1))

    def show_figure(self, value: str, unit: str, made_of: tuple[str, ...], role: Role = Role.TEXT) -> None:
        """Change the figure; `role` colours a status, which is always a word as well."""
        self._value.setText(value)
        self._value.role = role
        self._measured_in = unit
        self._show_unit()
        if made_of != self._parts:
            self._parts = made_of
            self._show_parts()
        description = f"{value} {unit}, {', '.join(made_of)}"
        if description != self.accessibleDescription():
            self.setAccessibleDescription(description)

    def rename(self, name: str) -> None:
        """Say more exactly what the figure is ("Memory (PSS)")."""
        if name != self._named:
            self._named = name
            self._show_unit()

    @property
    def text(self) -> str:
        """Figure, unit and what it is made of, as one line."""
        return self.accessibleDescription()
