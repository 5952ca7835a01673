"""Where every file of the frozen app comes from. A file of unknown origin stops the build: nobody read its licence."""

from __future__ import annotations

import sys
import sysconfig
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Final

from installers import places
from installers.licensing import packages, system_libraries
from installers.licensing.component import TEXTS, Component, Kind, Text, UnshippableError, problems, standard_texts

INTERNAL: Final = "_internal"
NOTICES: Final = "notices"
OURS: Final = ("loadbench_gui/", "profiles/", "resources/")
# PyInstaller's own files inside the app.
STARTER: Final = ("_pyi_rth_utils/", "pyi_rth_", "pyimod")


class Source(Enum):
    """The kinds of origin."""

    OURS = "ours"
    PACKAGE = "package"
    PYTHON = "python"
    SYSTEM = "system"
    STARTER = "starter"
    METADATA = "metadata"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Origin:
    """Where one file comes from; `package` is its name in the map of owners, for files of packages."""

    source: Source
    package: str = ""


def origin(file: str, owners: Mapping[str, str], standard: Iterable[Path]) -> Origin:
    """Say where a file inside the app comes from, by its path relative to the app's inner folder.

    `owners` maps files of installed packages to the packages' names; `standard` are the folders of Python's own.
    """
    source = file[:-1] if file.endswith(".pyc") else file
    top, name = source.partition("/")[0], source.rpartition("/")[2]
    if top.endswith((".dist-info", ".egg-info")):
        return Origin(Source.METADATA)
    if file.startswith(OURS):
        return Origin(Source.OURS)
    if source in owners:
        return Origin(Source.PACKAGE, owners[source])
    if source.startswith(STARTER):
        return Origin(Source.STARTER)
    if system_libraries.known(name) and "/" not in file:
        return Origin(Source.SYSTEM)
    is_python = (
        "/lib-dynload/" in f"/{file}"
        or name.lower().startswith(("libpython3", "python3"))
        or source in {"Python", "base_library.zip"}
        or any((folder / source).exists() for folder in standard)
    )
    return Origin(Source.PYTHON if is_python else Source.UNKNOWN)


def components(folder: Path) -> list[Component]:
    """Return everything that ships in the frozen app; raises `UnshippableError` with all that stands against it."""
    by_name = packages.installed()
    names = packages.owners(by_name)
    inner = folder / INTERNAL
    standard = (
        Path(sysconfig.get_path("stdlib")),
        Path(sysconfig.get_path("platstdlib")),
        Path(sys.base_prefix, "DLLs"),
    )
    files = sorted(path.relative_to(inner).as_posix() for path in inner.rglob("*") if path.is_file())
    origins = {file: origin(file, names, standard) for file in files}
    unknown = [file for file, found in origins.items() if found.source is Source.UNKNOWN]
    used = sorted({found.package for found in origins.values() if found.source is Source.PACKAGE})
    carried = [file for file, found in origins.items() if found.source is Source.SYSTEM]
    found = [_program(), _python(), _starter(), *_fonts()]
    for name in used:
        libraries = [
            file.rpartition("/")[2]
            for file, where in origins.items()
            if where.package == name and packages.is_wheel_library(file)
        ]
        found += [packages.described(by_name[name]), *packages.inside(by_name[name], libraries)]
    found += [system_libraries.described(inner / file) for file in carried]
    if any("PySide6" in name for name in used):
        found.append(_qt(by_name))
    found += _parts({component.name for component in found})
    unique = {component.key: component for component in found}
    wrong = [f"{file}: belongs to no package that is installed here, nor to Python." for file in unknown]
    wrong += problems(unique.values())
    if wrong:
        raise UnshippableError("\n".join(wrong))
    return sorted(unique.values(), key=lambda component: component.key)


def unused_metadata(folder: Path) -> list[Path]:
    """Return metadata folders in the app of packages none of whose files are in it: remnants of what was not needed."""
    owned = packages.owners(packages.installed())
    inner = folder / INTERNAL
    used = set()
    for path in inner.rglob("*"):
        file = path.relative_to(inner).as_posix()
        owner = owned.get(file[:-1] if file.endswith(".pyc") else file)
        if owner and not file.partition("/")[0].endswith(".dist-info"):
            used.add(packages.normalised(owner))
    used.add("loadbench")
    return [
        path
        for path in sorted(inner.glob("*.dist-info"))
        if packages.normalised(path.name.partition("-")[0]) not in used
    ]


def _program() -> Component:
    return Component(
        name="loadbench",
        version=places.version(),
        kind=Kind.PROGRAM,
        licence="MIT",
        purl=f"pkg:pypi/loadbench@{places.version()}",
        texts=(Text(places.ROOT / "LICENSE", "LICENSE.txt"),),
    )


def _python() -> Component:
    version = sys.version.partition(" ")[0]
    candidates = (Path(sysconfig.get_path("stdlib"), "LICENSE.txt"), Path(sys.base_prefix, "LICENSE.txt"))
    # Debian keeps it with the documentation.
    debian = Path("/usr/share/doc", f"python{version.rpartition('.')[0]}", "copyright")
    text = next((path for path in (*candidates, debian) if path.is_file()), None)
    return Component(
        name="CPython",
        version=version,
        kind=Kind.RUNTIME,
        licence="PSF-2.0",
        purl=f"pkg:generic/cpython@{version}",
        homepage="https://www.python.org",
        texts=(Text(text, "LICENSE.txt"),) if text else (),
    )


def _starter() -> Component:
    installed = packages.described(distribution("pyinstaller"))
    return replace(installed, name="PyInstaller", homepage="https://github.com/pyinstaller/pyinstaller")


def _fonts() -> Iterator[Component]:
    folder = places.ROOT / "resources" / "fonts"
    for text in sorted(folder.glob("*-LICENSE.txt")):
        name = text.name.removesuffix("-LICENSE.txt")
        yield Component(
            name=f"{name} (font)",
            version="",
            kind=Kind.FONT,
            licence="OFL-1.1",
            copyright=text.read_text(encoding="utf-8").partition("\n")[0].strip(),
            texts=(Text(text, text.name),),
        )


def _qt(by_name: Mapping[str, Distribution]) -> Component:
    from PySide6.QtCore import qVersion

    version = qVersion()
    around = next(package for name, package in by_name.items() if name.lower().startswith("pyside6"))
    return Component(
        name="Qt",
        version=version,
        kind=Kind.FRAMEWORK,
        licence=packages.field(around, "License"),
        purl=f"pkg:generic/qt@{version}",
        copyright="Copyright The Qt Company Ltd. and other contributors",
        homepage="https://code.qt.io/cgit/qt/qt5.git",
        texts=standard_texts("LGPL-3.0-only"),
    )


def _parts(shipped: set[str]) -> Iterator[Component]:
    table = tomllib.loads((TEXTS / "parts.toml").read_text(encoding="utf-8"))
    for part in table["part"]:
        if part["of"] in shipped:
            yield Component(
                name=part["name"],
                version="",
                kind=Kind.PART,
                licence=part["licence"],
                copyright=part["copyright"],
                texts=standard_texts(part["licence"]),
                inside=part["of"],
            )
