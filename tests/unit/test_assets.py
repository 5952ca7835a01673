"""Shipped files are found wherever the program runs from."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from loadbench_gui import assets
from loadbench_gui.errors import EnvironmentFault


def installed_at(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pretend that the package lies in `root`/src/loadbench_gui and return that folder."""
    package = root / "src" / "loadbench_gui"
    package.mkdir(parents=True)
    monkeypatch.setattr(assets, "__file__", str(package / "assets.py"))
    return package


@pytest.mark.parametrize("name", ["profiles", "resources"])
def test_a_source_checkout_has_both_folders_at_its_top(name: str) -> None:
    folder = assets.asset_dir(name)
    assert folder.is_dir()
    assert folder.name == name


def test_an_installed_wheel_carries_them_inside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = installed_at(tmp_path, monkeypatch)
    (package / "_data" / "profiles").mkdir(parents=True)
    assert assets.asset_dir("profiles") == package / "_data" / "profiles"


def test_a_frozen_app_carries_them_in_its_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bundle" / "resources").mkdir(parents=True)
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path / "bundle"), raising=False)
    assert assets.asset_dir("resources") == tmp_path / "bundle" / "resources"


def test_a_missing_folder_says_where_it_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = installed_at(tmp_path, monkeypatch)
    with pytest.raises(EnvironmentFault, match="the profiles folder that ships with loadbench is missing") as caught:
        assets.asset_dir("profiles")
    assert str(package / "_data" / "profiles") in caught.value.hint
    assert "Reinstall loadbench" in caught.value.hint


@pytest.mark.parametrize("place", ["notices", "Resources/notices"])
def test_a_packaged_app_has_the_licences_of_others_beside_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / place).mkdir(parents=True)
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path / "_internal"), raising=False)
    assert assets.notices_dir() == tmp_path / place


def test_from_source_there_is_no_folder_of_licences() -> None:
    assert assets.notices_dir() is None
