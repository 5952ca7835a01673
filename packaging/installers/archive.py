"""Builds the portable archive: one folder that runs from wherever it is unpacked."""

from __future__ import annotations

import platform
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import IO, Final, cast

from installers import changelog, elf, project
from installers.linux import share, tree
from installers.places import DIST, FROZEN, PACKAGING, ROOT, version

LINUX: Final = PACKAGING / "linux"
PROGRAMS: Final = (project.NAME, project.WINDOW)


def stem() -> str:
    """Return the name of the archive without its ending."""
    return f"{project.NAME}-{version()}-linux-{platform.machine()}"


def main() -> int:
    """Build the archive into the folder for results; return 0."""
    if sys.platform != "linux":
        raise SystemExit("The portable archive is built on Linux.")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="loadbench-archive-") as place:
        folder = Path(place) / f"{project.NAME}-{version()}"
        fill(folder, changelog.epoch())
        DIST.mkdir(parents=True, exist_ok=True)
        target = DIST / f"{stem()}.tar.xz"
        pack(folder, target.with_suffix(".unfinished"))
        target.with_suffix(".unfinished").replace(target)
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB, in {time.monotonic() - began:.0f} s")
    return 0


def fill(folder: Path, built: int) -> None:
    """Put together what the archive holds."""
    app = folder / "app"
    tree.put_app(FROZEN, app)
    glibc = elf.glibc_needed(app)
    for program in PROGRAMS:
        tree.put(folder / program, launcher(program, glibc), tree.PROGRAM)
    tree.put(folder / "README.txt", readme(glibc))
    tree.put(folder / "LICENSE.txt", (ROOT / "LICENSE").read_bytes())
    for file in share.files(built):
        tree.put(folder / "share" / file.path, file.data)
    tree.settle(folder, built, [folder / program for program in PROGRAMS])


def launcher(program: str, glibc: str) -> str:
    """Return the script that starts one of the app's programs. glibc: the oldest that the app can be loaded with."""
    text = (LINUX / "launcher.sh").read_text(encoding="utf-8")
    return text.replace("@PROGRAM@", program).replace("@GLIBC@", glibc)


def readme(glibc: str) -> str:
    """Return what there is to know before the first start."""
    from loadbench_gui.ui import display

    packages = " ".join(sorted({**display.ALWAYS, **display.FOR_X11, **display.FOR_WAYLAND}.values()))
    text = (LINUX / "README.txt").read_text(encoding="utf-8")
    for name, part in {"VERSION": version(), "GLIBC": glibc, "PACKAGES": packages}.items():
        text = text.replace(f"@{name}@", part)
    return text


def pack(folder: Path, target: Path) -> None:
    """Write `folder` as a compressed archive that has the same bytes whoever packs it."""
    # Blocks are cut by size, not by the number of threads.
    command = ["xz", "--compress", "-6", "--threads=2", "--block-size=24MiB", "--stdout"]
    with target.open("wb") as file, subprocess.Popen(command, stdin=subprocess.PIPE, stdout=file) as packer:
        with tarfile.open(fileobj=cast("IO[bytes]", packer.stdin), mode="w|", format=tarfile.PAX_FORMAT) as archive:
            for path in (folder, *sorted(folder.rglob("*"))):
                archive.add(path, str(path.relative_to(folder.parent)), recursive=False, filter=_nobodys)
        cast("IO[bytes]", packer.stdin).close()
    if packer.returncode:
        raise SystemExit(f"xz failed with exit code {packer.returncode}: is the disk full?")


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member
