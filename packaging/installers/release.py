"""Holds the changelog against the version, and both against the tag when a release is built.

The entry at the top is the version's own: `## Unreleased: 1.2.3` while it is made, `## 1.2.3 (2026-12-24)` once it is
out. A build of the tag v1.2.3 goes on only with the second.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from typing import Final

from installers import changelog, places
from installers.changelog import Release

CHANGELOG: Final = places.ROOT / "CHANGELOG.md"
TAGS: Final = "refs/tags/"
# Where a day begins first: a release is dated by whoever makes it, and built elsewhere.
_EASTMOST: Final = timezone(timedelta(hours=14))


def problems(text: str, version: str, ref: str = "", today: date | None = None) -> list[str]:
    """Return what is wrong with the changelog `text` for `version`, built from the git reference `ref`."""
    try:
        found = changelog.releases(text)
    except ValueError as problem:
        return [str(problem)]
    if not found:
        return ["CHANGELOG.md has no entry"]
    today = today or datetime.now(_EASTMOST).date()
    return [*_of_the_top(found[0], version, ref, today), *_of_all(found)]


def main() -> int:
    """Print what is wrong; return 1 when something is."""
    ref = os.environ.get("GITHUB_REF", "")
    version = places.version()
    wrong = problems(CHANGELOG.read_text(encoding="utf-8"), version, ref)
    for problem in wrong:
        print(f"error: {problem}", file=sys.stderr)
    if not wrong:
        print(f"The changelog is that of version {version}.")
    return 1 if wrong else 0


def _of_the_top(entry: Release, version: str, ref: str, today: date) -> Iterator[str]:
    if entry.version != version:
        yield f"the entry at the top of CHANGELOG.md is for {entry.version}, the program is {version}"
    if entry.released is not None and entry.released > today:
        yield f"CHANGELOG.md says that {entry.version} came out on {entry.released}, which is yet to come"
    if not ref.startswith(TAGS):
        return
    tag = ref.removeprefix(TAGS)
    if tag != f"v{version}":
        yield f"the tag is {tag}, the program is {version}: the tag of this version is v{version}"
    if entry.released is None:
        yield f"a release is built, and CHANGELOG.md says that {entry.version} is not out: give it its date"


def _of_all(found: tuple[Release, ...]) -> Iterator[str]:
    for entry in found:
        if not entry.changes:
            yield f"CHANGELOG.md says nothing about {entry.version}"
        for heading, changes in entry.sections:
            if heading and not changes:
                yield f'CHANGELOG.md has nothing under "{heading}" of {entry.version}'
    for newer, older in pairwise(found):
        if older.released is None:
            yield f"CHANGELOG.md says that {older.version} is not out, below {newer.version}"
        elif newer.released is not None and newer.released < older.released:
            yield f"CHANGELOG.md says that {newer.version} came out before {older.version}"
