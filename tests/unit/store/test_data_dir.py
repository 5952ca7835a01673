"""Where the history lives: the option, the variable, the platform, in that order."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from loadbench_gui.errors import EnvironmentFault
from loadbench_gui.store.data_dir import data_dir, prepare


def test_the_option_wins_over_the_variable(tmp_path: Path) -> None:
    assert data_dir(tmp_path / "a", {"LOADBENCH_DATA_DIR": str(tmp_path / "b")}) == tmp_path / "a"


def test_the_variable_wins_over_the_platform(tmp_path: Path) -> None:
    assert data_dir(None, {"LOADBENCH_DATA_DIR": str(tmp_path / "b")}) == tmp_path / "b"


@pytest.mark.parametrize("environ", [{}, {"LOADBENCH_DATA_DIR": ""}])
def test_without_either_it_is_the_platforms_folder(environ: dict[str, str]) -> None:
    assert data_dir(None, environ) == platformdirs.user_data_path("loadbench", appauthor=False)


def test_a_relative_folder_and_the_home_sign_become_absolute() -> None:
    assert data_dir(Path("here"), {}) == Path.cwd() / "here"
    assert data_dir(Path("~/there"), {}) == Path.home() / "there"


def test_the_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    assert prepare(tmp_path / "a" / "b").is_dir()


def test_a_file_in_its_place_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(EnvironmentFault, match="is a file, not a folder") as caught:
        prepare(tmp_path / "taken")
    assert "--data-dir or LOADBENCH_DATA_DIR" in caught.value.hint


def test_a_folder_below_a_file_is_refused_the_same_way(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(EnvironmentFault, match="cannot use the data folder"):
        prepare(tmp_path / "taken" / "below")
