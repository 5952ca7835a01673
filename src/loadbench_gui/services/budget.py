"""Does this machine have what a load needs? Asked before anything is sent, so that the answer can name the cure."""

from __future__ import annotations

import ipaddress
import sys
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from loadbench_gui.core.plan import Load, Target
from loadbench_gui.deploy.resolve import look_up
from loadbench_gui.engine.fitness.evidence import PortBudget
from loadbench_gui.errors import EnvironmentFault, TargetFault

SPARE_FILES: Final = 64
"""Descriptors that a worker needs besides its connections."""
TIME_WAIT_S: Final = 60.0
"""How long Linux keeps the port of a connection that has ended (TCP_TIMEWAIT_LEN); elsewhere it is the same or less."""
REUSED_AFTER_S: Final = 1.0
"""How long it is kept where the port may be used again at once (ip-sysctl, tcp_tw_reuse)."""
_PROC: Final = Path("/proc")
_RANGE_HINT: Final = 'Widen the range: `sysctl -w net.ipv4.ip_local_port_range="1024 65535"`, or use fewer connections.'


def open_file_limit() -> int | None:
    """Return how many files a process may raise its own limit to, or None where there is no limit to ask for."""
    if sys.platform == "win32":
        return None
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return None if hard == resource.RLIM_INFINITY else hard


def entrance_of(load: Load) -> Target | None:
    """Return where the connections of `load` lead: to its target, or to the proxy before it. Blocks for a look-up.

    None for a proxy whose name nobody knows: that is for the load itself to meet, request by request.
    """
    if not load.client.proxy:
        return load.target
    parts = urlsplit(load.client.proxy)
    scheme: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
    host, port = parts.hostname or "", parts.port or (443 if scheme == "https" else 80)
    try:
        return Target(scheme, host, port, look_up(host, port))
    except TargetFault:
        return None


def port_budget(target: Target, connections: int, proc: Path = _PROC) -> PortBudget | None:
    """Return the local ports towards `target`; None where none are needed (a Unix socket) or none can be read.

    proc: where /proc is, for tests. Looking at every socket takes time, so it is done only where it may matter.
    """
    count = _port_count(proc)
    if target.unix_path or count is None:
        return None
    hold_s = REUSED_AFTER_S if _is_reused(target, proc) else TIME_WAIT_S
    waiting = 0 if hold_s == REUSED_AFTER_S else _time_wait_count(proc)
    held = _held(target, proc) if connections + waiting > count else 0
    return PortBudget(count, held, hold_s)


def must_afford(connections: int, workers: int, *, files: int | None, ports: PortBudget | None) -> None:
    """Raise `EnvironmentFault` when `connections` over `workers` processes exceed a limit. None: no limit known."""
    per_worker = -(-connections // workers) + SPARE_FILES
    if files is not None and per_worker > files:
        raise EnvironmentFault(
            f"{connections} connections need {per_worker} open files in each worker ({workers}); the limit is {files}.",
            f"Raise the limit (`ulimit -Hn {per_worker}` as root), use more workers, or fewer connections.",
        )
    if ports is None or connections <= ports.count - ports.held:
        return
    needed = f"{connections} connections to one address need as many local ports; this system hands out {ports.count}"
    if connections > ports.count:
        raise EnvironmentFault(f"{needed}.", _RANGE_HINT)
    raise EnvironmentFault(
        f"{needed}, and {ports.held} of them are held by other connections there, most of which have ended.",
        f"Wait {ports.hold_s:g} s, or let them be used again: `sysctl -w net.ipv4.tcp_tw_reuse=1`. {_RANGE_HINT}",
    )


def must_be_served(connections: int, workers: int, files: int | None) -> None:
    """Raise `EnvironmentFault` when a server started here cannot hold its share of `connections`. None: no limit known.

    workers: processes of the server, among which the system spreads the connections as evenly as it likes.
    """
    per_worker = -(-connections // workers) + SPARE_FILES
    if files is not None and per_worker > files:
        raise EnvironmentFault(
            f"{connections} connections need {per_worker} open files in each process of the server ({workers}); the "
            f"limit is {files}.",
            f"Raise the limit before you start loadbench (`ulimit -Hn {per_worker}` as root), or hold fewer of them.",
        )


def _port_count(proc: Path) -> int | None:
    try:
        low, high = map(int, (proc / "sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split())
    except (OSError, ValueError):
        return None
    return high - low + 1


def _is_reused(target: Target, proc: Path) -> bool:
    """Whether a port whose connection has ended may be taken again: 1 everywhere, 2 on the loopback address."""
    try:
        setting = int((proc / "sys/net/ipv4/tcp_tw_reuse").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return False
    return setting == 1 or (setting == 2 and _address(target).is_loopback)


def _time_wait_count(proc: Path) -> int:
    """Return how many connections to anywhere have ended and hold their ports still (the field `tw`)."""
    try:
        lines = (proc / "net/sockstat").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    words = next((line.split() for line in lines if line.startswith("TCP:")), [])
    return int(words[words.index("tw") + 1]) if "tw" in words else 0


def _held(target: Target, proc: Path) -> int:
    """Return how many sockets lead to the target already, in whatever state: the third column of /proc/net/tcp."""
    address = _address(target)
    remote = f"{_hexadecimal(address)}:{target.port:04X}"
    try:
        lines = (proc / ("net/tcp" if address.version == 4 else "net/tcp6")).read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return sum(1 for line in lines[1:] if len(fields := line.split()) > 2 and fields[2] == remote)


def _address(target: Target) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(target.address.partition("%")[0])


def _hexadecimal(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """Write an address as /proc/net does: in words of the machine's own byte order."""
    packed = address.packed
    order = slice(None, None, -1) if sys.byteorder == "little" else slice(None)
    return "".join(packed[at : at + 4][order].hex().upper() for at in range(0, len(packed), 4))
