"""What the kernel says of a process while it runs: CPU time, memory, children. Read from /proc, never from us."""

from __future__ import annotations

import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Memory:
    """Proportional and unique set size of one process, in bytes."""

    pss_bytes: int
    uss_bytes: int


@dataclass(frozen=True)
class Ended:
    """A command that is over. cpu_s: user and system time of it and of every child it waited for."""

    text: str
    code: int
    cpu_s: float
    wall_s: float


def cpu_s(pid: int) -> float:
    """User and system seconds of a living process and its threads, a hundredth of a second fine.

    Raises `OSError` once it is gone.
    """
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def memory(pid: int) -> Memory:
    """PSS and USS of a living process. Raises `OSError` once it is gone."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    kib = {name: int(value) for name, value in re.findall(r"^(\w+):\s+(\d+) kB", rollup, re.M)}
    if "Pss" not in kib:
        raise ProcessLookupError(f"process {pid} has no memory left")
    return Memory(kib["Pss"] * 1024, (kib["Private_Clean"] + kib["Private_Dirty"]) * 1024)


def workers(pid: int) -> list[int]:
    """Processes that `pid` started to send requests."""
    found = []
    for child in _children(pid):
        try:
            line = Path(f"/proc/{child}/cmdline").read_bytes()
        except OSError:
            continue
        if b"spawn_main" in line or b"--multiprocessing-fork" in line:
            found.append(child)
    return found


def over(pid: int) -> bool:
    """Tell whether a child of ours has ended, and leave it to be waited for."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def worker(pid: int, deadline_s: float = 60.0) -> int | None:
    """Wait for the one worker of a command that has just been started; return its process id, None without one."""
    end = time.monotonic() + deadline_s
    while time.monotonic() < end and not over(pid):
        if found := workers(pid):
            return found[0]
        time.sleep(0.01)
    return None


def _children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text("ascii").split()]
    except OSError:
        return []


def wait(process: subprocess.Popen[bytes], output: Path, started_s: float) -> Ended:
    """Wait for a process that writes to the file `output`. started_s: `time.monotonic()` at its start."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    text = output.read_text(encoding="utf-8", errors="replace")
    return Ended(text, process.returncode, usage.ru_utime + usage.ru_stime, time.monotonic() - started_s)
