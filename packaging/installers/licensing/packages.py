"""Python packages as components: whose file is whose, on what terms, and where the texts of those terms lie."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Final

from installers.licensing import spdx
from installers.licensing.component import Component, Kind, Text, standard_texts

# What metadata leaves open ("BSD", a whole text, nothing), or leaves out; read in the packages' own licence files.
STATED: Final = {
    "colorama": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    # Its colour maps are other people's.
    "pyqtgraph": "MIT AND CC-BY-4.0 AND CC0-1.0",
    "pyinstaller": "GPL-2.0-or-later WITH Bootloader-exception",
    "scipy": "BSD-3-Clause",
    "tracerite": "LicenseRef-Public-Domain",
}

# Libraries that wheels carry beside their own modules, by the beginning of the file's name. Their texts are in the
# licence file of the wheel.
INSIDE_WHEELS: Final = {
    "libgfortran": ("GCC Fortran run-time library", "GPL-3.0-or-later WITH GCC-exception-3.1"),
    "libgcc_s": ("GCC low-level run-time library", "GPL-3.0-or-later WITH GCC-exception-3.1"),
    "libquadmath": ("GCC quad-precision math library", "LGPL-2.1-or-later"),
    "libscipy_openblas": ("OpenBLAS", "BSD-3-Clause AND BSD-3-Clause-Open-MPI"),
    "msvcp140": ("Microsoft C++ run-time library", "LicenseRef-Microsoft-Runtime"),
}

_LICENCE_FILE: Final = re.compile(r"licen[cs]e|copying|notice|authors|legal code", re.IGNORECASE)
_PLAIN: Final = frozenset({"", ".txt", ".md", ".rst", ".mit", ".apache", ".bsd", ".markdown-it"})
_HOME: Final = ("source", "source code", "repository", "homepage", "github")


def normalised(name: str) -> str:
    """A package's name as indexes write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def field(distribution: Distribution, name: str) -> str:
    """Return one field of a package's metadata, "" when it has none."""
    return str(next(iter(distribution.metadata.get_all(name) or ()), ""))


def installed() -> dict[str, Distribution]:
    """Return the packages of the environment that builds, by name."""
    return {each.metadata["Name"]: each for each in distributions()}


def owners(packages: Mapping[str, Distribution]) -> dict[str, str]:
    """Return for each file of the packages, relative to where packages lie, the package's name."""
    found: dict[str, str] = {}
    for name, package in packages.items():
        for file in package.files or ():
            found.setdefault(file.as_posix(), name)
    return found


def described(distribution: Distribution) -> Component:
    """Return a package as a component."""
    name = distribution.metadata["Name"]
    licence = STATED.get(normalised(name)) or spdx.spoken(
        field(distribution, "License-Expression"),
        field(distribution, "License"),
        distribution.metadata.get_all("Classifier") or (),
    )
    texts = tuple(_texts(distribution)) or standard_texts(licence or "")
    return Component(
        name=name,
        version=distribution.version,
        kind=Kind.PACKAGE,
        licence=licence or "",
        purl=f"pkg:pypi/{normalised(name)}@{distribution.version}",
        homepage=_homepage(distribution),
        texts=texts,
    )


def inside(distribution: Distribution, libraries: list[str]) -> Iterator[Component]:
    """Yield what is in a package without being its own: the libraries of its wheel and, of Rust ones, their crates.

    `libraries` are names of files; one that the table does not know is yielded without a licence.
    """
    around = distribution.metadata["Name"]
    for file in sorted(libraries):
        known = next((known for start, known in INSIDE_WHEELS.items() if file.startswith(start)), (file, ""))
        yield Component(
            name=known[0],
            version="",
            kind=Kind.PART,
            licence=known[1],
            texts=(*(text for text in _texts(distribution) if text.name == "LICENSE.txt"), *standard_texts(known[1])),
            inside=around,
        )
    for bill in distribution.files or ():
        if "sboms" in bill.parts and bill.suffix == ".json":
            yield from _crates(Path(str(distribution.locate_file(bill))), around)


def is_wheel_library(file: str) -> bool:
    """Whether a file is a library that a wheel carries beside its own modules."""
    parts = file.split("/")
    return parts[0].endswith(".libs") or ".dylibs" in parts or "_libs" in parts[:1]


def _crates(bill: Path, around: str) -> Iterator[Component]:
    for entry in json.loads(bill.read_text(encoding="utf-8")).get("components", ()):
        stated = [each.get("expression") or each.get("license", {}).get("id", "") for each in entry.get("licenses", ())]
        licence = " AND ".join(f"({each})" if " " in each else each for each in stated if each)
        licence = licence[1:-1] if len(stated) == 1 and licence.startswith("(") and licence.count("(") == 1 else licence
        yield Component(
            name=entry["name"],
            version=entry.get("version", ""),
            kind=Kind.PART,
            licence=licence,
            purl=entry.get("purl", ""),
            texts=standard_texts(licence),
            inside=around,
        )


def _texts(distribution: Distribution) -> Iterator[Text]:
    """Yield a package's licence files: those of its metadata, and of data that is under terms of its own."""
    for file in distribution.files or ():
        metadata = file.parts[0].endswith(".dist-info")
        wanted = _LICENCE_FILE.search(file.name) and (metadata or "licen" in file.name.lower() or "legal" in file.name)
        if wanted and file.suffix.lower() in _PLAIN and ".." not in file.parts:
            parts = [part for part in file.parts[1:] if part != "licenses"] if metadata else [file.name]
            yield Text(Path(str(distribution.locate_file(file))), "-".join(parts).replace(" ", "-"))


def _homepage(distribution: Distribution) -> str:
    stated = (text.partition(",") for text in distribution.metadata.get_all("Project-URL") or ())
    links = {label.strip().lower(): url.strip() for label, _, url in stated}
    return next((links[label] for label in _HOME if label in links), field(distribution, "Home-page"))
