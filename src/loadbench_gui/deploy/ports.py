"""Ports of this machine: one that is free, who listens on one, and whether that is the server we started."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Iterable

import psutil

from loadbench_gui.deploy import owners, proctree


def free_port(host: str) -> int:
    """Return a port that nobody listens on right now; another process may still be faster to take it."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def is_taken(host: str, port: int) -> bool:
    """Whether a server could not bind `port` on `host` now."""
    with socket.socket() as probe:
        if os.name == "posix":
            # What servers do: connections of an earlier server that are still timing out are no obstacle.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def listeners(port: int) -> tuple[int, ...]:
    """Return the pids that listen on `port`, as far as the system tells us; other users' may be hidden.

    All that share one socket are named: psutil names only one of them, so on Linux it is not asked.
    """
    if (pids := owners.listening_pids(port)) is not None:
        return pids
    try:
        connections = psutil.net_connections("tcp")
    except (psutil.Error, OSError):
        return ()
    found = {c.pid for c in connections if c.status == psutil.CONN_LISTEN and c.laddr and c.laddr.port == port}
    return tuple(sorted(pid for pid in found if pid is not None))


def describe(pid: int) -> str:
    """Return "pid 4711 (nginx: master process)" for messages."""
    with contextlib.suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        words = " ".join(process.cmdline()) or process.name()
        return f"pid {pid} ({words[:80]})"
    return f"pid {pid}"


def tree_of(root: int) -> set[int]:
    """Return the living pids below `root`."""
    return {proc.pid for proc in proctree.descendants(root, proctree.all_processes())}


def listening_ports(pids: Iterable[int]) -> tuple[int, ...]:
    """Return the TCP ports that these processes listen on, lowest first."""
    ports: set[int] = set()
    for pid in pids:
        with contextlib.suppress(psutil.Error, OSError):
            connections = psutil.Process(pid).net_connections("tcp")
            ports |= {c.laddr.port for c in connections if c.status == psutil.CONN_LISTEN and c.laddr}
    return tuple(sorted(ports))


def topmost(pids: Iterable[int]) -> int | None:
    """Return the pid among `pids` that is the ancestor of the others: the master among its workers."""
    members = set(pids)
    parents = {proc.pid: proc.ppid for proc in proctree.all_processes()}
    return min((pid for pid in members if parents.get(pid) not in members), default=None)
