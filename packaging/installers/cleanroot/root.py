"""A root of its own: made by debootstrap, entered as root or as the ordinary user in it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from installers.cleanroot import sources
from installers.cleanroot.record import Failed, Record
from installers.cleanroot.sources import Source

USER: Final = "tester"
UID: Final = 4242
HOME: Final = f"/home/{USER}"
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SOCKETS: Final = "tmp/.X11-unix"
_DEVICES: Final = ("null", "zero", "full", "random", "urandom", "tty")


def make(archive: Path, suite: str, archives: Sequence[Source], record: Record) -> bool:
    """Make sure of `archive`, a packed minimal root of `suite`; return whether it had to be made."""
    if archive.exists():
        return False
    fresh = archive.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)  # of a run that was killed
    main = archives[0]
    keyring = [f"--keyring={main.key}"] if main.key else []
    try:
        _logged(["debootstrap", "--variant=minbase", *keyring, suite, str(fresh), main.address], record)
        part = archive.with_suffix(".part")
        _logged(["tar", "--numeric-owner", "--xattrs", "-cf", str(part), "-C", str(fresh), "."], record)
        part.rename(archive)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return True


def _logged(command: Sequence[str], record: Record) -> None:
    record.note("$ " + " ".join(command))
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    record.note(ended.stdout)
    if ended.returncode:
        raise Failed(f"{command[0]} failed: {(ended.stdout.strip().splitlines() or ['without a word'])[-1]}")


def inhabitants(root: Path) -> Iterator[tuple[int, str]]:
    """Yield number and command line of the processes whose root directory is `root`."""
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and (entry / "root").readlink() == root:
                yield int(entry.name), (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it has ended, or is a zombie


@dataclass(frozen=True, slots=True)
class Root:
    """The tree at `path`. Its mounts are made in whatever mount namespace this process has."""

    path: Path
    record: Record

    def unpack(self, archive: Path, archives: Sequence[Source]) -> None:
        """Fill the tree from `archive`, with what a machine has beside packages: names, devices, a user."""
        self.path.mkdir(parents=True)
        _logged(["tar", "--numeric-owner", "--xattrs", "-xpf", str(archive), "-C", str(self.path)], self.record)
        sources.hand_over(self.path, archives)
        (self.path / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n", encoding="utf-8")
        (self.path / "etc/resolv.conf").write_bytes(Path("/etc/resolv.conf").read_bytes())
        self._mount()
        (self.path / _SOCKETS).mkdir(mode=0o1777)
        self.must("useradd", "--create-home", "--uid", str(UID), "--shell", "/bin/sh", USER)
        self.must("install", "-d", "-m", "0700", "-o", USER, "-g", USER, f"/run/user/{UID}")

    def _mount(self) -> None:
        for kind, place, options in (
            ("proc", "proc", ""),
            ("sysfs", "sys", "ro"),
            ("tmpfs", "dev", "mode=0755"),
            ("devpts", "dev/pts", "newinstance,ptmxmode=0666,mode=0620,gid=5"),
            ("tmpfs", "dev/shm", "mode=1777"),
        ):
            (self.path / place).mkdir(exist_ok=True)
            option = ["-o", options] if options else []
            _logged(["mount", "-t", kind, *option, kind, str(self.path / place)], self.record)
        for name in _DEVICES:
            (self.path / "dev" / name).touch()
            _logged(["mount", "--bind", f"/dev/{name}", str(self.path / "dev" / name)], self.record)
        for name, target in (("ptmx", "pts/ptmx"), ("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1")):
            (self.path / "dev" / name).symlink_to(target)

    @contextlib.contextmanager
    def shown(self, sockets: Path) -> Iterator[None]:
        """Let programs in the root reach the screens whose sockets are in `sockets` while the block runs."""
        _logged(["mount", "--bind", str(sockets), str(self.path / _SOCKETS)], self.record)
        try:
            yield
        finally:
            _logged(["umount", str(self.path / _SOCKETS)], self.record)

    def command(self, command: Sequence[str], *, user: bool, variables: Sequence[str] = ()) -> list[str]:
        """Return the command line that runs `command` in here; `user`: as the ordinary one, with a session's needs."""
        who = ["--userspec", f"{UID}:{UID}", "--groups="] if user else []
        personal = [f"HOME={HOME}", f"USER={USER}", f"XDG_RUNTIME_DIR=/run/user/{UID}"] if user else ["HOME=/root"]
        fixed = [f"PATH={_PATH}", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"]
        return ["chroot", *who, str(self.path), "env", "-i", *fixed, *personal, *variables, *command]

    def run(
        self, *command: str, user: bool = False, quiet: bool = False, variables: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in here to its end; what it says goes to the log (not when `quiet`) and is returned."""
        self.record.note(("tester$ " if user else "root# ") + " ".join(command))
        ended = subprocess.run(
            self.command(command, user=user, variables=variables), cwd="/", capture_output=True, text=True, check=False
        )
        words = "" if quiet and not ended.returncode else ended.stdout + ended.stderr
        self.record.note(f"{words}[{ended.returncode}]")
        return ended

    def must(self, *command: str, user: bool = False, quiet: bool = False) -> str:
        """Run a command that has to succeed; return what it wrote. Raises `Failed`."""
        ended = self.run(*command, user=user, quiet=quiet)
        if ended.returncode:
            words = (ended.stderr.strip() or ended.stdout.strip()).splitlines()
            raise Failed(f"{command[0]} ended in {ended.returncode}: {words[-1] if words else 'without a word'}")
        return ended.stdout

    def packages(self) -> dict[str, str]:
        """Return the installed packages and their versions."""
        listing = self.must("dpkg-query", "-W", "-f", "${db:Status-Abbrev}|${Package}|${Version}\n", quiet=True)
        rows = (line.split("|") for line in listing.splitlines() if line.startswith("ii"))
        return {name: version for _, name, version in rows}

    def contents(self, package: str) -> list[str]:
        """Return the absolute paths that a package brought, its folders included."""
        listing = self.must("dpkg-query", "-L", package, quiet=True).splitlines()
        return [name for name in listing if name != "/."]

    def pythons(self) -> list[str]:
        """Return every Python program there is outside the installed app."""
        folders = [self.path / folder for folder in ("bin", "usr/bin", "usr/local/bin", "usr/sbin", "sbin")]
        found = {path for folder in folders if folder.exists() for path in folder.glob("*python*")}
        return sorted("/" + str(path.relative_to(self.path)) for path in found)

    def processes(self) -> list[str]:
        """Return what runs in here."""
        return [f"{number} {words}" for number, words in inhabitants(self.path)]

    def put(self, file: Path, inside: str) -> None:
        """Copy a file in, for everybody to read."""
        target = self.path / inside.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        target.chmod(0o644)

    def free_bytes(self) -> int:
        """Return the room on the disk that the root lies on."""
        status = os.statvfs(self.path)
        return status.f_bavail * status.f_frsize
