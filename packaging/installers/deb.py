"""Builds the Debian package: the frozen app in /usr/lib, its two programs in /usr/bin, the rest in /usr/share.

/usr/lib and not /opt: the package installs, upgrades and is removed by dpkg like any other, and the desktop finds it
without being told. It has no maintainer scripts: what must be refreshed is refreshed by triggers of other packages.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import Final

from installers import changelog, project
from installers.licensing.origins import NOTICES
from installers.linux import dependencies, documents, share, tree
from installers.places import DIST, FROZEN, PACKAGING, version

INSTALLED: Final = "/usr/lib/loadbench"
OVERRIDES: Final = PACKAGING / "linux" / "lintian-overrides"
ABOUT: Final = (
    "loadbench starts HTTP servers or takes those that run already, fires real traffic at them in randomised rounds, "
    "and says which is better at what and how sure that is, with latency percentiles, memory and CPU. In a window, and "
    "on the command line for scripts."
)
# Overrides that name a file in brackets came with it.
OLDEST_LINTIAN: Final = (2, 115)
# Blocks of xz are cut by the number of threads, so it is the same on every machine.
COMPRESSION: Final = ("-Zxz", "-z6", "--threads-max=2")


def file_name() -> str:
    """Return the name of the package's file."""
    return f"{project.NAME}_{changelog.debian_version(version())}_{architecture()}.deb"


def architecture() -> str:
    """Return the processor by its Debian name."""
    asked = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True)
    return asked.stdout.strip()


def main() -> int:
    """Build the package into the folder for results; return 0, or 1 when lintian finds something."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="loadbench-deb-") as folder:
        built = build(Path(folder) / "root", changelog.epoch())
    size_mb = built.stat().st_size / 1e6
    print(f"{built}: {size_mb:.1f} MB, in {time.monotonic() - began:.0f} s")
    return lint(built)


def build(root: Path, built: int) -> Path:
    """Put the package's tree together below `root` and pack it; return the file."""
    app = root / INSTALLED.lstrip("/")
    tree.put_app(FROZEN, app)
    for file in share.files(built):
        tree.put(root / "usr/share" / file.path, file.data)
    _link_programs(root)
    _document(root, app, built)
    needs = dependencies.of(_with_control(root), app)
    tree.put(root / "DEBIAN/control", control(needs, tree.size_kib(root / "usr"), architecture()))
    tree.put(root / "DEBIAN/md5sums", checksums(root))
    tree.settle(root, built)
    DIST.mkdir(parents=True, exist_ok=True)
    target = DIST / file_name()
    unfinished = target.with_suffix(".unfinished")
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", *COMPRESSION, "--build", str(root), str(unfinished)],
        env={**os.environ, "SOURCE_DATE_EPOCH": str(built)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return unfinished.replace(target)


def control(needs: dependencies.Dependencies, installed_kib: int, processor: str) -> str:
    """Return the package's own fields."""
    paragraphs = (project.question(), ABOUT)
    about = "\n .\n".join(textwrap.fill(each, 78, initial_indent=" ", subsequent_indent=" ") for each in paragraphs)
    return "\n".join(
        [
            f"Package: {project.NAME}",
            f"Version: {changelog.debian_version(version())}",
            f"Architecture: {processor}",
            f"Maintainer: {project.MAINTAINER}",
            f"Installed-Size: {installed_kib}",
            f"Depends: {', '.join(needs.depends)}",
            f"Recommends: {', '.join(needs.recommends)}",
            "Section: net",
            "Priority: optional",
            f"Description: {project.summary()}",
            about,
            "",
        ]
    )


def checksums(root: Path) -> str:
    """Return the MD5 of every file below `usr`, as dpkg --verify reads them."""
    files = sorted(path for path in (root / "usr").rglob("*") if path.is_file() and not path.is_symlink())
    sums = ((hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest(), path) for path in files)
    return "".join(f"{digest}  {path.relative_to(root)}\n" for digest, path in sums)


def lint(package: Path) -> int:
    """Hold the package against Debian's policy; return 1 and show what lintian says when it says anything."""
    if not shutil.which("lintian"):
        print("lintian is not installed: the package was not held against Debian's policy.", file=sys.stderr)
        return 1
    version = subprocess.run(["lintian", "--print-version"], capture_output=True, text=True, check=True).stdout.strip()
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < OLDEST_LINTIAN:
        print(f"lintian {version} does not understand our overrides: the package was not held against Debian's policy.")
        return 0
    options = ["--no-cfg", "--allow-root", "--display-info", "--fail-on", "error,warning"]
    done = subprocess.run(["lintian", *options, str(package)], capture_output=True, text=True, check=False)
    said = (done.stdout + done.stderr).strip()
    print(said or "lintian: nothing to say", file=sys.stderr if done.returncode else sys.stdout)
    return 1 if done.returncode else 0


def _link_programs(root: Path) -> None:
    folder = root / "usr/bin"
    folder.mkdir(parents=True)
    for name in (project.NAME, project.WINDOW):
        (folder / name).symlink_to(f"../lib/loadbench/{name}")


def _document(root: Path, app: Path, built: int) -> None:
    folder = root / "usr/share/doc" / project.NAME
    tree.put(folder / "copyright", documents.copyright_file(app, INSTALLED))
    news = changelog.debian(changelog.known(), package=project.NAME, maintainer=project.MAINTAINER, built=built)
    tree.put(folder / "changelog.gz", share.packed(news))
    (folder / NOTICES).symlink_to(f"../../../lib/loadbench/{NOTICES}")
    tree.put(root / "usr/share/lintian/overrides" / project.NAME, OVERRIDES.read_bytes())


def _with_control(root: Path) -> Path:
    """Mark `root` as a package's tree, by which dpkg-shlibdeps knows its own libraries."""
    (root / "DEBIAN").mkdir()
    return root
