"""The source archive builds the same wheel as the repository, and carries what testing and packaging take."""

from __future__ import annotations

import tarfile
from pathlib import Path

from distributions import ROOT, build, in_sdist, in_wheel

LEFT_OUT = ("docs/screenshots/", ".ci/", ".github/")
# A few times what it is; a build that slips in is larger.
LIMIT_BYTES = 3 * 1024 * 1024


def test_it_builds_the_same_wheel_as_the_repository(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    again = build(source, "wheel", tmp_path)
    assert again.name == wheel.name
    assert in_wheel(again) == in_wheel(wheel)


def test_it_holds_what_is_under_version_control_without_the_pictures(sdist: Path, clean_checkout: Path) -> None:
    files = (path.relative_to(clean_checkout).as_posix() for path in clean_checkout.rglob("*") if path.is_file())
    expected = {name for name in files if not name.startswith(LEFT_OUT)}
    assert in_sdist(sdist).keys() == expected | {"PKG-INFO"}
    assert sdist.stat().st_size < LIMIT_BYTES


def test_no_path_of_the_machine_that_built_it_is_inside(sdist: Path, clean_checkout: Path) -> None:
    for name, content in in_sdist(sdist).items():
        assert str(clean_checkout).encode() not in content, name
        assert str(ROOT).encode() not in content, name
