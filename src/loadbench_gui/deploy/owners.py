"""Which server process holds which connection: read off the sockets, because few answers say who gave them.

The kernel lists every TCP socket with an inode, and every process's descriptors name inodes. Together they say who
accepted a connection, known to us by our own port. Linux only; a server in another network namespace (a container)
is not seen, and nothing is claimed about it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

_TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_ESTABLISHED, _LISTENING = "01", "0A"
_KNOWN_SHARE: Final = 0.99
"""With less than this known, a table would look like an uneven server where only our view is uneven."""


def connection_owners(pids: Iterable[int], port: int, tables: Iterable[Path] = _TABLES) -> dict[int, int]:
    """Return, for each established connection to the server's `port`, the client's port -> the pid that holds it.

    A socket that several processes share (inherited over a fork) belongs to the last of `pids` that has it: children
    come after their parents there, and it is they that serve. Blocks for about a microsecond a descriptor.
    """
    clients = {inode: client for table in tables for inode, client in _sockets(table, port, _ESTABLISHED)}
    if not clients:
        return {}
    return {clients[inode]: pid for pid in pids for inode in _socket_inodes(pid) if inode in clients}


def listening_pids(port: int, tables: Iterable[Path] = _TABLES) -> tuple[int, ...] | None:
    """Return every pid that holds a socket listening on `port`, workers that share their master's too.

    None where the system has no such tables. Processes of other users may be hidden.
    """
    if not any(table.exists() for table in tables):
        return None
    inodes = {inode for table in tables for inode, _ in _sockets(table, port, _LISTENING)}
    pids = (int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit()) if inodes else ()
    return tuple(sorted(pid for pid in pids if not inodes.isdisjoint(_socket_inodes(pid))))


def requests_per_process(served: Mapping[int, int], owners: Mapping[int, int]) -> dict[str, int] | None:
    """Return how many requests each process answered, by pid; None where too few connections have a known owner.

    served: requests by the client's port. owners: pid by the client's port.
    """
    total = sum(served.values())
    counts: dict[str, int] = {}
    for port, requests in served.items():
        if port in owners:
            pid = str(owners[port])
            counts[pid] = counts.get(pid, 0) + requests
    return counts if total and sum(counts.values()) >= _KNOWN_SHARE * total else None


def _sockets(table: Path, port: int, state: str) -> list[tuple[str, int]]:
    """Return (inode, remote port) of the sockets in `state` whose local port is `port`."""
    try:
        lines = table.read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return []
    wanted = f":{port:04X}"
    fields = (line.split() for line in lines if wanted in line)
    return [
        (row[9], int(row[2].rpartition(":")[2], 16)) for row in fields if row[1].endswith(wanted) and row[3] == state
    ]


def _socket_inodes(pid: int) -> list[str]:
    found = []
    with contextlib.suppress(OSError), os.scandir(f"/proc/{pid}/fd") as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                link = os.readlink(entry.path)  # noqa: PTH115 - a thousand times a second
                if link.startswith("socket:["):
                    found.append(link[8:-1])
    return found
