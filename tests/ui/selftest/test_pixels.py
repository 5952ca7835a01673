"""Colours are found in thin and antialiased lines, and not where they are not."""

from __future__ import annotations

import numpy as np

from loadbench_gui.report.palette import LIGHT
from loadbench_gui.ui.selftest.pixels import Pixels, painted


def blank() -> Pixels:
    return np.full((50, 80, 3), 255, np.uint8)


def rgb(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def test_a_line_is_counted_for_its_colour_alone() -> None:
    picture = blank()
    picture[20, :, :] = rgb(LIGHT.series[1])
    assert painted(picture, LIGHT.surface, LIGHT.series[:3]) == dict(zip(LIGHT.series[:3], (0, 80, 0), strict=True))


def test_a_line_between_two_rows_is_found_and_a_faint_one_is_not() -> None:
    picture = blank()
    half = (np.array(rgb(LIGHT.series[0])) + 255) // 2
    picture[20:22, :, :] = half
    assert painted(picture, LIGHT.surface, LIGHT.series[:3])[LIGHT.series[0]] == 160
    picture[20:22, :, :] = (np.array(rgb(LIGHT.series[0])) + 255 * 3) // 4
    assert painted(picture, LIGHT.surface, LIGHT.series[:3])[LIGHT.series[0]] == 0


def test_text_and_other_colours_are_nobodys() -> None:
    picture = blank()
    picture[:10], picture[10:20], picture[20:30] = rgb(LIGHT.text), rgb(LIGHT.error), rgb(LIGHT.accent)
    colours = (LIGHT.text, LIGHT.error, *LIGHT.series[:3])
    found = painted(picture, LIGHT.surface, colours)
    assert [found[colour] for colour in LIGHT.series[:3]] == [0, 0, 0]
