"""What loadbench says about broken profiles, word by word: each `.toml` beside the `.txt` that it must produce.

After a change of words on purpose, write the texts anew, and read the difference before committing it:

    REWRITE_GOLDEN=1 pytest tests/golden/test_profile_errors.py
"""

from __future__ import annotations

import os
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

    if os.environ.get("REWRITE_GOLDEN"):
        profile.with_suffix(".txt").write_text(f"{caught.value}\n", encoding="utf-8")
    assert f"{caught.value}\n" == profile.with_suffix(".txt").read_text("utf-8")
    assert caught.value.exit_code is ExitCode.USAGE


def test_every_case_is_still_there() -> None:
    assert len(CASES) >= 9
    assert {path.stem for path in CASES} == {path.stem for path in CASES[0].parent.glob("*.txt")}
