"""A key figure: what it is, the figure with its unit, and beneath it what it is made of."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout

from loadbench_gui.report.palette import Role
from loadbench_gui.ui.theme import Theme
from loadbench_gui.ui.widgets.card import Card, Words

NARROW_PX = 190


class Figure(Card):
    """One card of the strip."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__(theme)
        self._name = Words(theme, name, role=Role.MUTED, pixels=12, elide=True)
        self._value = Words(theme, "–", pixels=24, weight=QFont.Weight.DemiBold)
        self._unit = Words(theme, "", role=Role.MUTED)
        self._made_of = Words(theme, " ", role=Role.MUTED, pixels=12)
        self._parts: tuple[str, ...] = ()
        row = QHBoxLayout()
        row.setSpacing(5)
        row.addWidget(self._value)
        row.addWidget(self._unit)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 11, 8, 11)
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

    def _show_parts(self) -> None:
        apart = "\n" if self.width() < NARROW_PX else " · "
        self._made_of.setText(apart.join(self._parts) or " ")
        self._made_of.setMinimumHeight(self._made_of.fontMetrics().lineSpacing() * (2 if apart == "\n" else 1))

    def show_figure(self, value: str, unit: str, made_of: tuple[str, ...], role: Role = Role.TEXT) -> None:
        """Change the figure; `role` colours a status, which is always a word as well."""
        self._value.setText(value)
        self._value.role = role
        self._unit.setText(unit)
        if made_of != self._parts:
            self._parts = made_of
            self._show_parts()
        description = f"{value} {unit}, {', '.join(made_of)}"
        if description != self.accessibleDescription():
            self.setAccessibleDescription(description)

    def rename(self, name: str) -> None:
        """Say more exactly what the figure is ("Memory (PSS)")."""
        self._name.setText(name)

    @property
    def text(self) -> str:
        """Figure, unit and what it is made of, as one line."""
        return self.accessibleDescription()
