"""The colours of the product, light and dark, and the dash that tells deployments apart without colour.

Figures and pages name a `Role`; only what finally paints (a browser, QPainter) turns it into a colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

Dash: TypeAlias = tuple[float, ...]
"""Lengths of stroke and gap in turn, in px; empty is solid."""


class Role(StrEnum):
    """What a colour is for. The value is the name of the CSS variable without its dashes in front."""

    BACKGROUND = "background"
    SURFACE = "surface"
    BORDER = "border"
    GRID = "grid"
    TEXT = "text"
    MUTED = "muted"
    ACCENT = "accent"
    SELECTED = "selected"
    GOOD = "good"
    WARNING = "warning"
    ERROR = "error"
    SERIES_0 = "series-0"
    SERIES_1 = "series-1"
    SERIES_2 = "series-2"
    SERIES_3 = "series-3"
    SERIES_4 = "series-4"
    SERIES_5 = "series-5"


SERIES: Final = (Role.SERIES_0, Role.SERIES_1, Role.SERIES_2, Role.SERIES_3, Role.SERIES_4, Role.SERIES_5)

DASHES: Final[tuple[Dash, ...]] = (
    (),
    (6.0, 4.0),
    (1.5, 3.0),
    (7.0, 3.0, 1.5, 3.0),
    (13.0, 4.0),
    (7.0, 3.0, 1.5, 3.0, 1.5, 3.0),
)
"""Solid, dash, dot, dash-dot, long dash, dash-dot-dot: in profile order."""


@dataclass(frozen=True, slots=True)
class Palette:
    """One scheme: every token as `#RRGGBB`; `series` in profile order of the deployments."""

    name: str
    background: str
    surface: str
    border: str
    grid: str
    text: str
    muted: str
    accent: str
    selected: str
    good: str
    warning: str
    error: str
    series: tuple[str, ...]

    def colour(self, role: Role) -> str:
        """Return the `#RRGGBB` of `role`."""
        if role in SERIES:
            return self.series[SERIES.index(role)]
        value: str = getattr(self, role.value)
        return value


LIGHT: Final = Palette(
    name="light",
    background="#F6F7F9",
    surface="#FFFFFF",
    border="#E2E5EA",
    grid="#ECEEF2",
    text="#1A1E23",
    muted="#5C6671",
    accent="#5546D6",
    selected="#F0EEFD",
    good="#15803D",
    warning="#9A3B00",
    error="#B91C1C",
    series=("#0072B2", "#C66A00", "#008F7A", "#B5438C", "#6B6F00", "#5B6B7B"),
)
DARK: Final = Palette(
    name="dark",
    background="#13161A",
    surface="#1B1F25",
    border="#2A3037",
    grid="#242A31",
    text="#E7EAEE",
    muted="#96A0AC",
    accent="#A79BFF",
    selected="#2A2645",
    good="#5FE08A",
    warning="#FF9A5C",
    error="#F87171",
    series=("#56A9E8", "#F0A93B", "#2CC7AE", "#E78AC0", "#C5C84A", "#A9B7C4"),
)


def series_role(index: int) -> Role:
    """Return the colour of the deployment at `index` in profile order; the seventh starts again from the first."""
    return SERIES[index % len(SERIES)]


def series_dash(index: int) -> Dash:
    """Return the dash of the deployment at `index`. It moves on by one each time the colours start again."""
    return DASHES[(index + index // len(SERIES)) % len(DASHES)]
