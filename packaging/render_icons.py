"""Render resources/icons/app.svg to the PNG sizes that windows, launchers and installers want.

Run it without arguments after a change to app.svg.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

ICONS = Path(__file__).resolve().parent.parent / "resources" / "icons"
SIZES = (16, 20, 24, 32, 48, 64, 128, 256, 512)


def render(renderer: QSvgRenderer, size: int) -> QImage:
    """Return the drawing as a transparent square of `size` pixels."""
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter)
    painter.end()
    return image


def main() -> int:
    """Write app-16.png to app-512.png beside app.svg; 1 when the drawing cannot be read or a file not be written."""
    application = QGuiApplication(sys.argv)
    renderer = QSvgRenderer(str(ICONS / "app.svg"))
    written = renderer.isValid() and all(render(renderer, size).save(str(ICONS / f"app-{size}.png")) for size in SIZES)
    del application
    return 0 if written else 1


if __name__ == "__main__":
    sys.exit(main())
