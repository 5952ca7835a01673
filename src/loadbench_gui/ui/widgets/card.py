"""The surface everything lies on: a painted card with an optional title row."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from loadbench_gui.report.palette import Role
from loadbench_gui.ui.style import paint_line_sample
from loadbench_gui.ui.theme import Theme, dash_of, font
from loadbench_gui.ui.widgets.head import Head

CORNER = 8.0
STUMP_PX = 72


class Card(QWidget):
    """A surface with 8 px corners and a 1 px border; `edge` names another token for the border."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.edge = Role.BORDER
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint surface and border."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.theme.color(self.edge), 1))
        painter.setBrush(self.theme.color(Role.SURFACE))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), CORNER, CORNER)


class Words(QLabel):
    """A label whose colour is a token and follows the theme; long lines end in an ellipsis where `elide` is set."""

    def __init__(
        self,
        theme: Theme,
        text: str = "",
        *,
        role: Role = Role.TEXT,
        pixels: int = 13,
        weight: QFont.Weight = QFont.Weight.Normal,
        elide: bool = False,
    ) -> None:
        super().__init__(text)
        self._theme = theme
        self._role = role
        self._elide = elide
        self.setFont(font(pixels, weight))
        self.setTextFormat(Qt.TextFormat.PlainText)
        if elide:
            self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        theme.changed.connect(self.update)

    @property
    def role(self) -> Role:
        """The token the words are painted in."""
        return self._role

    @role.setter
    def role(self, role: Role) -> None:
        if role != self._role:
            self._role = role
            self.update()

    def setText(self, text: str) -> None:
        """Change the words; nothing happens when they are the same."""
        if text != self.text():
            super().setText(text)
            if self._elide:
                self.setToolTip(text)

    def minimumSizeHint(self) -> QSize:
        """Elided words may shrink to nothing."""
        hint = super().minimumSizeHint()
        return QSize(0, hint.height()) if self._elide else hint

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the words in their token's colour."""
        painter = QPainter(self)
        painter.setFont(self.font())
        painter.setPen(self._theme.color(self._role))
        text = self.text()
        flags = self.alignment().value
        if self._elide:
            text = elided(self.fontMetrics(), text, self.width())
        elif self.wordWrap():
            flags |= Qt.TextFlag.TextWordWrap.value
        painter.drawText(self.contentsRect(), flags, text)


def elided(metrics: QFontMetrics, text: str, width: int) -> str:
    """Cut `text` to `width` px; a stump of a few letters says less than nothing."""
    if metrics.horizontalAdvance(text) <= width:
        return text
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width) if width >= STUMP_PX else ""


class Legend(QWidget):
    """Line samples with names, right-aligned in a card's title row: the same colour and dash everywhere."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._entries: tuple[tuple[str, int], ...] = ()
        self.setFont(font(12))
        theme.changed.connect(self.update)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_entries(self, entries: tuple[tuple[str, int], ...]) -> None:
        """Show names with their place in profile order; place -1 is the generator, grey and dotted."""
        if entries != self._entries:
            self._entries = entries
            self.setAccessibleName("Legend: " + ", ".join(name for name, _ in entries))
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """As wide as its entries."""
        metrics = QFontMetricsF(self.font())
        width = sum(metrics.horizontalAdvance(name) + 36 for name, _ in self._entries) - 12
        return QSize(round(width), 18)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint samples and names."""
        painter = QPainter(self)
        painter.setFont(self.font())
        metrics, x = QFontMetricsF(self.font()), 0.0
        for name, index in self._entries:
            paint_line_sample(painter, QPointF(x, 9.5), 18, self._theme.series(index), dash_of(index, 2))
            painter.setPen(self._theme.color(Role.MUTED))
            painter.drawText(QPointF(x + 23, 9 + metrics.capHeight() / 2), name)
            x += metrics.horizontalAdvance(name) + 36


class TitleRow(QWidget):
    """The row over a second chart of a card; like that of the card, without a legend."""

    def __init__(self, theme: Theme, title: str, caption: str) -> None:
        super().__init__()
        self.title = Words(theme, title, weight=QFont.Weight.DemiBold)
        self.caption = Words(theme, caption, role=Role.MUTED, pixels=12, elide=True)
        self.aside = Words(theme, "", role=Role.MUTED, pixels=12, elide=True)
        row = Head()
        row.setContentsMargins(7, 4, 7, 0)
        for widget in (self.title, self.caption, self.aside):
            row.addWidget(widget)
        self.setLayout(row)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)


class TitledCard(Card):
    """A card with title, caption and a legend in its first row; put the content into `body`."""

    def __init__(self, theme: Theme, title: str, caption: str = "") -> None:
        super().__init__(theme)
        self.title = Words(theme, title, weight=QFont.Weight.DemiBold)
        self.caption = Words(theme, caption, role=Role.MUTED, pixels=12, elide=True)
        self.aside = Words(theme, "", role=Role.MUTED, pixels=12, elide=True)
        self.legend = Legend(theme)
        self.head = Head()
        self.head.setContentsMargins(15, 0, 15, 0)
        for widget in (self.title, self.caption, self.aside, self.legend):
            self.head.addWidget(widget)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(8, 0, 8, 8)
        self.body.setSpacing(0)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 12, 0, 0)
        outer.setSpacing(4)
        outer.addLayout(self.head)
        outer.addLayout(self.body, 1)
