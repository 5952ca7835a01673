"""The icons and fonts that ship with the program are whole and of one make."""

from __future__ import annotations

import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest

from loadbench_gui.assets import asset_dir

ICONS = asset_dir("resources") / "icons"
FONTS = asset_dir("resources") / "fonts"
LINE_ICONS = sorted(path for path in ICONS.glob("*.svg") if path.stem != "app")


@pytest.mark.parametrize("path", LINE_ICONS, ids=lambda path: path.stem)
def test_a_line_icon_takes_the_colour_of_its_surroundings(path: Path) -> None:
    drawing = ElementTree.parse(path).getroot()
    expected = {"viewBox": "0 0 24 24", "fill": "none", "stroke": "currentColor", "stroke-width": "1.75"}
    assert {name: drawing.get(name) for name in expected} == expected
    assert len(drawing) > 0


@pytest.mark.parametrize("name", ["home", "profile", "live", "compare", "history", "settings"])
def test_every_place_on_the_rail_has_an_icon(name: str) -> None:
    assert ICONS / f"{name}.svg" in LINE_ICONS


@pytest.mark.parametrize("size", [16, 20, 24, 32, 48, 64, 128, 256, 512])
def test_the_program_icon_is_rendered_in_every_size(size: int) -> None:
    head = (ICONS / f"app-{size}.png").read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", head[16:24]) == (size, size)


def test_each_font_travels_with_its_licence() -> None:
    families = {path.name.split("-")[0] for path in FONTS.glob("*.ttf")}
    assert families == {"Inter", "JetBrainsMono"}
    for family in families:
        assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS / f"{family}-LICENSE.txt").read_text()
