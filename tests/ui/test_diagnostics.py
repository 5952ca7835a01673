"""The Diagnostics page says what runs, and where the licences of what it is made of are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from loadbench_gui import __version__
from loadbench_gui.ui import text
from loadbench_gui.ui.pages.diagnostics import Diagnostics


def test_the_report_names_the_folder_of_licences_in_a_packaged_app(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notices").mkdir()
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path / "_internal"), raising=False)
    assert str(tmp_path / "notices") in Diagnostics().report()


def test_the_report_names_version_and_licences_from_source(qtbot: QtBot) -> None:
    report = Diagnostics().report()
    assert f"loadbench {__version__}" in report
    assert text.LICENCES_OF_PACKAGES in report
