"""Splitters whose handle is the gap between cards: nothing to see until the pointer or the focus is on it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QWidget


def splitter(orientation: Qt.Orientation, *widgets: QWidget, name: str) -> QSplitter:
    """Return a splitter over `widgets` in equal parts, none of which can be dragged shut."""
    made = QSplitter(orientation)
    made.setChildrenCollapsible(False)
    made.setAccessibleName(name)
    made.setObjectName(name)
    for widget in widgets:
        made.addWidget(widget)
    for i in range(len(widgets)):
        made.setStretchFactor(i, 1)
        made.handle(i).setAccessibleName(f"{name}: drag to resize")
    made.setSizes([1000] * len(widgets))
    return made
