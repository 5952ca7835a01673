"""A key figure: what it is, the figure with its unit, and beneath it what it is made of."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout

from loadbench_gui.report.palette import Role
from loadbench_gui.ui.theme import Theme
from loadbench_gui.ui.widgets.card import Card, Words


class Figure(Card):
    """One card of the strip."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__(theme)
        self._name = Words(theme, name, role=Role.MUTED, pixels=12, elide=True)
        self._value = Words(theme, "–", pixels=24, weight=QFont.Weight.DemiBold)
        self._unit = Words(theme, "", role=Role.MUTED)
        self._made_of = Words(theme, " ", role=Role.MUTED, pixels=12, elide=True)
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

    def show_figure(self, value: str, unit: str, made_of: str, role: Role = Role.TEXT) -> None:
        """Change the figure; `role` colours a status, which is always a word as well."""
        self._value.setText(value)
        self._value.role = role
        self._unit.setText(unit)
        self._made_of.setText(made_of)
        description = f"{value} {unit}, {made_of}"
        if description != self.accessibleDescription():
            self.setAccessibleDescription(description)

    def rename(self, name: str) -> None:
        """Say more exactly what the figure is ("Memory (PSS)")."""
        self._name.setText(name)

    @property
    def text(self) -> str:
        """Figure, unit and what it is made of, as one line."""
        return self.accessibleDescription()
