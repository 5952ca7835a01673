"""What became of the time of the CPUs that a run used: read at both ends of the window, judged elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_STAT: Final = Path("/proc/stat")
_BEGUN_BEFORE: Final = 1
"""The first tick that is seen to be stolen may have been stolen almost whole before the first look."""
_IDLE, _IOWAIT, _STEAL, _FIELDS = 3, 4, 7, 8


@dataclass(frozen=True, slots=True)
class CpuTime:
    """One CPU's time since the system started, in ticks of the kernel (a hundredth of a second).

    steal: what the hypervisor gave to others while this CPU had work to do. busy: what processes here used.
    """

    total: int
    busy: int
    steal: int


def read_cpu_times(path: Path = _STAT) -> dict[int, CpuTime]:
    """Return the times of every CPU by its number; empty where the system does not tell. Source: proc_stat(5)."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError:
        return {}
    return {
        int(name[3:]): _cpu_time([int(field) for field in fields[:_FIELDS]])
        for name, *fields in (line.split() for line in lines if line.startswith("cpu"))
        if name[3:].isdigit() and len(fields) >= _FIELDS
    }


def steal_fraction(
    before: Mapping[int, CpuTime], after: Mapping[int, CpuTime], cpus: Iterable[int] | None
) -> float | None:
    """Return the share of time stolen from that one of `cpus` which lost most; None where it cannot be told.

    cpus None: all of them. The worst and not the mean, because requests met the one that they were on.
    """
    shares = [_share(before[cpu], after[cpu], "steal", spare=_BEGUN_BEFORE) for cpu in _both(before, after, cpus)]
    return max(shares, default=None)


def busy_fraction(
    before: Mapping[int, CpuTime], after: Mapping[int, CpuTime], cpus: Iterable[int] | None
) -> float | None:
    """Return the share of the time of `cpus` together that processes used; None where it cannot be told."""
    shares = [_share(before[cpu], after[cpu], "busy") for cpu in _both(before, after, cpus)]
    return sum(shares) / len(shares) if shares else None


def _cpu_time(ticks: list[int]) -> CpuTime:
    # Time of guests is contained in user time already, so the fields after steal are left out.
    total, steal = sum(ticks), ticks[_STEAL]
    return CpuTime(total, total - ticks[_IDLE] - ticks[_IOWAIT] - steal, steal)


def _both(before: Mapping[int, CpuTime], after: Mapping[int, CpuTime], cpus: Iterable[int] | None) -> list[int]:
    wanted = set(before if cpus is None else cpus)
    return [cpu for cpu in before if cpu in wanted and cpu in after and after[cpu].total > before[cpu].total]


def _share(before: CpuTime, after: CpuTime, what: str, *, spare: int = 0) -> float:
    gone: int = getattr(after, what) - getattr(before, what)
    return max(0, gone - spare) / (after.total - before.total)
