"""The launcher of the portable archive: says what is wrong with an old system, and finds its program from anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from installers import archive

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a script for POSIX shells")

ODD = "Größe 测试 'quoted' $HOME"


def unpacked(folder: Path, glibc: str = "2.35") -> Path:
    """An archive whose program says where it is and what it was given."""
    app = folder / "app" / "loadbench"
    app.parent.mkdir(parents=True)
    app.write_text('#!/bin/sh\necho "$0"\nfor each; do echo "<$each>"; done\nexit 7\n', encoding="utf-8")
    app.chmod(0o755)
    launcher = folder / "loadbench"
    launcher.write_text(archive.launcher("loadbench", glibc), encoding="utf-8")
    launcher.chmod(0o755)
    return launcher


def run(launcher: str | Path, *arguments: str, path: Path | None = None, cwd: Path | None = None) -> tuple[int, str]:
    places = f"{path}:{os.environ['PATH']}" if path else os.environ["PATH"]
    done = subprocess.run(
        [launcher, *arguments],
        env={**os.environ, "PATH": places},
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def tools(folder: Path, **said: str) -> Path:
    """Programs that answer as those of another system would; one that says nothing is not there."""
    folder.mkdir()
    for name, words in said.items():
        program = folder / name
        program.write_text(f"#!/bin/sh\n{f'echo {words!r}' if words else 'exit 127'}\n", encoding="utf-8")
        program.chmod(0o755)
    return folder


@pytest.mark.parametrize(("system", "has"), [("2.31", "2.31"), ("2.9", "2.9"), ("1.36", "1.36")])
def test_an_older_glibc_is_named_with_the_one_that_is_needed(tmp_path: Path, system: str, has: str) -> None:
    code, said = run(unpacked(tmp_path / "lb"), path=tools(tmp_path / "bin", getconf=f"glibc {system}"))
    assert code == 5
    assert said.startswith(f"error: loadbench needs glibc 2.35 or newer, this system has {has}.\n")


@pytest.mark.parametrize("system", ["2.35", "2.36", "2.100", "3.0", "2.35.9000"])
def test_the_same_or_a_newer_glibc_starts_the_program(tmp_path: Path, system: str) -> None:
    launcher = unpacked(tmp_path / "lb")
    assert run(launcher, path=tools(tmp_path / "bin", getconf=f"glibc {system}")) == (
        7,
        f"{tmp_path}/lb/app/loadbench\n",
    )


def test_ldd_is_asked_where_getconf_is_missing(tmp_path: Path) -> None:
    path = tools(tmp_path / "bin", getconf="", ldd="ldd (Debian GLIBC 2.31-13+deb11u11) 2.31")
    code, said = run(unpacked(tmp_path / "lb"), path=path)
    assert (code, "this system has 2.31." in said) == (5, True)


def test_a_system_without_glibc_is_told_so(tmp_path: Path) -> None:
    path = tools(tmp_path / "bin", getconf="", ldd="musl libc (x86_64)\nVersion 1.2.4")
    code, said = run(unpacked(tmp_path / "lb"), path=path)
    assert (code, "this system has musl." in said) == (5, True)


def test_a_system_that_does_not_say_is_given_a_try(tmp_path: Path) -> None:
    code, _ = run(unpacked(tmp_path / "lb"), path=tools(tmp_path / "bin", getconf="", ldd=""))
    assert code == 7


def test_arguments_arrive_as_they_were_given(tmp_path: Path) -> None:
    _, said = run(unpacked(tmp_path / "lb"), "a b", "", "*", "$HOME", "-n")
    assert said.splitlines()[1:] == ["<a b>", "<>", "<*>", "<$HOME>", "<-n>"]


def test_it_runs_from_an_odd_folder_through_links_and_by_a_relative_path(tmp_path: Path) -> None:
    launcher = unpacked(tmp_path / ODD)
    app = f"{tmp_path / ODD}/app/loadbench\n"
    assert run(launcher) == (7, app)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "first").symlink_to(launcher)
    (tmp_path / "bin" / "second").symlink_to("first")
    assert run(tmp_path / "bin" / "second") == (7, app)
    assert run("second", path=tmp_path / "bin")[0] == 7
    relative = tmp_path / "bin" / "relative"
    relative.symlink_to(Path("..", ODD, "loadbench"))
    code, said = run(relative)
    assert code == 7
    assert Path(said.strip()).resolve() == Path(app.strip())
    assert run("./loadbench", cwd=tmp_path / ODD) == (7, "./app/loadbench\n")
