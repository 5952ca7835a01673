"""Bars and sparklines out of characters, lines that fit, and what stands for a character that cannot be shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.text import Text

EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
HEIGHTS: Final = "▁▂▃▄▅▆▇█"
WIDEST: Final = 100
"""Columns beyond which nothing is drawn: an eye does not follow a line across a whole screen."""

STAND_INS: Final = {
    "\u202f": " ", "\u2212": "-", "–": "-", "×": "x", "·": "|", "µ": "u", "…": ".", "→": ">", "✓": "+", "✗": "x",
    "│": "|", "▏": ".", "▎": ".", "▍": ".", "▌": "#", "▋": "#", "▊": "#", "▉": "#", "█": "#",
    "▁": "_", "▂": ".", "▃": ":", "▄": "-", "▅": "=", "▆": "+", "▇": "*", "━": "=", "╸": "-", "╺": "-", "─": "-",
}  # fmt: skip
"""One ASCII character for each of ours, so that columns stay where they are. `█` ends bars and sparklines alike."""


def stand_ins(encoding: str) -> dict[int, str]:
    """Return the table for `str.translate` that spells what `encoding` lacks."""
    return {ord(glyph): plain for glyph, plain in STAND_INS.items() if not _has(encoding, glyph)}


def _has(encoding: str, glyph: str) -> bool:
    try:
        glyph.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def bar(share: float, width: int) -> str:
    """Return a bar of `share` (0 to 1) of `width` columns, to an eighth of a column; something always shows."""
    eighths = max(1, round(share * width * 8)) if share > 0 else 0
    full, rest = divmod(eighths, 8)
    return "█" * full + (EIGHTHS[rest] if rest else "")


def sparkline(values: Sequence[float], top: float) -> str:
    """Return one character a value, from nothing to `top`."""
    steps = len(HEIGHTS) - 1
    return "".join(
        HEIGHTS[min(steps, max(0, round(value / top * steps)))] if top > 0 else HEIGHTS[0] for value in values
    )


def meter(share: float, width: int) -> Text:
    """Return a line of `width` columns that is done to `share`, told apart by colour where there is one."""
    done = round(min(1.0, max(0.0, share)) * width)
    return Text.assemble(("━" * done, "green"), ("─" * (width - done), "dim"))


def flow(parts: Iterable[str], width: int, indent: str = "  ") -> list[str]:
    """Join parts by dots into lines of at most `width` columns; a part is never broken."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(part) + 3 <= width:
            lines[-1] += f" · {part}"
        else:
            lines.append(indent + part)
    return lines
