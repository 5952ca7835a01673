"""Does this machine have what a load needs? Asked before anything is sent, so that the answer can name the cure."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from loadbench_gui.errors import EnvironmentFault

SPARE_FILES: Final = 64
"""Descriptors that a worker needs besides its connections."""
_PORT_RANGE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")


def open_file_limit() -> int | None:
    """Return how many files a process may raise its own limit to, or None where there is no limit to ask for."""
    if sys.platform == "win32":
        return None
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return None if hard == resource.RLIM_INFINITY else hard


def port_count(path: Path = _PORT_RANGE) -> int | None:
    """Return how many local ports the system hands out to one address, or None where that is not readable."""
    try:
        low, high = map(int, path.read_text(encoding="ascii").split())
    except (OSError, ValueError):
        return None
    return high - low + 1


def must_afford(connections: int, workers: int, *, files: int | None, ports: int | None) -> None:
    """Raise `EnvironmentFault` when `connections` over `workers` processes exceed a limit. None: no limit known."""
    per_worker = -(-connections // workers) + SPARE_FILES
    if files is not None and per_worker > files:
        raise EnvironmentFault(
            f"{connections} connections need {per_worker} open files in each worker ({workers}); the limit is {files}.",
            f"Raise the limit (`ulimit -Hn {per_worker}` as root), use more workers, or fewer connections.",
        )
    if ports is not None and connections > ports:
        raise EnvironmentFault(
            f"{connections} connections to one address need as many local ports; this system hands out {ports}.",
            'Widen the range: `sysctl -w net.ipv4.ip_local_port_range="1024 65535"`, or use fewer connections.',
        )
