"""Takes out of the frozen app what nobody needs there: symbols for debuggers, search paths and metadata of the builder.

Only Python's own library and modules are stripped: those of the packages ship as their makers tested them.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from installers import contents, elf
from installers.licensing.origins import INTERNAL, unused_metadata


def trim(folder: Path) -> int:
    """Trim a frozen app in place; return by how many bytes it shrank."""
    before = size(folder)
    for metadata in unused_metadata(folder):
        shutil.rmtree(metadata)
    for path in sorted((folder / INTERNAL).rglob("*")):
        if path.suffix in contents.NEEDED_BY_NOBODY and path.is_file():
            path.unlink()
    if sys.platform == "linux":
        for path in python_libraries(folder / INTERNAL):
            lean(path)
    return before - size(folder)


def size(folder: Path) -> int:
    """Return the sum of the sizes of all files below a folder, in bytes."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())


def python_libraries(inner: Path) -> Iterator[Path]:
    """Yield Python's own shared objects."""
    yield from sorted(inner.glob("libpython3*.so*"))
    yield from sorted(inner.glob("python3.*/lib-dynload/*.so"))


def lean(path: Path) -> None:
    """Strip a shared object and take the builder's folders out of where it looks for others.

    Raises `SystemExit` when the tool is missing, or when the result asks for something else than before.
    """
    was = elf.read(path)
    try:
        subprocess.run(["strip", "--strip-unneeded", str(path)], check=True, capture_output=True)
    except FileNotFoundError:
        raise SystemExit("strip is missing. Install binutils, then run this again.") from None
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"{path} could not be stripped: {error.stderr.decode(errors='replace').strip()}") from error
    if any(each.startswith("/") for each in was.search):
        path.write_bytes(elf.without_search(path.read_bytes()))
    now = elf.read(path)
    if (now.needed, now.versions, now.soname) != (was.needed, was.versions, was.soname):
        raise SystemExit(f"{path} is not the same library after it was stripped.")
