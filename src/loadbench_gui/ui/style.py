"""How controls are drawn: one proxy over Fusion, so that buttons, scroll bars and fields fit the cards they lie on.

Only what Fusion draws too square or too heavy is replaced; measures and behaviour stay Fusion's.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import (
    QProxyStyle,
    QPushButton,
    QStyle,
    QStyleOption,
    QStyleOptionButton,
    QStyleOptionComplex,
    QStyleOptionSlider,
    QWidget,
)

from loadbench_gui.report.palette import Role
from loadbench_gui.ui.theme import Theme

RADIUS = 5.0
_State = QStyle.StateFlag


class LoadbenchStyle(QProxyStyle):
    """Rounded buttons with a visible focus, thin scroll bars, quiet frames."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("Fusion")
        self._theme = theme

    def drawControl(
        self, element: QStyle.ControlElement, option: QStyleOption, painter: QPainter, widget: QWidget | None = None
    ) -> None:
        """Draw push buttons and splitter handles; leave the rest to Fusion."""
        if element is QStyle.ControlElement.CE_PushButton and isinstance(option, QStyleOptionButton):
            self._push_button(option, painter, widget)
        elif element is QStyle.ControlElement.CE_Splitter:
            return
        else:
            super().drawControl(element, option, painter, widget)

    def drawPrimitive(
        self, element: QStyle.PrimitiveElement, option: QStyleOption, painter: QPainter, widget: QWidget | None = None
    ) -> None:
        """Draw field frames and focus rounded; views have no frame of their own, since they lie on cards."""
        kind = QStyle.PrimitiveElement
        if element is kind.PE_PanelLineEdit:
            self._field(option, painter)
        elif element is kind.PE_IndicatorCheckBox:
            self._check_box(option, painter)
        elif element is kind.PE_FrameFocusRect:
            self._focus(option.rect, painter)
        else:
            super().drawPrimitive(element, option, painter, widget)

    def drawComplexControl(
        self,
        control: QStyle.ComplexControl,
        option: QStyleOptionComplex,
        painter: QPainter,
        widget: QWidget | None = None,
    ) -> None:
        """Draw scroll bars as a thin handle."""
        if control is QStyle.ComplexControl.CC_ScrollBar and isinstance(option, QStyleOptionSlider):
            self._scroll_bar(option, painter, widget)
        else:
            super().drawComplexControl(control, option, painter, widget)

    def pixelMetric(
        self, metric: QStyle.PixelMetric, option: QStyleOption | None = None, widget: QWidget | None = None
    ) -> int:
        """Make scroll bars thin and splitter handles as wide as the gap between cards."""
        if metric is QStyle.PixelMetric.PM_ScrollBarExtent:
            return 10
        if metric is QStyle.PixelMetric.PM_SplitterWidth:
            return 12
        if metric in (QStyle.PixelMetric.PM_ButtonShiftHorizontal, QStyle.PixelMetric.PM_ButtonShiftVertical):
            return 0
        return super().pixelMetric(metric, option, widget)

    def sizeFromContents(
        self, kind: QStyle.ContentsType, option: QStyleOption, size: QSize, widget: QWidget | None = None
    ) -> QSize:
        """Give push buttons room: 12 px beside and 8 px above and below their words."""
        if kind is QStyle.ContentsType.CT_PushButton and isinstance(option, QStyleOptionButton):
            big = bool(widget is not None and widget.property("big"))
            across, down = (46, 28) if big else (26, 16)
            words = option.fontMetrics.size(Qt.TextFlag.TextShowMnemonic.value, option.text)
            return QSize(words.width() + across, words.height() + down)
        return super().sizeFromContents(kind, option, size, widget)  # type: ignore[arg-type]  # Qt passes null for no widget

    def _push_button(self, option: QStyleOptionButton, painter: QPainter, widget: QWidget | None) -> None:
        theme, state = self._theme, option.state
        primary = isinstance(widget, QPushButton) and bool(widget.property("primary"))
        enabled = bool(state & _State.State_Enabled)
        fill = theme.color(Role.ACCENT if primary else Role.SURFACE)
        if state & _State.State_Sunken:
            fill = _mixed(fill, theme.color(Role.TEXT), 0.16)
        elif state & _State.State_MouseOver and enabled:
            fill = _mixed(fill, theme.color(Role.TEXT), 0.06 if not primary else 0.10)
        edge = fill if primary else theme.color(Role.BORDER)
        words = theme.on_accent if primary else theme.color(Role.TEXT)
        if not enabled:
            words.setAlphaF(0.45)
            if primary:
                fill.setAlphaF(0.45)
                edge = fill
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(edge, 1))
        painter.setBrush(fill)
        painter.drawRoundedRect(QRectF(option.rect).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        painter.setPen(words)
        painter.drawText(
            option.rect, Qt.AlignmentFlag.AlignCenter.value | Qt.TextFlag.TextShowMnemonic.value, option.text
        )
        if state & _State.State_HasFocus and state & _State.State_KeyboardFocusChange:
            inner = theme.on_accent if primary else theme.color(Role.ACCENT)
            painter.setPen(QPen(inner, 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(option.rect).adjusted(2.5, 2.5, -2.5, -2.5), RADIUS - 2, RADIUS - 2)
        painter.restore()

    def _field(self, option: QStyleOption, painter: QPainter) -> None:
        focused = bool(option.state & _State.State_HasFocus)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color(Role.ACCENT if focused else Role.BORDER), 1))
        painter.setBrush(self._theme.color(Role.BACKGROUND))
        painter.drawRoundedRect(QRectF(option.rect).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        painter.restore()

    def _check_box(self, option: QStyleOption, painter: QPainter) -> None:
        theme, on = self._theme, bool(option.state & _State.State_On)
        box = QRectF(option.rect).adjusted(1.5, 1.5, -1.5, -1.5)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color(Role.ACCENT if on else Role.MUTED), 1))
        painter.setBrush(theme.color(Role.ACCENT if on else Role.SURFACE))
        painter.drawRoundedRect(box, 3, 3)
        if on:
            painter.setPen(QPen(theme.on_accent, 1.8))
            left, top, size = box.left(), box.top(), box.width()
            painter.drawPolyline(
                [QPointF(left + size * x, top + size * y) for x, y in ((0.22, 0.52), (0.42, 0.72), (0.78, 0.30))]
            )
        painter.restore()

    def _focus(self, rect: QRect, painter: QPainter) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color(Role.ACCENT), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), RADIUS - 1, RADIUS - 1)
        painter.restore()

    def _scroll_bar(self, option: QStyleOptionSlider, painter: QPainter, widget: QWidget | None) -> None:
        handle = QRectF(
            self.subControlRect(
                QStyle.ComplexControl.CC_ScrollBar,
                option,
                QStyle.SubControl.SC_ScrollBarSlider,
                widget,  # type: ignore[arg-type]  # as above
            )
        ).adjusted(2.5, 2.5, -2.5, -2.5)
        color = self._theme.color(Role.MUTED)
        color.setAlphaF(0.55 if option.state & _State.State_MouseOver else 0.30)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        radius = min(handle.width(), handle.height()) / 2
        painter.drawRoundedRect(handle, radius, radius)
        painter.restore()


def _mixed(a: QColor, b: QColor, share: float) -> QColor:
    return QColor.fromRgbF(
        a.redF() + (b.redF() - a.redF()) * share,
        a.greenF() + (b.greenF() - a.greenF()) * share,
        a.blueF() + (b.blueF() - a.blueF()) * share,
    )


def paint_line_sample(painter: QPainter, at: QPointF, width: float, color: QColor, dash: list[float]) -> None:
    """Draw a deployment's line sample, `width` px long, from `at` to the right."""
    pen = QPen(color, 2)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if dash:
        pen.setDashPattern(dash)
    painter.setPen(pen)
    painter.drawLine(at, QPointF(at.x() + width, at.y()))
