"""Wheels and source archives as they would be published: built from what is under version control, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# What work in a folder leaves behind; for a tree that comes without its repository, such as a source archive.
MADE = shutil.ignore_patterns(".*", "__pycache__", "*.pyc", "build", "dist", "*.egg-info", "out", "loadbench-report*")


def checkout(folder: Path) -> Path:
    """Copy the files under version control, as they are now, to `folder`: what is untracked cannot get in."""
    if not (ROOT / ".git").exists():
        return Path(shutil.copytree(ROOT, folder, ignore=MADE))
    for name in tracked():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    return folder


def tracked() -> list[str]:
    """Return the paths under version control that exist, relative to the root."""
    if shutil.which("git") is None:
        pytest.fail("git is needed to tell what belongs to the project: packaging/system-packages.sh test")
    # The folder may belong to somebody else, as in a container.
    listing = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True).stdout
    return [name for name in os.fsdecode(listed).split("\0") if name and (ROOT / name).is_file()]


def build(source: Path, kind: str, folder: Path) -> Path:
    """Build the wheel or the sdist of `source` into `folder`; return it."""
    done = subprocess.run(
        [sys.executable, "-m", "build", f"--{kind}", "--no-isolation", "--outdir", str(folder), str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return built


def in_wheel(path: Path) -> dict[str, bytes]:
    """Return the files of a wheel by name."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def in_sdist(path: Path) -> dict[str, bytes]:
    """Return the files of a source archive by name, without the folder that all of them are in."""
    found = {}
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member)
            assert file is not None, f"{member.name} is no plain file"
            found[member.name.partition("/")[2]] = file.read()
    return found
