"""A folder as it will be on somebody else's machine: the same files give the same tree, whoever builds it and when."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from installers import elf

PROGRAM: Final = 0o755
FILE: Final = 0o644


def put_app(frozen: Path, target: Path) -> None:
    """Copy the frozen app."""
    if not (frozen / "loadbench").is_file():
        raise SystemExit(f"There is no frozen app at {frozen}. Make it with: make freeze")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(frozen, target, symlinks=True)


def put(path: Path, data: bytes | str, mode: int = FILE) -> None:
    """Write one file, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    path.chmod(mode)


def settle(root: Path, built: int, programs: Iterable[Path] = ()) -> None:
    """Give everything below `root` the usual permissions and the time of the build.

    programs: what else than the app's own executables is to be run.
    """
    runnable = frozenset(programs)
    for path in sorted(root.rglob("*"), reverse=True):  # what is in a folder before the folder
        if not path.is_symlink():
            path.chmod(PROGRAM if path.is_dir() or path in runnable or is_program(path) else FILE)
        os.utime(path, (built, built), follow_symlinks=False)
    root.chmod(PROGRAM)
    os.utime(root, (built, built))


def is_program(path: Path) -> bool:
    """Whether a file is to be run: an executable of ours, not a library, whatever mode it came with."""
    return bool(path.stat().st_mode & stat.S_IXUSR) and ".so" not in path.name and elf.is_elf(path)


def size_kib(root: Path) -> int:
    """Return what the files take, each rounded up to a KiB and a KiB for each folder, as Debian counts."""
    return sum(-(-path.lstat().st_size // 1024) if path.is_file() else 1 for path in root.rglob("*"))
