"""The changelog as data: what a package's own changelog and its catalogue entry are written from."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from installers.places import ROOT, version


@dataclass(frozen=True)
class Release:
    """One version: when it came out (None: not yet), and what users can notice, a sentence or two each."""

    version: str
    date: datetime | None
    changes: tuple[str, ...]


def releases(text: str) -> tuple[Release, ...]:
    """Read a changelog in Markdown, newest first: `## VERSION`, with a date once it is out, over lists of changes."""
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    return tuple(_release(section) for section in sections)


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
        date = release.date or datetime.fromtimestamp(built, UTC)
        changes = "\n".join(_wrapped(change) for change in release.changes)
        entries.append(
            f"{package} ({debian_version(release.version)}) unstable; urgency=medium\n\n{changes}\n\n"
            f" -- {maintainer}  {format_datetime(date)}\n"
        )
    return "\n".join(entries)


def debian_version(release: str) -> str:
    """Return a version of Python's as Debian sorts them: what comes before a release has a tilde."""
    return re.sub(r"\.?(a|b|rc|dev)(\d+)", r"~\1\2", release)


def _release(section: str) -> Release:
    heading, _, body = section.partition("\n")
    number = re.search(r"\d+\.\d+\S*", heading)
    if number is None:
        raise SystemExit(f"CHANGELOG.md: no version in the heading {heading!r}")
    date = re.search(r"\d{4}-\d{2}-\d{2}", heading)
    return Release(
        version=number[0].rstrip(":,"),
        date=datetime.fromisoformat(date[0]).replace(tzinfo=UTC) if date else None,
        changes=tuple(_items(body)),
    )


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
