"""What the colours and dashes of a chart mean: a swatch per deployment, for the title row of its card."""

from __future__ import annotations

from collections.abc import Sequence

from loadbench_gui.report.figures.scene import Item, Line, Scene, Size, Text, text_width
from loadbench_gui.report.palette import Role, series_dash, series_role

SWATCH_PX = 22.0
_HEIGHT = 16.0
_TEXT_PX = 12.0


def swatch(index: int) -> Scene:
    """Draw the line of the deployment at `index`, as it looks in every chart."""
    line = Line(1, 5, SWATCH_PX - 1, 5, series_role(index), 2.5, dash=series_dash(index))
    return Scene(Size(SWATCH_PX, 10), (line,), "")


def legend(entries: Sequence[tuple[int, str]]) -> Scene:
    """Draw (index, name) pairs in one row, as wide as they need."""
    items: list[Item] = []
    x = 0.0
    for index, name in entries:
        items.append(Line(x, 8, x + SWATCH_PX, 8, series_role(index), 2.5, dash=series_dash(index)))
        items.append(Text(x + SWATCH_PX + 6, 12, name, Role.MUTED, _TEXT_PX))
        x += SWATCH_PX + 6 + text_width(name, _TEXT_PX) + 16
    return Scene(Size(max(0.0, x - 16), _HEIGHT), tuple(items), "Legend", ", ".join(name for _, name in entries))
