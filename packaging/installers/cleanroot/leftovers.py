"""What changed in a file tree between two looks at it, and what of that is explained."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

Tree: TypeAlias = Mapping[str, str]
"""Absolute path in the tree -> what is there: kind, permissions, owner, content."""

# What may differ once a package is gone, and why. Whole paths, as regular expressions.
ALLOWED: Final = {
    r"/home/tester(/.*)?": "what belongs to the user",
    r"/var/(lib|cache|log)/(dpkg|apt|debconf)(/.*)?|/var/log/(dpkg|alternatives)\.log": "the package manager's records",
    r"/tmp/loadbench\.lock": "the empty file that keeps two users' measurements apart; gone with the next start",
    r"/etc/ld\.so\.cache|/var/cache/ldconfig(/.*)?": "rebuilt whenever any library comes or goes",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One path that differs: `kind` is added, removed or changed."""

    path: str
    kind: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.path}"


def changes(before: Tree, after: Tree) -> tuple[Change, ...]:
    """Return what differs, in order of path."""
    kinds = dict.fromkeys(before.keys() - after.keys(), "removed")
    kinds |= dict.fromkeys(after.keys() - before.keys(), "added")
    kinds |= dict.fromkeys((path for path in before.keys() & after.keys() if before[path] != after[path]), "changed")
    return tuple(Change(path, kinds[path]) for path in sorted(kinds))


def unexplained(found: tuple[Change, ...], allowed: Mapping[str, str] = ALLOWED) -> tuple[Change, ...]:
    """Return the changes that no pattern of `allowed` covers."""
    return tuple(c for c in found if not any(re.fullmatch(pattern, c.path) for pattern in allowed))


def look(root: Path) -> Tree:
    """Return everything under `root`, except what is mounted there."""
    device, seen = root.stat().st_dev, {}
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        folders[:] = [name for name in folders if (here / name).lstat().st_dev == device]
        for name in (*folders, *files):
            path = here / name
            seen["/" + str(path.relative_to(root))] = _describe(path)
    return seen


def _describe(path: Path) -> str:
    status = path.lstat()
    owner = f"{stat.filemode(status.st_mode)} {status.st_uid}:{status.st_gid}"
    if stat.S_ISLNK(status.st_mode):
        return f"{owner} -> {path.readlink()}"
    if stat.S_ISREG(status.st_mode):
        with path.open("rb") as content:
            return f"{owner} {hashlib.file_digest(content, 'blake2b').hexdigest()}"
    return owner
