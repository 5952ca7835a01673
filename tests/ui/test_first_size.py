"""A window opens inside the screen it opens on, however small that is."""

from __future__ import annotations

from loadbench_gui.ui.theme import Theme
from loadbench_gui.ui.window import FRAME_SIZE, PREFERRED_SIZE, MainWindow


def test_it_takes_no_more_than_the_screen_has_and_no_less_than_its_pages_need(theme: Theme) -> None:
    window = MainWindow(theme)
    available = window.screen().availableSize() - FRAME_SIZE
    assert available.width() < PREFERRED_SIZE.width(), "or this screen shows nothing"
    window.resize(2_000, 2_000)
    window.resize_to_fit()
    assert window.size() == PREFERRED_SIZE.boundedTo(available).expandedTo(window.minimumSize())
    window.deleteLater()
