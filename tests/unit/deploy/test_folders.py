from __future__ import annotations

from pathlib import Path

import pytest

from loadbench_gui.deploy.folders import RUNTIME_DIR_VARIABLE, lock_path, runtime_dir
from loadbench_gui.errors import EnvironmentFault


def test_a_chosen_folder_is_made_and_holds_records_and_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RUNTIME_DIR_VARIABLE, str(tmp_path / "new"))

    assert runtime_dir() == tmp_path / "new"
    assert runtime_dir().is_dir()
    assert lock_path().parent == tmp_path / "new"


def test_without_a_choice_it_is_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(RUNTIME_DIR_VARIABLE, raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    assert tmp_path in runtime_dir().parents
    assert tmp_path not in lock_path().parents, "all users of a machine share the lock"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(RUNTIME_DIR_VARIABLE, str(tmp_path / "file" / "below"))

    with pytest.raises(EnvironmentFault) as caught:
        runtime_dir()

    assert f"cannot write to the runtime folder {tmp_path / 'file' / 'below'}" in caught.value.message
    assert RUNTIME_DIR_VARIABLE in caught.value.hint
