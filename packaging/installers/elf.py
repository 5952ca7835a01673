"""What shared objects on Linux ask of the system they run on, read from the files themselves.

ELF keeps it in the dynamic section: the libraries that a file is linked to (`DT_NEEDED`) and, of each, the versions of
its symbols (`DT_VERNEED`). The format is the System V ABI's and, for versions, the Linux Standard Base's. Nothing is
loaded or run, so files for another processor can be read too.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MAGIC: Final = b"\x7fELF"
LOAD, DYNAMIC = 1, 2
SYMBOL_TABLE: Final = 2
NEEDED, STRINGS, SONAME, RPATH, RUNPATH = 1, 5, 14, 15, 29
VERSIONS_NEEDED, VERSIONS_NEEDED_COUNT = 0x6FFFFFFE, 0x6FFFFFFF
# The loader is part of glibc: no bundle carries it.
LOADERS: Final = ("ld-linux", "ld64")


class NotReadableError(ValueError):
    """The file begins like ELF and cannot be read as such: cut off, or packed."""


@dataclass(frozen=True)
class Library:
    """One ELF file: what it is called, what it is linked to, and which versions of that it needs."""

    soname: str
    needed: tuple[str, ...]
    search: tuple[str, ...]  # RPATH and RUNPATH
    versions: frozenset[tuple[str, str]]  # (library, version of its symbols)
    has_symbols: bool  # not stripped

    @property
    def glibc(self) -> tuple[int, ...]:
        """The glibc that is needed, as numbers; () when it needs none."""
        found = (version.removeprefix("GLIBC_") for _, version in self.versions if version.startswith("GLIBC_"))
        return max((_numbers(text) for text in found if text[0].isdigit()), default=())


@dataclass(frozen=True)
class _Layout:
    """Where the fields are, in the file's word size and byte order."""

    order: str
    wide: bool

    def unpack(self, fields: str, data: bytes, at: int) -> tuple[int, ...]:
        return struct.unpack_from(self.order + fields, data, at)

    def segments(self, data: bytes) -> Iterator[tuple[int, int, int, int]]:
        """Yield (kind, offset in the file, address in memory, size in the file)."""
        start, size, count = (
            (*self.unpack("Q", data, 32), *self.unpack("HH", data, 54))
            if self.wide
            else (*self.unpack("I", data, 28), *self.unpack("HH", data, 42))
        )
        for at in range(start, start + size * count, size):
            if self.wide:
                kind, _, offset, address, _, length = self.unpack("IIQQQQ", data, at)
            else:
                kind, offset, address, _, length = self.unpack("IIIII", data, at)
            yield kind, offset, address, length

    def has_symbols(self, data: bytes) -> bool:
        start, size, count = (
            (*self.unpack("Q", data, 40), *self.unpack("HH", data, 58))
            if self.wide
            else (*self.unpack("I", data, 32), *self.unpack("HH", data, 46))
        )
        return any(self.unpack("I", data, start + size * n + 4)[0] == SYMBOL_TABLE for n in range(count))


def is_elf(path: Path) -> bool:
    """Whether the file begins as ELF files do."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def read(path: Path) -> Library:
    """Read one ELF file; raises `NotReadableError` when it is not whole."""
    data = path.read_bytes()
    if not data.startswith(MAGIC):
        raise NotReadableError(f"{path} is not an ELF file")
    try:
        return _read(data)
    except (struct.error, IndexError, StopIteration, ValueError) as error:
        raise NotReadableError(f"{path} is not a whole ELF file") from error


def libraries(folder: Path) -> dict[Path, Library]:
    """Return every ELF file below `folder`, links left out."""
    return {
        path: read(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and is_elf(path)
    }


def glibc_needed(folder: Path) -> str:
    """Return the oldest glibc with which everything below `folder` can be loaded, such as "2.35"; "" for none."""
    return dotted(max((library.glibc for library in libraries(folder).values()), default=()))


def needed(folder: Path) -> set[str]:
    """Return the libraries that the system has to give: files below `folder` are linked to them, and none there is one.

    What the executables at the top of the folder are linked to is the system's in any case: they run before anything
    can tell where the libraries of the app are.
    """
    found = libraries(folder)
    inside = {library.soname for library in found.values()} | {path.name for path in folder.rglob("*")}
    asked = {name for library in found.values() for name in library.needed} - inside
    asked |= {name for path, library in found.items() if path.parent == folder for name in library.needed}
    return {name for name in asked if not name.startswith(LOADERS)}


def without_search(data: bytes) -> bytes:
    """Return a file without its own list of folders to look in (RPATH, RUNPATH); raises `NotReadableError`."""
    try:
        layout = _Layout(order="<" if data[5] == 1 else ">", wide=data[4] == 2)
        fields, step = ("qQ", 16) if layout.wide else ("iI", 8)
        start, length = next((offset, size) for kind, offset, _, size in layout.segments(data) if kind == DYNAMIC)
        entries = [data[at : at + step] for at in range(start, start + length, step)]
        kept = [entry for entry in entries if layout.unpack(fields, entry, 0)[0] not in {RPATH, RUNPATH}]
    except (struct.error, IndexError, StopIteration) as error:
        raise NotReadableError("not a whole ELF file") from error
    return data[:start] + b"".join(kept).ljust(length, b"\0") + data[start + length :]


def dotted(numbers: tuple[int, ...]) -> str:
    """(2, 35) as "2.35"."""
    return ".".join(map(str, numbers))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _read(data: bytes) -> Library:
    layout = _Layout(order="<" if data[5] == 1 else ">", wide=data[4] == 2)
    segments = tuple(layout.segments(data))
    dynamic = tuple(_dynamic(data, layout, segments))
    tags = dict(dynamic)
    strings = _offset(segments, tags[STRINGS]) if STRINGS in tags else 0

    def text(at: int) -> str:
        return data[strings + at : data.index(b"\0", strings + at)].decode()

    def texts(*wanted: int) -> tuple[str, ...]:
        return tuple(text(value) for tag, value in dynamic if tag in wanted)

    versions: list[tuple[str, str]] = []
    at = _offset(segments, tags[VERSIONS_NEEDED]) if VERSIONS_NEEDED in tags else 0
    for _ in range(tags.get(VERSIONS_NEEDED_COUNT, 0)):
        _, count, file, entry, following = layout.unpack("HHIII", data, at)
        entry += at
        for _ in range(count):
            _, _, _, name, next_entry = layout.unpack("IHHII", data, entry)
            versions.append((text(file), text(name)))
            entry += next_entry
        at += following
    return Library(
        soname=next(iter(texts(SONAME)), ""),
        needed=texts(NEEDED),
        search=texts(RPATH, RUNPATH),
        versions=frozenset(versions),
        has_symbols=layout.has_symbols(data),
    )


def _dynamic(
    data: bytes, layout: _Layout, segments: tuple[tuple[int, int, int, int], ...]
) -> Iterator[tuple[int, int]]:
    """Yield the dynamic section's (tag, value)."""
    fields, step = ("qQ", 16) if layout.wide else ("iI", 8)
    for kind, offset, _, length in segments:
        if kind != DYNAMIC:
            continue
        for at in range(offset, offset + length, step):
            tag, value = layout.unpack(fields, data, at)
            if tag == 0:
                return
            yield tag, value


def _offset(segments: tuple[tuple[int, int, int, int], ...], address: int) -> int:
    """Return where in the file lies what is loaded at `address`."""
    return next(
        offset + address - start
        for kind, offset, start, length in segments
        if kind == LOAD and start <= address < start + length
    )
