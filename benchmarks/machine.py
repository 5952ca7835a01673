"""The machine: what it is, which core does what, and which programs are there."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS_BIN = ROOT / ".make" / "bench" / "bin"
"""Where packaging/bench-tools.sh puts generators that are not Debian's."""
PEERS_PYTHON = PEERS_BIN.parent / "python" / "bin" / "python"
"""The Python that has libraries which are none of ours."""

SERVER_CPU, GENERATOR_CPU = 0, 1
OPEN_FILES = 65_536
STOLEN = 0.01
"""A run of whose CPUs the hypervisor took more is not counted: one request in a hundred may have met that."""


def prepare() -> None:
    """Raise the limit of open files, put the peers on the path, and refuse a machine that cannot keep cores apart."""
    if sys.platform != "linux":
        sys.exit("the benchmarks pin processes and read /proc: they run on Linux")
    if not {SERVER_CPU, GENERATOR_CPU} <= os.sched_getaffinity(0):
        sys.exit(f"server and generator need CPUs {SERVER_CPU} and {GENERATOR_CPU}: this process may not use both")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, hard), hard))
    os.environ["PATH"] = os.pathsep.join([str(PEERS_BIN), os.environ.get("PATH", ""), "/usr/sbin"])


def find(program: str) -> str | None:
    """Return the program's path, or None."""
    return shutil.which(program)


def pinned(cpu: int, command: list[str]) -> list[str]:
    """Return the command that runs `command` on one CPU."""
    return ["taskset", "-c", str(cpu), *command]


def describe() -> str:
    """Return one line: when, what machine, how busy."""
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {_cpu_model()}, {os.cpu_count()} CPUs, {platform.system()}"
        f" {platform.release()}, Python {platform.python_version()}; load average {os.getloadavg()[0]:.1f}."
    )


def _cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown CPU")
