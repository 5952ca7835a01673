"""What loadbench says about broken profiles, word by word: each `.toml` beside the `.txt` that it must produce."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadbench_gui.errors import ExitCode
from loadbench_gui.profile.loader import load
from loadbench_gui.profile.problems import ProfileError

CASES = sorted((Path(__file__).parent / "profile_errors").glob("*.toml"))


@pytest.mark.parametrize("profile", CASES, ids=lambda path: path.stem)
def test_a_broken_profile_is_explained_in_these_words(profile: Path) -> None:
    with pytest.raises(ProfileError) as caught:
        load(profile)

    assert f"{caught.value}\n" == profile.with_suffix(".txt").read_text("utf-8")
    assert caught.value.exit_code is ExitCode.USAGE


def test_every_case_is_still_there() -> None:
    assert len(CASES) >= 9
    assert {path.stem for path in CASES} == {path.stem for path in CASES[0].parent.glob("*.txt")}
