"""The changelog as data: what a package's own changelog and its catalogue entry are written from."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import Final

from installers.places import ROOT, version

_VERSION: Final = r"(?P<version>\d+\.\d+\.\d+[0-9a-z.+-]*)"
_UNRELEASED: Final = re.compile(rf"Unreleased: {_VERSION}")
_RELEASED: Final = re.compile(rf"{_VERSION} \((?P<date>\d{{4}}-\d\d-\d\d)\)")


@dataclass(frozen=True, slots=True)
class Release:
    """One version, and what users can notice of it.

    released: None while it is being made. sections: by heading, "" for what comes before the first one, each with its
    changes of a sentence or two.
    """

    version: str
    released: date | None
    sections: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def changes(self) -> tuple[str, ...]:
        """All changes, whatever their heading."""
        return tuple(change for _, changes in self.sections for change in changes)


def releases(text: str) -> tuple[Release, ...]:
    """Read a changelog in Markdown, newest first: `## Unreleased: VERSION` or `## VERSION (DATE)` over lists.

    Raises `ValueError` for a heading of another form.
    """
    return tuple(_release(section) for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:])


def known() -> tuple[Release, ...]:
    """Return the releases of this project; raises `SystemExit` when the newest is not the version being built."""
    found = releases((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    if not found or found[0].version != version():
        raise SystemExit(f"CHANGELOG.md does not begin with version {version()}: say there what is new in it.")
    return found


def epoch() -> int:
    """Return the moment that a build is dated, in seconds: SOURCE_DATE_EPOCH, else that of the last commit."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    asked = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit("The build has no date: set SOURCE_DATE_EPOCH, or build inside a git checkout.")
    return int(done.stdout)


def debian(found: tuple[Release, ...], *, package: str, maintainer: str, built: int) -> str:
    """Return the changelog as Debian writes it; a release that is not out yet bears the date of the build."""
    entries = []
    for release in found:
        day = release.released
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC) if day else datetime.fromtimestamp(built, UTC)
        changes = "\n".join(_wrapped(change) for change in release.changes)
        entries.append(
            f"{package} ({debian_version(release.version)}) unstable; urgency=medium\n\n{changes}\n\n"
            f" -- {maintainer}  {format_datetime(moment)}\n"
        )
    return "\n".join(entries)


def debian_version(release: str) -> str:
    """Return a version of Python's as Debian sorts them: what comes before a release has a tilde."""
    return re.sub(r"\.?(a|b|rc|dev)(\d+)", r"~\1\2", release)


def _release(section: str) -> Release:
    heading, _, body = section.partition("\n")
    released = None
    if found := _RELEASED.fullmatch(heading.strip()):
        try:
            released = date.fromisoformat(found["date"])
        except ValueError as problem:
            raise ValueError(f'"## {heading}": {problem}') from None
    else:
        found = _UNRELEASED.fullmatch(heading.strip())
    if found is None:
        raise ValueError(f'"## {heading}" is neither "## Unreleased: VERSION" nor "## VERSION (YYYY-MM-DD)"')
    first, *others = re.split(r"^### ", body, flags=re.MULTILINE)
    parts = [("", first), *((part.partition("\n")[0].strip(), part) for part in others)]
    return Release(found["version"], released, tuple((name, tuple(_items(part))) for name, part in parts))


def _items(body: str) -> Iterator[str]:
    """Yield each list item as one line, without its Markdown."""
    for item in re.findall(r"^- (.+(?:\n  .+)*)", body, re.MULTILINE):
        yield re.sub(r"[`*]", "", " ".join(item.split()))


def _wrapped(change: str) -> str:
    lines, width = ["  *"], 78
    for word in change.split():
        if len(lines[-1]) + 1 + len(word) > width:
            lines.append("   ")
        lines[-1] += f" {word}"
    return "\n".join(lines)
