"""Bars, sparklines, lines that fit, and their ASCII stand-ins."""

from __future__ import annotations

import pytest

from loadbench_gui.cli.terminal.glyphs import STAND_INS, bar, flow, meter, sparkline, stand_ins


@pytest.mark.parametrize(
    ("share", "drawn"),
    [(0.0, ""), (0.0001, "▏"), (0.5, "████"), (0.55, "████▍"), (1.0, "████████")],
)
def test_a_bar_is_as_long_as_its_share_and_shows_whatever_is_there(share: float, drawn: str) -> None:
    assert bar(share, 8) == drawn


def test_a_sparkline_spans_from_nothing_to_the_top() -> None:
    assert sparkline([0, 50, 100, 120], 100) == "▁▅██"
    assert sparkline([0, 0], 0) == "▁▁"


@pytest.mark.parametrize("share", [-1.0, 0.0, 0.4, 1.0, 2.0])
def test_a_meter_keeps_its_width(share: float) -> None:
    assert len(meter(share, 20)) == 20


def test_what_is_done_and_what_is_not_differ_in_colour() -> None:
    drawn = meter(0.5, 10)
    assert [(span.start, span.end, span.style) for span in drawn.spans] == [(0, 5, "green"), (5, 10, "dim")]
    assert not drawn.style


def test_parts_flow_into_lines_that_fit_and_are_never_broken() -> None:
    assert flow(["aaaa", "bbbb", "cccc"], 16) == ["  aaaa · bbbb", "  cccc"]
    assert flow(["a" * 30], 16) == ["  " + "a" * 30]
    assert flow([], 16) == []


def test_every_character_has_one_ascii_character_in_its_place() -> None:
    assert all(len(glyph) == len(plain) == 1 and plain.isascii() for glyph, plain in STAND_INS.items())


def test_only_what_an_encoding_lacks_is_replaced() -> None:
    assert stand_ins("utf-8") == {}
    assert "5 µs × █".translate(stand_ins("latin-1")) == "5 µs × #"
    assert "5 µs × █".translate(stand_ins("ascii")) == "5 us x #"
    assert "5 µs".translate(stand_ins("no-such-encoding")) == "5 us"
