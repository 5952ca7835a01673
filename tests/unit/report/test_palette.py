from __future__ import annotations

import re

import pytest

from loadbench_gui.report.palette import DARK, DASHES, LIGHT, SERIES, Palette, Role, series_dash, series_role


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=lambda p: p.name)
def test_every_role_is_a_colour(palette: Palette) -> None:
    assert all(re.fullmatch("#[0-9A-F]{6}", palette.colour(role)) for role in Role)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=lambda p: p.name)
def test_every_series_stands_out_from_its_surface(palette: Palette) -> None:
    assert min(contrast(colour, palette.surface) for colour in palette.series) >= 3.8


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=lambda p: p.name)
def test_text_and_status_colours_can_be_read(palette: Palette) -> None:
    roles = (Role.TEXT, Role.MUTED, Role.GOOD, Role.WARNING, Role.ERROR, Role.ACCENT)
    assert min(contrast(palette.colour(role), palette.surface) for role in roles) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=lambda p: p.name)
def test_a_series_never_uses_a_status_colour(palette: Palette) -> None:
    assert not {palette.good, palette.warning, palette.error} & set(palette.series)


def test_dashes_tell_the_first_six_apart() -> None:
    assert len({series_dash(i) for i in range(6)}) == len(DASHES) == len(SERIES) == 6


def test_colour_and_dash_together_tell_many_more_apart() -> None:
    assert len({(series_role(i), series_dash(i)) for i in range(30)}) == 30
