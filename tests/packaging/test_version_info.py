"""The version information of the Windows executables: what PyInstaller will evaluate, evaluated here."""

from __future__ import annotations

from typing import Any

import pytest
from installers import places, version_info


def parts(name: str) -> dict[str, Any]:
    """The text run with stand-ins for PyInstaller's classes, which need a module that only Windows has."""
    found: dict[str, Any] = {}

    def fixed(**values: object) -> None:
        found["fixed"] = values

    def table(language: str, entries: list[tuple[str, str]]) -> None:
        found["language"], found["strings"] = language, dict(entries)

    def translation(_name: str, codes: list[int]) -> None:
        found["translation"] = codes

    def node(*_: object, **__: object) -> None:
        pass

    names = {
        "VSVersionInfo": node, "StringFileInfo": node, "VarFileInfo": node, "FixedFileInfo": fixed,
        "StringTable": table, "StringStruct": lambda *pair: pair, "VarStruct": translation,
    }  # fmt: skip
    eval(version_info.text(name, places.version()), {"__builtins__": {}}, names)
    return found


@pytest.mark.parametrize("name", ["loadbench", "loadbench-gui"])
def test_an_executable_tells_its_name_and_the_one_version(name: str) -> None:
    found = parts(name)
    release = places.version()
    assert found["strings"]["OriginalFilename"] == f"{name}.exe"
    assert found["strings"]["FileVersion"] == found["strings"]["ProductVersion"] == release
    assert found["fixed"]["filevers"] == found["fixed"]["prodvers"] == version_info.numbers(release)
    # The table's name is the translation's two numbers in hexadecimal: otherwise Windows shows none of it.
    assert found["language"] == "".join(f"{number:04x}" for number in found["translation"])


@pytest.mark.parametrize(
    ("release", "numbers"),
    [("1.2.3", (1, 2, 3, 0)), ("0.1", (0, 1, 0, 0)), ("2.0.0rc1", (2, 0, 0, 0)), ("1.2.3.dev4+g1", (1, 2, 3, 0))],
)
def test_a_version_becomes_four_numbers(release: str, numbers: tuple[int, ...]) -> None:
    assert version_info.numbers(release) == numbers
