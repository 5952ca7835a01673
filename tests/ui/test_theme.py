from __future__ import annotations

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from loadbench_gui.report.palette import DARK, LIGHT, Role
from loadbench_gui.ui.theme import Theme, dash_of, font


def test_an_unknown_scheme_of_the_system_counts_as_light(qapp: QApplication) -> None:
    assert Theme("system").palette is LIGHT


def test_a_forced_scheme_replaces_the_palette_of_the_application(qapp: QApplication, qtbot: QtBot) -> None:
    theme = Theme("light")
    with qtbot.waitSignal(theme.changed):
        theme.choose("dark")
    assert theme.palette is DARK
    assert qapp.palette().color(QPalette.ColorRole.Window) == theme.color(Role.BACKGROUND)
    assert qapp.palette().color(QPalette.ColorRole.Text) == theme.color(Role.TEXT)
    theme.choose("light")
    assert qapp.palette().color(QPalette.ColorRole.Window) == theme.color(Role.BACKGROUND)


def test_there_is_no_style_sheet_for_the_whole_application(qapp: QApplication) -> None:
    assert qapp.styleSheet() == ""


def test_deployments_differ_by_dash_and_the_generator_has_its_own(qapp: QApplication) -> None:
    dashes = [tuple(dash_of(i)) for i in range(-1, 6)]
    assert len(set(dashes)) == len(dashes)


def test_figures_are_tabular_in_the_bundled_font(qapp: QApplication) -> None:
    from PySide6.QtGui import QFontMetricsF

    assert font().family() == "Inter"
    widths = {round(QFontMetricsF(font(24)).horizontalAdvance(digit), 3) for digit in "0123456789"}
    assert len(widths) == 1
