"""Which CPUs this process may use, which of them share a physical core, and how much time a container grants."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Machine:
    """What placement is decided from.

    allowed: logical CPUs that this process may run on, ascending. core_of: physical core of each, where known.
    quota_cpus: CPUs' worth of time that the cgroup grants, None without a limit. pinnable: affinity can be set.
    """

    allowed: tuple[int, ...]
    core_of: Mapping[int, str] = field(default_factory=dict)
    quota_cpus: float | None = None
    pinnable: bool = True

    def cores(self) -> tuple[tuple[int, ...], ...]:
        """Return the allowed CPUs grouped by physical core; one whose core is unknown is a core of its own."""
        groups: dict[str, list[int]] = {}
        for cpu in self.allowed:
            groups.setdefault(self.core_of.get(cpu, f"cpu{cpu}"), []).append(cpu)
        return tuple(tuple(group) for group in groups.values())

    def one_per_core_first(self, cpus: Iterable[int]) -> tuple[int, ...]:
        """Order CPUs so that each physical core comes once before any comes a second time."""
        seen: dict[str, int] = {}
        ranked = []
        for place, cpu in enumerate(cpus):
            core = self.core_of.get(cpu, f"cpu{cpu}")
            ranked.append((seen.get(core, 0), place, cpu))
            seen[core] = seen.get(core, 0) + 1
        return tuple(cpu for _, _, cpu in sorted(ranked))

    def core_count(self, cpus: Iterable[int]) -> int:
        """Return how many physical cores these CPUs are."""
        return len({self.core_of.get(cpu, f"cpu{cpu}") for cpu in cpus})

    def share_a_core(self, one: tuple[int, ...], other: tuple[int, ...]) -> bool:
        """Whether a CPU of `one` is on the same physical core as one of `other`."""
        cores = {self.core_of.get(cpu, f"cpu{cpu}") for cpu in one}
        return any(self.core_of.get(cpu, f"cpu{cpu}") in cores for cpu in other)


def read_machine(root: Path = Path("/")) -> Machine:
    """Read affinity, topology and quota. root: where /sys and /proc are, for tests."""
    pinnable = hasattr(os, "sched_getaffinity")
    allowed = tuple(sorted(os.sched_getaffinity(0))) if pinnable else tuple(range(psutil.cpu_count() or 1))
    return Machine(allowed, read_cores(allowed, root), read_quota(root), pinnable)


def read_cores(cpus: tuple[int, ...], root: Path = Path("/")) -> dict[int, str]:
    """Return the physical core of each CPU as the list of threads that share it, e.g. `{0: "0,4", 4: "0,4"}`."""
    cores = {}
    for cpu in cpus:
        folder = root / f"sys/devices/system/cpu/cpu{cpu}/topology"
        for name in ("core_cpus_list", "thread_siblings_list"):
            with contextlib.suppress(OSError):
                cores[cpu] = (folder / name).read_text().strip()
                break
    return cores


def _cgroup_folders(root: Path, controller: str) -> list[Path]:
    """Return this process's cgroup and its ancestors, as far as they are mounted here, innermost first.

    controller: "" for version 2, "cpu" for version 1.
    """
    with contextlib.suppress(OSError):
        for line in (root / "proc/self/cgroup").read_text().splitlines():
            _, names, path = line.split(":", 2)
            if controller not in names.split(","):
                continue
            mounts = [root / "sys/fs/cgroup"] if not controller else [
                root / "sys/fs/cgroup/cpu", root / "sys/fs/cgroup/cpu,cpuacct"
            ]  # fmt: skip
            relative = Path(path.lstrip("/"))
            return [mount / part for mount in mounts for part in (relative, *relative.parents)]
    return []


def read_quota(root: Path = Path("/")) -> float | None:
    """Return the tightest CPU quota over this process's cgroups, in CPUs, of version 2 or 1; None without one."""
    if not sys.platform.startswith("linux"):
        return None
    quotas = []
    for folder in _cgroup_folders(root, ""):
        with contextlib.suppress(OSError, ValueError):
            # "max 100000" has no number in front: no limit.
            quota, period = (folder / "cpu.max").read_text().split()
            quotas.append(int(quota) / int(period))
    for folder in _cgroup_folders(root, "cpu"):
        with contextlib.suppress(OSError, ValueError):
            quota_us = int((folder / "cpu.cfs_quota_us").read_text())
            if quota_us > 0:
                quotas.append(quota_us / int((folder / "cpu.cfs_period_us").read_text()))
    return min(quotas, default=None)


def read_throttled(root: Path = Path("/")) -> int:
    """Return how often this process's cgroups have been throttled so far; compare before and after a run."""
    counts = [0]
    for folder in (*_cgroup_folders(root, ""), *_cgroup_folders(root, "cpu")):
        with contextlib.suppress(OSError, ValueError):
            for line in (folder / "cpu.stat").read_text().splitlines():
                name, _, value = line.partition(" ")
                if name == "nr_throttled":
                    counts.append(int(value))
    return max(counts)
