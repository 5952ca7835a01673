"""Licence expressions in SPDX's language: what packages say in other words, and what may be shipped.

The grammar is that of the SPDX specification, annex D: identifiers joined by OR, AND and WITH, in falling looseness.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# Each may be passed on inside an app like ours, on the terms that the notices meet: texts and copyright lines go along,
# LGPL and MPL files stay replaceable and their sources are named. Licences that would bind the whole app (GPL without
# an exception, AGPL), that forbid a use, or that nobody has read yet are not here, and stop the build.
ACCEPTED: Final = frozenset({
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC-BY-4.0", "CC0-1.0", "FTL", "IJG", "ISC",
    "LGPL-2.1-or-later", "LGPL-3.0-only", "MIT", "MIT-0", "MPL-2.0", "OFL-1.1", "PSF-2.0", "Python-2.0.1", "TCL",
    "Unicode-3.0", "Unicode-DFS-2016", "Unlicense", "Zlib", "blessing", "bzip2-1.0.6", "libpng-2.0",
    "BSD-3-Clause-Open-MPI",
    # The exceptions are what lets a program that is not under the GPL contain these.
    "GPL-2.0-or-later WITH Bootloader-exception", "GPL-3.0-or-later WITH GCC-exception-3.1",
    "Apache-2.0 WITH LLVM-exception",
    "LicenseRef-PCRE2", "LicenseRef-Public-Domain",
    # Microsoft lets the files of its C++ runtime be passed on with a program that needs them.
    "LicenseRef-Microsoft-Runtime",
})  # fmt: skip

# How packages say in other words what SPDX has an identifier for. Words that fit several licences ("BSD") are not here.
SPOKEN: Final = {
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "public domain": "LicenseRef-Public-Domain",
    "python software foundation license": "PSF-2.0",
}
_WORD: Final = re.compile(r"[()]|[A-Za-z0-9.+:-]+")


@dataclass(frozen=True)
class _Reader:
    """Reads one expression: each method takes what is left and returns what it found and what is left then."""

    words: tuple[str, ...]

    def either(self, at: int) -> tuple[list[list[str]], int]:
        """Return the ways to comply, each a list of licences to comply with."""
        ways, at = self.both(at)
        while self._is(at, "OR"):
            more, at = self.both(at + 1)
            ways = ways + more
        return ways, at

    def both(self, at: int) -> tuple[list[list[str]], int]:
        ways, at = self.one(at)
        while self._is(at, "AND"):
            more, at = self.one(at + 1)
            ways = [left + right for left in ways for right in more]
        return ways, at

    def one(self, at: int) -> tuple[list[list[str]], int]:
        if self._is(at, "("):
            ways, at = self.either(at + 1)
            if not self._is(at, ")"):
                raise ValueError("a bracket is not closed")
            return ways, at + 1
        if at >= len(self.words) or self.words[at].upper() in {"AND", "OR", "WITH", ")"}:
            raise ValueError("a licence is missing")
        name = self.words[at]
        if self._is(at + 1, "WITH") and at + 2 < len(self.words):
            return [[f"{name} WITH {self.words[at + 2]}"]], at + 3
        return [[name]], at + 1

    def _is(self, at: int, word: str) -> bool:
        return at < len(self.words) and self.words[at].upper() == word


def ways(expression: str) -> list[list[str]]:
    """Return the ways to comply with an expression, each a list of licences; raises `ValueError` when it is none."""
    words = tuple(_WORD.findall(expression))
    if "".join(words) != re.sub(r"\s", "", expression):
        raise ValueError(f"{expression!r} is not a licence expression")
    found, end = _Reader(words).either(0)
    if end != len(words):
        raise ValueError(f"{expression!r} is not a licence expression")
    return found


def chosen(expression: str) -> list[str] | None:
    """Return the licences under which we ship what is under `expression`: the first way all of which is accepted."""
    try:
        return next((way for way in ways(expression) if ACCEPTED.issuperset(way)), None)
    except ValueError:
        return None


def spoken(expression: str, licence: str, classifiers: Iterable[str]) -> str | None:
    """Return the SPDX expression in a package's metadata: from its own field, its old field, or its classifiers."""
    if expression:
        return expression
    said = " ".join(licence.split())
    if chosen(said):
        return said
    if said.lower() in SPOKEN:
        return SPOKEN[said.lower()]
    kinds = {text.rpartition(" :: ")[2].lower() for text in classifiers if text.startswith("License :: ")}
    found = {SPOKEN[kind] for kind in kinds if kind in SPOKEN}
    return found.pop() if len(found) == 1 and len(kinds) == 1 else None
