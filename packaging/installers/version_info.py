"""What Windows shows under an executable's properties: one text file for each, in the form that PyInstaller reads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from installers.places import BUILD, version

FOLDER: Final = BUILD / "windows"
ABOUT: Final = {
    "loadbench": "loadbench: load tests and comparisons of HTTP deployments, without a window",
    "loadbench-gui": "loadbench",
}
PUBLISHER: Final = "loadbench contributors"
# US English, Unicode: the numbers that a text table and its translation entry share.
LANGUAGE: Final = 0x0409
CODE_PAGE: Final = 1200


def numbers(text: str) -> tuple[int, int, int, int]:
    """Return a version as Windows counts: four numbers. What follows the digits, such as `.dev1` or `rc2`, is lost."""
    found = re.match(r"\d+(?:\.\d+)*", text)
    parts = [int(part) for part in found[0].split(".")[:4]] if found else []
    first, second, third, fourth = (*parts, 0, 0, 0, 0)[:4]
    return first, second, third, fourth


def text(name: str, release: str) -> str:
    """Return the version information of the executable called `name`."""
    strings = {
        "CompanyName": PUBLISHER,
        "FileDescription": ABOUT[name],
        "FileVersion": release,
        "InternalName": name,
        "LegalCopyright": "MIT licence; see the licences folder for what comes with it",
        "OriginalFilename": f"{name}.exe",
        "ProductName": "loadbench",
        "ProductVersion": release,
    }
    table = ", ".join(f"StringStruct({key!r}, {value!r})" for key, value in strings.items())
    return (
        "VSVersionInfo(\n"
        f"  ffi=FixedFileInfo(filevers={numbers(release)}, prodvers={numbers(release)}, mask=0x3F, flags=0x0,\n"
        "                    OS=0x40004, fileType=0x1, subtype=0x0, date=(0, 0)),\n"
        f"  kids=[StringFileInfo([StringTable('{LANGUAGE:04x}{CODE_PAGE:04x}', [{table}])]),\n"
        f"        VarFileInfo([VarStruct('Translation', [{LANGUAGE}, {CODE_PAGE}])])],\n"
        ")\n"
    )


def path(name: str) -> Path:
    """Return where the file for the executable called `name` is written; the spec reads it there."""
    return FOLDER / f"{name}.version.txt"


def main() -> int:
    """Write the file of each executable."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in ABOUT:
        path(name).write_text(text(name, version()), encoding="utf-8")
    print(f"version information {version()}: {', '.join(str(path(name).name) for name in ABOUT)} in {FOLDER}")
    return 0
