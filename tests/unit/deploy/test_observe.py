"""What a running server has loaded, read off its memory map."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httptools.parser.parser as extension
import pytest

from loadbench_gui.deploy.observe import extensions


@contextmanager
def loading(*libraries: Path) -> Iterator[int]:
    """A process that has these libraries loaded, and its pid."""
    program = "import ctypes, sys; [ctypes.CDLL(name) for name in sys.argv[1:]]; print('loaded', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program, *map(str, libraries)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "loaded\n"
        yield process.pid
        process.communicate("\n")


def copied(*to: Path) -> tuple[Path, ...]:
    for path in to:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(str(extension.__file__), path)
    return to


def test_packages_of_an_installed_server_are_recognised(tmp_path: Path) -> None:
    with loading(*copied(tmp_path / "site-packages" / "fastloop" / "loop.so")) as pid:
        assert extensions(pid) == {"fastloop"}


def test_packages_of_a_frozen_server_are_those_at_the_top_of_the_app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "Läd bench" / "_internal"
    (tmp_path / "link").symlink_to(bundle.parent)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path / "link" / "_internal"), raising=False)
    libraries = copied(
        bundle / "fastloop" / "loop.so",
        bundle / "single.cpython-311.so",
        bundle / "python3.11" / "lib-dynload" / "_ssl.so",
        bundle / "libpython3.11.so.1.0",
    )
    with loading(*libraries) as pid:
        assert extensions(pid) == {"fastloop", "single"}


def test_a_process_that_is_gone_has_loaded_nothing() -> None:
    with loading() as pid:
        pass
    assert extensions(pid) == set()
