"""The command: what it needs, its folder, and the namespaces around the steps, which end with everything in them."""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

from installers import changelog, places
from installers.cleanroot.record import Failed
from installers.cleanroot.root import inhabitants
from installers.cleanroot.screen import until

FOLDER: Final = places.BUILD / "cleanroot"
TOOLS: Final = ("debootstrap", "chroot", "unshare", "mount", "tar", "apt-get", "dpkg-deb", "Xvfb", "openbox", "xdotool")
_ROOM_BYTES: Final = 3 * 1000**3


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    deb: Path
    suite: str
    refused_on: str
    portable: Path | None
    keep: bool


def options(arguments: Sequence[str]) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m installers cleanroot", description=__doc__)
    parser.add_argument("--deb", type=Path, metavar="FILE", help="the package (default: the one in build/dist)")
    parser.add_argument(
        "--portable", type=Path, metavar="FILE", help="the archive to use beside it (default: likewise)"
    )
    parser.add_argument(
        "--suite", default="", metavar="NAME", help="the release to install on (default: this machine's)"
    )
    parser.add_argument("--refused-on", default="", metavar="NAME", help="only see that an older release refuses it")
    parser.add_argument("--keep", action="store_true", help="leave the root where it is, for a look around")
    given = parser.parse_args(arguments)
    built = places.version()
    deb = given.deb or next(iter(sorted(places.DIST.glob(f"loadbench_{changelog.debian_version(built)}_*.deb"))), None)
    if deb is None or not deb.is_file():
        raise SystemExit(f"There is no package at {deb or places.DIST}. Make it with: make package")
    portable = given.portable or next(iter(sorted(places.DIST.glob(f"loadbench-{built}*.tar.xz"))), None)
    return Options(deb.resolve(), given.suite, given.refused_on, portable and portable.resolve(), given.keep)


def main() -> int:
    """Do the steps in namespaces of their own; return 0, 1 when a step failed, 2 when it cannot be done here."""
    chosen = options(sys.argv[1:])
    if problem := obstacle():
        print(problem, file=sys.stderr)
        return 2
    with (FOLDER / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Another run is at work in {FOLDER}. Wait for it to end.", file=sys.stderr)
            return 2
        signal.signal(signal.SIGTERM, _terminated)
        try:
            return _in_a_clear_place(keep=chosen.keep)
        except KeyboardInterrupt:
            return 130
        except Failed as failure:
            print(f"{failure}. End it, then run this again.", file=sys.stderr)
            return 1


def obstacle() -> str:
    """Why it cannot be done here, with what to do; empty when it can."""
    os.environ["PATH"] = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    if sys.platform != "linux" or shutil.which("apt-get") is None:
        return "A clean Debian can only be made on Debian or Ubuntu."
    if os.geteuid() != 0:
        return "Making a root of its own needs root. Run: sudo make trial"
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        return f"Not installed: {', '.join(missing)}. Run: packaging/system-packages.sh installers"
    FOLDER.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(FOLDER).free
    if free < _ROOM_BYTES:
        return f"{FOLDER} has {free / 1e9:.1f} GB free; a root with the app in it takes {_ROOM_BYTES / 1e9:.0f}."
    return ""


def _in_a_clear_place(*, keep: bool) -> int:
    _clear()  # what a run that was killed left
    try:
        return _apart()
    finally:
        if not keep:
            _clear()


def _apart() -> int:
    """Run the steps where their mounts and processes are nobody else's, and vanish with them."""
    inside = [sys.executable, "-m", "installers.cleanroot.inside", *sys.argv[1:]]
    apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    child = subprocess.Popen([*apart, *inside])
    try:
        return child.wait()
    except KeyboardInterrupt:
        child.wait()  # the terminal told it, too
        raise
    finally:
        child.kill()
        child.wait()


def _clear() -> None:
    """Remove the root, once nothing runs in it any more: mounts of the namespace go with its last process."""
    root = FOLDER / "root"
    until(lambda: True if not list(inhabitants(root)) else None, f"the end of every process in {root}", 30)
    if root.exists():
        shutil.rmtree(root)


def _terminated(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
