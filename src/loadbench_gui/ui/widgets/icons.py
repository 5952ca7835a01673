"""The rail's icons as strokes on a 24 px grid: they follow the theme and any scale without files."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

_LINES: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    "home": (((4, 11), (12, 4), (20, 11), (20, 20), (4, 20), (4, 11)),),
    "live": (((3, 13), (7, 13), (10, 5), (14, 19), (17, 13), (21, 13)),),
    "compare": (((5, 20), (5, 13)), ((12, 20), (12, 4)), ((19, 20), (19, 9))),
    "history": (((12, 8), (12, 12.5), (15, 14)), ((4, 5), (4, 9), (8, 9))),
    "diagnostics": (((9, 9), (15, 15)), ((15, 9), (9, 15))),
}


def icon_path(name: str) -> QPainterPath:
    """Return the strokes of an icon, in a 24 x 24 square."""
    path = QPainterPath()
    for line in _LINES[name]:
        path.moveTo(QPointF(*line[0]))
        for point in line[1:]:
            path.lineTo(QPointF(*point))
    if name == "history":
        path.arcMoveTo(QRectF(4, 4, 16, 16), 155)
        path.arcTo(QRectF(4, 4, 16, 16), 155, -325)
    if name == "diagnostics":
        path.addEllipse(QRectF(4, 4, 16, 16))
    return path
