from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest

from loadbench_gui.deploy import proctree
from loadbench_gui.deploy.proctree import Proc, descendants, kill_until_none, read_process

WAIT = "import sys; sys.stdout.write('x'); sys.stdout.flush(); sys.stdin.read()"
NEST = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {WAIT!r}])"
posix = pytest.mark.skipif(sys.platform == "win32", reason="the guardian has a job object there")


def test_descendants_come_parents_first_without_the_dead_and_without_strangers() -> None:
    processes = [
        Proc(3, 2, 1, "c"), Proc(2, 1, 1, "b"), Proc(4, 1, 1, "d", zombie=True), Proc(9, 8, 8, "i"), Proc(5, 4, 1, "e"),
    ]  # fmt: skip

    assert [proc.pid for proc in descendants(1, processes)] == [2, 3, 5]


@posix
def test_a_real_tree_is_seen_by_every_way_of_looking() -> None:
    with subprocess.Popen([sys.executable, "-c", NEST], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        expected = {process.pid, *(child.pid for child in psutil.Process(process.pid).children())}
        thorough = {proc.pid for proc in descendants(os.getpid(), proctree.all_processes())}
        quick = {proc.pid for proc in proctree.quick_descendants(os.getpid())}
        portable = {proc.pid for proc in descendants(process.pid, proctree._from_ps())}
        process.communicate()

    assert len(expected) == 2
    assert expected <= thorough
    assert expected <= quick
    assert portable == expected - {process.pid}


@posix
def test_a_process_is_identified_by_more_than_its_pid() -> None:
    me = read_process(os.getpid())

    assert me is not None
    assert me.ppid == os.getppid()
    assert me.session == os.getsid(0)
    assert me == read_process(os.getpid())
    assert me.start
    assert read_process(2**22 + 1) is None


@posix
def test_killing_goes_on_until_nobody_is_found() -> None:
    processes = [subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) for _ in range(2)]
    waiting = [proc for proc in map(read_process, [p.pid for p in processes]) if proc is not None]

    def find() -> list[Proc]:
        return [waiting.pop()] if waiting else []

    assert kill_until_none(find, 10.0) == {process.pid for process in processes}
    for process in processes:
        process.communicate()
        assert process.returncode == -9
