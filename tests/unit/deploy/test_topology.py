from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from loadbench_gui.deploy.topology import read_cores, read_machine, read_quota, read_throttled

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /sys and /proc")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_cores_are_read_from_the_kernel(tmp_path: Path) -> None:
    for cpu, siblings in ((0, "0,2"), (1, "1,3"), (2, "0,2")):
        write(tmp_path / f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list", f"{siblings}\n")

    assert read_cores((0, 1, 2, 3), tmp_path) == {0: "0,2", 1: "1,3", 2: "0,2"}


def test_the_tightest_quota_of_version_2_counts(tmp_path: Path) -> None:
    write(tmp_path / "proc/self/cgroup", "0::/pod/box\n")
    write(tmp_path / "sys/fs/cgroup/pod/box/cpu.max", "max 100000\n")
    write(tmp_path / "sys/fs/cgroup/pod/cpu.max", "150000 100000\n")
    write(tmp_path / "sys/fs/cgroup/pod/cpu.stat", "nr_periods 9\nnr_throttled 4\n")

    assert read_quota(tmp_path) == 1.5
    assert read_throttled(tmp_path) == 4


def test_a_quota_of_version_1_is_read_too(tmp_path: Path) -> None:
    write(tmp_path / "proc/self/cgroup", "4:memory:/x\n2:cpu,cpuacct:/box\n0::/\n")
    write(tmp_path / "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "50000\n")
    write(tmp_path / "sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us", "100000\n")
    write(tmp_path / "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n")

    assert read_quota(tmp_path) == 0.5


def test_no_limit_is_no_quota(tmp_path: Path) -> None:
    write(tmp_path / "proc/self/cgroup", "0::/\n")

    assert read_quota(tmp_path) is None
    assert read_throttled(tmp_path) == 0


def test_this_machine_can_be_read() -> None:
    machine = read_machine()

    assert machine.allowed == tuple(sorted(os.sched_getaffinity(0)))
    assert sorted(cpu for core in machine.cores() for cpu in core) == list(machine.allowed)
