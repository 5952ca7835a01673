"""The app under test: its two executables, its files, and its processes while it runs."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil
import tomlkit
from installers.places import ROOT

from program import Loadbench

# What a user's session sets and a test must not inherit.
SESSION = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "LOADBENCH_", "PYTHON", "PYSIDE6_", "XDG_",
           "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy",
           "LD_LIBRARY_PATH")  # fmt: skip
NOBODY = 65534


@dataclass(frozen=True, slots=True)
class App:
    """A frozen app in this folder."""

    folder: Path

    @property
    def console(self) -> Path:
        """The console executable."""
        return self.folder / "loadbench"

    @property
    def window(self) -> Path:
        """The windowed executable."""
        return self.folder / "loadbench-gui"

    def files(self) -> dict[str, tuple[int, int, int]]:
        """Return every file and folder, with what a change of it would change."""
        found = {}
        for path in self.folder.rglob("*"):
            facts = path.lstat()
            # Writing into a folder changes its time; reading changes neither.
            found[str(path.relative_to(self.folder))] = (facts.st_mode, facts.st_size, facts.st_mtime_ns)
        return found


class Frozen(Loadbench):
    """`loadbench ...` of a frozen app, with a history of its own in `folder`.

    as_nobody: run as a user who owns nothing; only root can.
    """

    def __init__(self, app: App, folder: Path, *, as_nobody: bool = False) -> None:
        super().__init__(folder)
        own = {name: value for name, value in self.environment.items() if name.startswith("LOADBENCH_")}
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(SESSION)},
            **own,
            "COLUMNS": "160",
            "NO_COLOR": "1",
        }
        self.app = app
        self._user = NOBODY if as_nobody and os.getuid() == 0 else None

    def start(self, *arguments: str, largest_file_bytes: int | None = None) -> subprocess.Popen[str]:
        """Start the console executable."""
        assert largest_file_bytes is None, "no test of the frozen app needs it"
        return self.popen(self.app.console, *arguments)

    def popen(self, program: Path, *arguments: str) -> subprocess.Popen[str]:
        """Start one of the executables."""
        return subprocess.Popen(
            [str(program), *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
            env=self.environment, cwd=self.folder,
            user=self._user, group=self._user, extra_groups=None if self._user is None else [],
        )  # fmt: skip

    def gui(self, *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run the windowed executable to its end."""
        process = self.popen(self.app.window, *arguments)
        try:
            out, err = process.communicate(timeout=timeout)
        finally:
            process.kill()  # a window that should not have opened
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def first_look(*, rounds: int = 2, duration: str = "1s") -> str:
    """Return the bundled three-way comparison, shorter and lighter; its deployments stay as they are shipped."""
    document = tomlkit.parse((ROOT / "profiles" / "first-look.toml").read_text("utf-8")).unwrap()
    document["workload"][0].update(
        warmup="250ms", duration=duration, load={"model": "open", "rate": 100, "connections": 4}
    )
    document["comparison"]["rounds"] = rounds
    return tomlkit.dumps(document)


@dataclass(frozen=True, slots=True)
class Seen:
    """A process that was seen: its command line, and whether Qt was loaded in it."""

    command: str
    has_qt: bool


def family(pid: int) -> dict[int, Seen]:
    """Return the processes below `pid` as they are now."""
    found = {}
    try:
        for process in psutil.Process(pid).children(recursive=True):
            found[process.pid] = look(process.pid)
    except (psutil.Error, OSError):
        pass  # one ended while we looked
    return found


def look(pid: int) -> Seen:
    """Return what can be seen of one process. Raises `OSError` or `psutil.Error` when it is gone."""
    return Seen(" ".join(psutil.Process(pid).cmdline()), "libQt6" in Path(f"/proc/{pid}/maps").read_text("utf-8"))
