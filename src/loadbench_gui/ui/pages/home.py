"""Where everything starts: one big button, templates, and what was compared before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from loadbench_gui.core.plan import Plan
from loadbench_gui.report import words
from loadbench_gui.report.palette import Role
from loadbench_gui.stats.kinds import kind_of
from loadbench_gui.ui import text
from loadbench_gui.ui.models.recent import RecentModel
from loadbench_gui.ui.ports import RecentComparison, Template
from loadbench_gui.ui.theme import Theme, font
from loadbench_gui.ui.widgets.card import CORNER, Card, Words
from loadbench_gui.ui.widgets.panel import button
from loadbench_gui.ui.widgets.recent_table import RecentTable

MAX_WIDTH = 1124
TEMPLATE_COLUMNS = 3


class HomePage(QWidget):
    """The callables start a comparison (the bundled one, or a profile's) and open an earlier one."""

    def __init__(
        self,
        theme: Theme,
        recent: RecentModel,
        *,
        start: Callable[[], None],
        open_profile: Callable[[Path], None],
        open_one: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._theme, self._open_profile, self._recent = theme, open_profile, recent
        self._build_hero(start)
        self._templates = QGridLayout()
        self._templates.setSpacing(12)
        self.start_from = Words(theme, text.START_FROM, weight=QFont.Weight.DemiBold)
        self._build_recent(open_one)
        hints = Words(theme, text.HOME_HINTS, role=Role.MUTED)
        hints.setAlignment(Qt.AlignmentFlag.AlignCenter)
        content = QWidget()
        content.setMaximumWidth(MAX_WIDTH)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 40, 0, 24)
        column.setSpacing(0)
        for widget, gap in ((self._hero, 22), (self.start_from, 8)):
            column.addWidget(widget)
            column.addSpacing(gap)
        column.addLayout(self._templates)
        column.addSpacing(22)
        column.addWidget(self._recent_card)
        column.addSpacing(22)
        column.addWidget(hints)
        column.addStretch(1)
        inner = QWidget()
        row = QHBoxLayout(inner)
        row.setContentsMargins(32, 0, 32, 0)
        row.addStretch(1)
        row.addWidget(content, 1000)
        row.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)

    def _build_hero(self, start: Callable[[], None]) -> None:
        self._hero = Card(self._theme)
        self._question = question = Words(self._theme, text.HOME_QUESTION, pixels=24, weight=QFont.Weight.DemiBold)
        question.setWordWrap(True)
        self._offer = offer = Words(self._theme, text.HOME_OFFER, role=Role.MUTED, pixels=14)
        offer.setWordWrap(True)
        offer.setMaximumWidth(620)
        self.start_button = button(text.COMPARE_THREE, start, primary=True, big=True)
        self.start_button.setFont(font(15, QFont.Weight.Medium))
        column = QVBoxLayout()
        column.setSpacing(8)
        column.addWidget(question)
        column.addWidget(offer)
        row = QHBoxLayout(self._hero)
        row.setContentsMargins(34, 30, 34, 30)
        row.setSpacing(32)
        row.addLayout(column, 1)
        self.start_button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        row.addWidget(self.start_button, 0, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)

    def _build_recent(self, open_one: Callable[[str], None]) -> None:
        self._recent_card = Card(self._theme)
        self.table = RecentTable(self._theme, self._recent, open_one, sortable=False)
        self.table.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._none = Words(self._theme, text.NO_RECENT, role=Role.MUTED)
        column = QVBoxLayout(self._recent_card)
        column.setContentsMargins(15, 14, 15, 14)
        column.setSpacing(6)
        column.addWidget(Words(self._theme, text.RECENT, weight=QFont.Weight.DemiBold))
        column.addWidget(self._none)
        column.addWidget(self.table)
        self.table.setVisible(False)

    def offer(self, plan: Plan, estimate_s: float) -> None:
        """Offer a profile in place of the bundled three."""
        self._question.setText(plan.name)
        self._offer.setText(
            f"{', '.join(d.name for d in plan.deployments)} · "
            f"{' · '.join(f'{w.name}: {words.shape(w.shape, kind_of(w).counted)}' for w in plan.workloads[:3])} · "
            f"{words.plural(plan.comparison.rounds, 'round')}, about {words.seconds(max(1.0, estimate_s))} in all."
        )
        self.start_button.setText(text.COMPARE_THESE)
        self.start_button.setAccessibleName(f"{text.COMPARE_THESE}: {plan.name}")
        self.start_button.setFocus()

    def show_recent(self, rows: Sequence[RecentComparison]) -> None:
        """Show what was compared before, newest first."""
        self._recent.show_rows(rows)
        self._none.setVisible(not rows)
        self.table.setVisible(bool(rows))
        self.table.setFixedHeight(self.table.sizeHint().height())

    def show_templates(self, templates: Sequence[Template]) -> None:
        """Show the bundled profiles as cards."""
        for i, template in enumerate(templates):
            card = TemplateCard(self._theme, template, i)
            card.clicked.connect(lambda _checked=False, path=template.path: self._open_profile(path))
            self._templates.addWidget(card, i // TEMPLATE_COLUMNS, i % TEMPLATE_COLUMNS)
        for column in range(TEMPLATE_COLUMNS):
            self._templates.setColumnStretch(column, 1)

    @property
    def template_cards(self) -> tuple[TemplateCard, ...]:
        """The cards, in order."""
        return tuple(self.findChildren(TemplateCard))


class TemplateCard(QAbstractButton):
    """A bundled profile: press it to open it."""

    def __init__(self, theme: Theme, template: Template, index: int) -> None:
        super().__init__()
        self._theme, self._template, self._index = theme, template, index
        self.setAccessibleName(f"Open {template.name}")
        self.setAccessibleDescription(template.description)
        self.setToolTip(f"{template.description}\n{template.path}")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Three lines high."""
        return QSize(200, 90)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the card."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, box = self._theme, QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        hover = self.underMouse() or self.isDown()
        edge = theme.color(Role.ACCENT if self.hasFocus() or hover else Role.BORDER)
        painter.setPen(QPen(edge, 1.5 if self.hasFocus() else 1))
        painter.setBrush(theme.color(Role.SURFACE))
        painter.drawRoundedRect(box, CORNER, CORNER)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.series(self._index % 3))
        painter.drawRoundedRect(QRectF(15, 13, 26, 4), 2, 2)
        room = self.width() - 30
        painter.setFont(font(13, QFont.Weight.DemiBold))
        painter.setPen(theme.color(Role.TEXT))
        title = painter.fontMetrics().elidedText(self._template.name, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(15, 24, room, 20), Qt.AlignmentFlag.AlignVCenter, title)
        painter.setFont(font(12))
        painter.setPen(theme.color(Role.MUTED))
        flags = Qt.AlignmentFlag.AlignTop.value | Qt.TextFlag.TextWordWrap.value
        painter.drawText(QRectF(15, 47, room, 36), flags, self._template.description)
