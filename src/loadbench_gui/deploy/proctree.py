"""Which processes descend from which: read from /proc, so that the guardian needs nothing but the standard library.

A pid alone names nobody, because the system reuses it; a process is identified here by its pid and its start time.
Elsewhere than on Linux `ps` is asked, at the price of a process per look.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_LINUX = sys.platform.startswith("linux")


@dataclass(frozen=True, slots=True)
class Proc:
    """One process. start: when it began, in the system's own notation (only ever compared for equality and order).

    session: the session it belongs to; where that is not known, its process group.
    """

    pid: int
    ppid: int
    session: int
    start: str
    zombie: bool = False

    @property
    def identity(self) -> tuple[int, str]:
        """What tells it from a later process with the same pid."""
        return self.pid, self.start


def read_process(pid: int) -> Proc | None:
    """Return what is known about `pid`, or None when there is no such process."""
    if not _LINUX:
        return next((p for p in _from_ps() if p.pid == pid), None)
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    # The name, in parentheses, may itself contain blanks and parentheses: the fields begin after the last one.
    fields = text[text.rindex(")") + 2 :].split()
    return Proc(pid, int(fields[1]), int(fields[3]), fields[19].rjust(20, "0"), fields[0] in "ZX")


def all_processes() -> list[Proc]:
    """Return every process that this user can see."""
    if not _LINUX:
        return _from_ps()
    pids = (int(entry.name) for entry in os.scandir(PROC) if entry.name.isdigit())
    return [proc for proc in map(read_process, pids) if proc is not None]


def _from_ps() -> list[Proc]:
    """Ask `ps`: the only portable source on macOS and the BSDs. Has no session there, so the group stands in."""
    import subprocess  # noqa: PLC0415, RUF100 - costs the guardian its quick start, and Linux never comes here

    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,pgid=,stat=,lstart="],  # noqa: S607 - a system tool, wherever it is
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    found = []
    for line in listing.stdout.splitlines():
        pid, ppid, group, state, start = line.split(None, 4)
        found.append(Proc(int(pid), int(ppid), int(group), start.strip(), state.startswith("Z")))
    return found


def descendants(root: int, processes: Iterable[Proc]) -> list[Proc]:
    """Return the living processes below `root`, parents before children; zombies are dead and left out."""
    children: dict[int, list[Proc]] = {}
    for proc in processes:
        children.setdefault(proc.ppid, []).append(proc)
    found: list[Proc] = []
    queue = [root]
    seen = {root}
    while queue:
        for child in children.get(queue.pop(0), ()):
            if child.pid not in seen:
                seen.add(child.pid)
                queue.append(child.pid)
                found.append(child)
    return [proc for proc in found if not proc.zombie]


def quick_descendants(root: int) -> list[Proc]:
    """Like `descendants`, in a fraction of a millisecond where the kernel lists children, but it may miss one.

    Good for keeping a record up to date during a measurement, not for deciding that nobody is left.
    """
    if not (PROC / str(root) / "task" / str(root) / "children").exists():
        return descendants(root, all_processes())
    found: list[Proc] = []
    queue = [root]
    while queue:
        tasks = PROC / str(queue.pop()) / "task"
        with contextlib.suppress(OSError):
            for task in tasks.iterdir():
                pids = (task / "children").read_text().split()
                procs = [proc for proc in map(read_process, map(int, pids)) if proc is not None]
                found.extend(proc for proc in procs if not proc.zombie)
                queue.extend(proc.pid for proc in procs)
    return found


def send(pids: Iterable[int], number: int) -> None:
    """Send a signal to each of them; those that are gone or not ours are passed over."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def kill_until_none(find: Callable[[], Collection[Proc]], limit_s: float) -> set[int]:
    """Kill what `find` returns and look again, until it returns nobody or `limit_s` seconds are over.

    Looking again matters: between a look and a kill a process can fork. Returns the pids that were killed.
    """
    killed: set[int] = set()
    deadline = time.monotonic() + limit_s
    while (found := find()) and time.monotonic() < deadline:
        number = signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM
        send([proc.pid for proc in found], number)
        killed.update(proc.pid for proc in found)
        time.sleep(0.002)
    return killed
