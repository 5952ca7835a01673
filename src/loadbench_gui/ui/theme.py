"""Colours and fonts of the window: an explicit palette per scheme, following the system or forced by a setting.

Fusion's own dark palette draws invisible fields, and a style sheet for the whole application would make every repaint
slower; so widgets ask this object for tokens and paint themselves. Unknown system schemes count as light.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Literal, TypeAlias

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from loadbench_gui.assets import asset_dir
from loadbench_gui.errors import EnvironmentFault
from loadbench_gui.report.palette import DARK, LIGHT, Palette, Role, series_dash, series_role

Choice: TypeAlias = Literal["system", "light", "dark"]


class Theme(QObject):
    """The scheme in force. `changed` is emitted after the application's palette has been replaced."""

    changed = Signal()

    def __init__(self, choice: Choice = "system") -> None:
        super().__init__()
        self._choice: Choice = choice
        self.palette = self._resolve()
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._system_changed)
        self.apply()

    @property
    def choice(self) -> Choice:
        """What the setting says."""
        return self._choice

    @property
    def dark(self) -> bool:
        """Whether the dark scheme is in force."""
        return self.palette is DARK

    def choose(self, choice: Choice) -> None:
        """Follow the system, or force a scheme."""
        self._choice = choice
        self._system_changed()

    def color(self, role: Role, alpha: float = 1.0) -> QColor:
        """Return the colour of a token, with an opacity of its own where wanted."""
        color = QColor(self.palette.colour(role))
        color.setAlphaF(alpha)
        return color

    def series(self, index: int, alpha: float = 1.0) -> QColor:
        """Return the colour of the deployment at `index` in profile order; -1 is the generator, grey."""
        return self.color(Role.MUTED if index < 0 else series_role(index), alpha)

    @property
    def on_accent(self) -> QColor:
        """The colour of words on the accent: white on the light scheme's, dark on the dark one's."""
        return self.color(Role.BACKGROUND if self.dark else Role.SURFACE)

    def _resolve(self) -> Palette:
        if self._choice == "system":
            dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
        else:
            dark = self._choice == "dark"
        return DARK if dark else LIGHT

    def _system_changed(self) -> None:
        palette = self._resolve()
        if palette is not self.palette:
            self.palette = palette
            self.apply()
            self.changed.emit()

    def apply(self) -> None:
        """Make this scheme the application's palette; a style that is set later would bring its own."""
        QApplication.setPalette(qt_palette(self))


def dash_of(index: int, width: float = 1.0) -> list[float]:
    """Return the dash of the deployment at `index` in profile order, in units of a pen `width` px wide.

    Index -1 is the generator: fine dots.
    """
    return [length / width for length in ((1.0, 2.0) if index < 0 else series_dash(index))]


def qt_palette(theme: Theme) -> QPalette:
    """Build the application's palette from the tokens, disabled group included."""
    role = QPalette.ColorRole
    palette = QPalette()
    for target, token in (
        (role.Window, Role.BACKGROUND),
        (role.WindowText, Role.TEXT),
        (role.Base, Role.SURFACE),
        (role.AlternateBase, Role.BACKGROUND),
        (role.Text, Role.TEXT),
        (role.Button, Role.SURFACE),
        (role.ButtonText, Role.TEXT),
        (role.BrightText, Role.SURFACE),
        (role.Highlight, Role.SELECTED),
        (role.HighlightedText, Role.TEXT),
        (role.Link, Role.ACCENT),
        (role.LinkVisited, Role.ACCENT),
        (role.ToolTipBase, Role.SURFACE),
        (role.ToolTipText, Role.TEXT),
        (role.PlaceholderText, Role.MUTED),
        (role.Light, Role.SURFACE),
        (role.Midlight, Role.GRID),
        (role.Mid, Role.BORDER),
        (role.Dark, Role.BORDER),
        (role.Shadow, Role.BORDER),
        (role.Accent, Role.ACCENT),
    ):
        palette.setColor(target, theme.color(token))
    for target in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, target, theme.color(Role.MUTED, 0.55))
    return palette


_TNUM = QFont.Tag("tnum")


def font(pixels: int = 13, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """Return the interface font at `pixels`, with tabular figures."""
    made = QFont(QGuiApplication.font())
    made.setPixelSize(pixels)
    made.setWeight(weight)
    made.setFeature(_TNUM, 1)
    return made


def code_font(pixels: int = 12) -> QFont:
    """Return the monospace font for commands and code."""
    families = set(QFontDatabase.families())
    for family in ("JetBrains Mono", "DejaVu Sans Mono"):
        if family in families:
            made = QFont(family)
            break
    else:
        made = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    made.setPixelSize(pixels)
    return made


def install_fonts(extra: Path | None = None) -> None:
    """Load the fonts that ship with loadbench (or lie in `extra`) and make the interface font the default one.

    The first bundled family without "mono" in its name wins; without one, the system's own interface font stays.
    """
    folders = [extra] if extra else []
    with contextlib.suppress(EnvironmentFault):
        folders.append(asset_dir("resources") / "fonts")
    families: list[str] = []
    for folder in folders:
        for file in sorted(p for p in folder.rglob("*") if p.suffix in (".ttf", ".otf")):
            families += QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(file)))
    chosen = next((f for f in families if "mono" not in f.lower()), None)
    base = QFont(chosen) if chosen else QFont(QGuiApplication.font())
    base.setPixelSize(13)
    base.setFeature(_TNUM, 1)
    QApplication.setFont(base)
