"""Which of Qt's libraries the app needs: those that something else in it links to, in the end.

PyInstaller collects what every plug-in links to, also those that stay out afterwards: the on-screen keyboard alone
brings Qt Quick. Entries are PyInstaller's: (name in the app, where it is now, kind).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import Final

Entry = tuple[str, str, str]
Imports = Callable[[str], Iterable[str]]
"""The names that a library file asks for, with or without folders."""

FRAMEWORK: Final = ".framework"


def key(name: str) -> str:
    """Return what a library is asked for by: its framework on macOS, elsewhere its file's name."""
    path = PurePosixPath(name.replace("\\", "/"))
    return next((part for part in path.parts if part.endswith(FRAMEWORK)), path.name).lower()


def belongs_to_qt(name: str) -> bool:
    """Whether a file in the app is one of those that come with Qt's libraries."""
    path = PurePosixPath(name.replace("\\", "/"))
    return "/Qt/lib/" in str(path) or (path.parent.name == "PySide6" and path.name.lower().startswith("qt6"))


def unneeded(binaries: Iterable[Entry], imports: Imports) -> frozenset[str]:
    """Return the keys of those that nothing links to but one another."""
    files: dict[str, list[str]] = {}
    queue: list[str] = []
    for name, source, _ in binaries:
        if belongs_to_qt(name):
            files.setdefault(key(name), []).append(source)
        else:
            queue.append(source)
    left = set(files)
    while queue:
        for asked in imports(queue.pop()):
            if key(asked) in left:
                left.remove(key(asked))
                queue.extend(files[key(asked)])
    return frozenset(left)


def without(entries: Iterable[Entry], left_out: frozenset[str]) -> list[Entry]:
    """Return the entries that belong to none of the libraries left out, and are no links to one."""
    return [entry for entry in entries if not _is_of(entry, left_out)]


def _is_of(entry: Entry, left_out: frozenset[str]) -> bool:
    name, source, kind = entry
    return (belongs_to_qt(name) and key(name) in left_out) or (kind == "SYMLINK" and key(source) in left_out)
