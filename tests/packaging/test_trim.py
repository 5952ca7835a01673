"""Trimming takes out what nobody needs, and leaves libraries that still load."""

from __future__ import annotations

import ctypes
import shutil
import sys
from pathlib import Path

import pytest
from installers import elf, trim

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only ELF files are stripped")


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A shared object of this interpreter's own, where the frozen app has such."""
    import _ctypes

    folder = tmp_path / "_internal/python3.11/lib-dynload"
    folder.mkdir(parents=True)
    return Path(shutil.copy(_ctypes.__file__, folder))


def test_a_lean_library_asks_for_the_same_and_still_loads(module: Path) -> None:
    before = elf.read(module)
    trim.lean(module)
    after = elf.read(module)
    assert (after.needed, after.versions) == (before.needed, before.versions)
    assert not after.has_symbols
    assert not any(folder.startswith("/") for folder in after.search)
    assert hasattr(ctypes.CDLL(str(module)), "PyInit__ctypes")


def test_trimming_says_what_it_saved_and_takes_stubs_and_remnants_out(module: Path, tmp_path: Path) -> None:
    inner = tmp_path / "_internal"
    infos = (f"{package}.dist-info/METADATA" for package in ("httpx-0.28.1", "pytest-9.0", "loadbench-3.2.1"))
    for name in ("httpx/__init__.pyc", "httpx/py.pyi", *infos):
        (inner / name).parent.mkdir(exist_ok=True)
        (inner / name).write_bytes(bytes(100))
    before = trim.size(tmp_path)
    saved = trim.trim(tmp_path)
    left = {path.relative_to(inner).as_posix() for path in inner.rglob("*") if path.is_file()}
    assert left == {
        "httpx/__init__.pyc",
        "httpx-0.28.1.dist-info/METADATA",
        "loadbench-3.2.1.dist-info/METADATA",
        module.relative_to(inner).as_posix(),
    }
    assert saved == before - trim.size(tmp_path)
    assert saved >= 200


def test_a_library_that_is_none_is_not_stripped(tmp_path: Path) -> None:
    path = tmp_path / "broken.so"
    path.write_bytes(elf.MAGIC + b"\x02\x01")
    with pytest.raises(elf.NotReadableError, match=r"broken\.so"):
        trim.lean(path)
