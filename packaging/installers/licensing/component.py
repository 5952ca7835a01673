"""One thing that ships: what it is called, whose it is, and on what terms. Bill and notices are made of these."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from installers.licensing import spdx
from installers.places import PACKAGING

TEXTS = PACKAGING / "licences"


class Kind(Enum):
    """What a component is: the name is ours, the value CycloneDX's."""

    PROGRAM = "application"
    PACKAGE = "library"
    FRAMEWORK = "framework"
    RUNTIME = "platform"
    FONT = "data"
    PART = "file"


class UnshippableError(Exception):
    """Something was collected that must not ship as things are; says what, and what would have to be done."""


@dataclass(frozen=True)
class Text:
    """A licence text: the file it lies in now and the name it gets among the notices."""

    path: Path
    name: str


@dataclass(frozen=True)
class Component:
    """One shipped thing."""

    name: str
    version: str
    kind: Kind
    licence: str  # SPDX expression
    purl: str = ""
    copyright: str = ""
    homepage: str = ""
    texts: tuple[Text, ...] = ()
    inside: str = ""  # the component that it is compiled into

    @property
    def key(self) -> tuple[str, str, str]:
        """Order in every list."""
        return (self.name.lower(), self.version, self.inside)


# The LGPL 3 is the GPL 3 with further permissions: one cannot be read without the other.
READS_ON = {"LGPL-3.0-only": "GPL-3.0-only"}


def standard_texts(licence: str) -> tuple[Text, ...]:
    """Return the texts kept here for the way in which we comply with `licence`; an exception only allows more."""
    names = [each.partition(" WITH ")[0] for each in spdx.chosen(licence) or ()]
    names += [READS_ON[name] for name in names if name in READS_ON]
    return tuple(Text(TEXTS / f"{name}.txt", f"{name}.txt") for name in names if (TEXTS / f"{name}.txt").is_file())


def problems(components: Iterable[Component]) -> list[str]:
    """Return why any of these must not ship: no licence, one that is not accepted, or no text of it."""
    found = []
    for component in components:
        called = f"{component.name} {component.version}".strip()
        if not component.licence:
            found.append(f"{called}: its metadata names no licence. State it in the table of installers/packages.py.")
        elif spdx.chosen(component.licence) is None:
            found.append(f"{called}: {component.licence} is not among the accepted licences of installers/spdx.py.")
        elif not component.texts:
            found.append(f"{called}: no text of its licence ({component.licence}) was found. Add it to {TEXTS.name}/.")
    return found
