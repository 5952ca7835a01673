"""The wheel carries everything the program needs, and nothing of where it was built."""

from __future__ import annotations

from email import message_from_bytes
from pathlib import Path

from distributions import ROOT, in_wheel
from loadbench_gui import __version__


def test_profiles_resources_and_migrations_are_inside(wheel: Path) -> None:
    names = in_wheel(wheel).keys()
    for needed in (
        "loadbench_gui/_data/profiles/first-look.toml",
        "loadbench_gui/_data/resources/deployments/sanic/app.py",
        "loadbench_gui/_data/resources/report/report.html.j2",
        "loadbench_gui/store/migrations/0001_history.sql",
        "loadbench_gui/py.typed",
    ):
        assert needed in names


def test_it_holds_the_package_and_its_data_and_nothing_else(wheel: Path, clean_checkout: Path) -> None:
    def below(folder: str, name: str) -> set[str]:
        files = (path for path in (clean_checkout / folder).rglob("*") if path.is_file())
        return {f"{name}/{path.relative_to(clean_checkout / folder).as_posix()}" for path in files}

    expected = below("src/loadbench_gui", "loadbench_gui")
    expected |= below("profiles", "loadbench_gui/_data/profiles") | below("resources", "loadbench_gui/_data/resources")
    metadata = f"loadbench-{__version__}.dist-info"
    names = in_wheel(wheel).keys()
    assert {name for name in names if not name.startswith(f"{metadata}/")} == expected
    assert f"{metadata}/licenses/LICENSE" in names


def test_no_path_of_the_machine_that_built_it_is_inside(wheel: Path, clean_checkout: Path) -> None:
    for name, content in in_wheel(wheel).items():
        assert str(clean_checkout).encode() not in content, name
        assert str(ROOT).encode() not in content, name


def test_its_metadata_say_what_it_is(wheel: Path) -> None:
    metadata = message_from_bytes(in_wheel(wheel)[f"loadbench-{__version__}.dist-info/METADATA"])
    assert (metadata["Name"], metadata["Version"]) == ("loadbench", __version__)
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"
