"""What a frozen app has to keep: each rule looks at its files and yields what is wrong."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from installers import contents, elf, places

# How libraries and programs begin: ELF, Mach-O (for one and for several processors), Windows.
BINARIES: Final = (elf.MAGIC, b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"MZ")
# Where UPX leaves its mark, near the beginning.
PACKED_MARK: Final = b"UPX!"
PACKED_WITHIN: Final = 4096


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: the rule that it breaks, where, and what about it."""

    rule: str
    path: str
    words: str


def forbidden(files: Iterable[str]) -> Iterator[Finding]:
    """Files that must not be there."""
    for file in files:
        for reason, parts in contents.FORBIDDEN.items():
            if any(part in f"/{file}" for part in parts):
                yield Finding("forbidden", file, reason)
                break


def required(files: Sequence[str], version: str, platform: str = sys.platform) -> Iterator[Finding]:
    """Files that must be there."""
    for pattern in (*contents.REQUIRED, *contents.REQUIRED_ON.get(platform, ())):
        wanted = pattern.format(version=version)
        if not any(fnmatch(file, wanted) for file in files):
            yield Finding("required", wanted, "is missing")


def links(folder: Path) -> Iterator[Finding]:
    """Links that lead nowhere, or out of the app."""
    for path in sorted(folder.rglob("*")):
        if not path.is_symlink():
            continue
        name = path.relative_to(folder).as_posix()
        if not path.exists():
            yield Finding("links", name, f"leads nowhere: {path.readlink()}")
        elif path.readlink().is_absolute() or not path.resolve().is_relative_to(folder.resolve()):
            yield Finding("links", name, f"leads out of the app: {path.readlink()}")


def permissions(folder: Path) -> Iterator[Finding]:
    """Files that not everybody can read, that others can change, or executables that cannot be run."""
    for path in sorted([folder, *folder.rglob("*")]):
        if path.is_symlink():
            continue
        mode = path.stat().st_mode
        name = path.relative_to(folder).as_posix()
        wanted = 0o555 if stat.S_ISDIR(mode) or name in {"loadbench", "loadbench-gui"} else 0o444
        if mode & wanted != wanted:
            yield Finding("permissions", name, f"not everybody can use it: {stat.filemode(mode)}")
        if mode & (stat.S_IWGRP | stat.S_IWOTH | stat.S_ISUID | stat.S_ISGID):
            yield Finding("permissions", name, f"others can change it, or it runs as another: {stat.filemode(mode)}")


def build_paths(folder: Path, roots: Sequence[str]) -> Iterator[Finding]:
    """Files other than libraries that name a folder of the machine that built them."""
    sought = [root.encode() for root in roots]
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not path.is_file() or path.name.startswith(tuple(contents.MAY_NAME_THE_BUILD)):
            continue
        data = path.read_bytes()
        if not data.startswith(BINARIES):
            yield from (Finding("build paths", name, f"names {root.decode()}") for root in sought if root in data)


def build_roots() -> tuple[str, ...]:
    """Return the folders that must not be named: those of the project, the build and the interpreter."""
    common = {"/", "/usr", "/usr/local"}
    folders = {str(places.ROOT), str(places.BUILD), sys.prefix, sys.base_prefix} - common
    return tuple(sorted(f"{folder.rstrip(os.sep)}{os.sep}" for folder in folders))


def shared_objects(folder: Path, libraries: Mapping[Path, elf.Library]) -> Iterator[Finding]:
    """Libraries that are packed, or that look for others in folders of the machine that built them."""
    for path, library in libraries.items():
        name = path.relative_to(folder).as_posix()
        absolute = [each for each in library.search if each.startswith("/")]
        if absolute:
            yield Finding("search path", name, f"looks for libraries in {', '.join(absolute)}")
        with path.open("rb") as file:
            if PACKED_MARK in file.read(PACKED_WITHIN):
                yield Finding("packed", name, "is packed with UPX: virus scanners take it for one")


def glibc(folder: Path, libraries: Mapping[Path, elf.Library]) -> Iterator[Finding]:
    """Libraries that need a newer C library than is promised."""
    for path, library in libraries.items():
        if library.glibc > contents.GLIBC_LIMIT:
            words = f"needs glibc {elf.dotted(library.glibc)}; {elf.dotted(contents.GLIBC_LIMIT)} is promised"
            yield Finding("glibc", path.relative_to(folder).as_posix(), words)
