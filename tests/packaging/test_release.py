"""The changelog is that of the version, and a release is not built from anything else."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date

import pytest
from installers import places, release

TODAY = date(2026, 12, 24)
POINT = "\n- It starts.\n"
MADE = f"# Changelog\n\n## Unreleased: 1.2.0\n{POINT}"
OUT = f"# Changelog\n\n## 1.2.0 (2026-12-24)\n{POINT}\n## 1.1.0 (2026-11-01)\n{POINT}"
BRANCH, TAG = "refs/heads/main", "refs/tags/v1.2.0"


def problems(text: str, ref: str) -> list[str]:
    return release.problems(text, "1.2.0", ref, TODAY)


@pytest.mark.parametrize(("text", "ref"), [(MADE, BRANCH), (MADE, ""), (OUT, BRANCH), (OUT, TAG)])
def test_a_good_one_has_no_problem(text: str, ref: str) -> None:
    assert problems(text, ref) == []


@pytest.mark.parametrize(
    ("text", "ref", "problem"),
    [
        ("# Changelog\n", "", "has no entry"),
        (MADE.replace("1.2.0", "1.3.0"), "", "the top of CHANGELOG.md is for 1.3.0, the program is 1.2.0"),
        (MADE.replace(POINT, ""), "", "says nothing about 1.2.0"),
        (f"{MADE}\n### Measuring\n\n### Installing\n{POINT}", "", 'nothing under "Measuring" of 1.2.0'),
        (MADE.replace("Unreleased: 1.2.0", "1.2.0"), "", 'neither "## Unreleased: VERSION" nor'),
        (OUT.replace("2026-12-24", "2026-13-24"), "", "month must be in 1..12"),
        (OUT.replace("2026-12-24", "2026-12-25"), "", "which is yet to come"),
        (OUT.replace("2026-12-24", "2026-10-31"), "", "1.2.0 came out before 1.1.0"),
        (MADE + MADE.partition("\n\n")[2].replace("1.2.0", "1.1.0"), "", "1.1.0 is not out, below 1.2.0"),
        (MADE, TAG, "1.2.0 is not out: give it its date"),
        (OUT, "refs/tags/v1.3.0", "the tag is v1.3.0, the program is 1.2.0"),
        (OUT, "refs/tags/1.2.0", "the tag of this version is v1.2.0"),
    ],
)
def test_what_is_wrong_is_named(text: str, ref: str, problem: str) -> None:
    (said,) = problems(text, ref)
    assert problem in said


def step(ref: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "installers", "release"],
        env={**os.environ, "PYTHONPATH": str(places.PACKAGING), "GITHUB_REF": ref},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_changelog_of_this_version_is_in_order() -> None:
    done = step("refs/heads/main")
    assert done.returncode == 0, done.stderr
    assert places.version() in done.stdout


def test_the_build_of_another_tag_is_refused() -> None:
    done = step("refs/tags/v999.0.0")
    assert done.returncode == 1
    assert "error: the tag is v999.0.0" in done.stderr
