from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from loadbench_gui.core.run import TargetSample
from loadbench_gui.deploy.watch import Watcher, sample_tree

MIB = 1024 * 1024
READY = "sys.stdout.write('x'); sys.stdout.flush(); sys.stdin.read()"
PLAIN = f"import sys; {READY}"
# Holds 40 MiB, which its forked child shares and does not touch.
FORKING = f"import os, sys; held = bytearray({40 * MIB}); held[::4096] = b'x' * len(held[::4096]); os.fork(); {READY}"
BUSY_CHILD = (
    "import subprocess, sys; "
    "subprocess.run([sys.executable, '-c', 'import time; e = time.process_time\\nwhile e() < 0.3: pass']); " + READY
)
OPEN = f"import os, socket, sys; held = [socket.socketpair() for _ in range(10)]; {READY}"
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="PSS and /proc")


@contextmanager
def running(code: str, ready: int = 1) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has said "x" `ready` times and waits for the end of its input."""
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(ready)
        yield process
        assert process.stdin is not None
        process.stdin.close()


def sample(roots: int | list[int]) -> TargetSample:
    taken = sample_tree(roots, 1.5)
    assert taken is not None
    return taken


def test_a_process_has_memory_time_and_threads() -> None:
    with running(PLAIN) as process:
        taken = sample(process.pid)

    assert taken.t_s == 1.5
    assert (taken.processes, taken.threads) == (1, 1)
    assert 2 * MIB < taken.memory_bytes < 100 * MIB
    assert 0 <= taken.cpu_s < 10


@linux
def test_shared_pages_are_counted_once_in_pss_and_twice_in_rss() -> None:
    with running(FORKING, ready=2) as process:
        taken = sample(process.pid)

    assert taken.processes == 2
    assert taken.kind == "pss"
    assert taken.pss_bytes is not None
    assert taken.uss_bytes is not None
    assert taken.rss_bytes > 80 * MIB
    assert 40 * MIB < taken.pss_bytes < 75 * MIB
    assert taken.uss_bytes < 30 * MIB


@linux
def test_time_of_children_that_ended_is_counted() -> None:
    with running(BUSY_CHILD) as process:
        taken = sample(process.pid)

    assert taken.processes == 1
    assert taken.cpu_s >= 0.3


@linux
def test_descriptors_and_sockets_are_counted() -> None:
    with running(PLAIN) as plain, running(OPEN) as opened:
        before, after = sample(plain.pid), sample(opened.pid)

    assert before.connections == 0
    assert after.connections == 20
    assert before.open_files is not None
    assert after.open_files == before.open_files + 20


def test_several_processes_are_added_up() -> None:
    with running(PLAIN) as one, running(PLAIN) as two:
        assert sample([one.pid, two.pid]).processes == 2


def test_nobody_alive_is_no_sample() -> None:
    with running(PLAIN) as process:
        pass

    assert sample_tree(process.pid, 0.0) is None


def test_a_watcher_delivers_on_the_loop_and_on_the_time_axis_of_the_run() -> None:
    async def watch(pid: int) -> list[TargetSample]:
        samples: asyncio.Queue[TargetSample] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        origin_ns = time.perf_counter_ns() + 10_000_000_000

        def keep(taken: TargetSample) -> None:
            assert asyncio.get_running_loop() is loop
            samples.put_nowait(taken)

        watcher = Watcher(pid, lambda: origin_ns, keep, period_s=0.05)
        watcher.start()
        taken = [await samples.get() for _ in range(3)]
        watcher.stop()
        return taken

    with running(PLAIN) as process:
        taken = asyncio.run(watch(process.pid))

    assert -10.1 < taken[0].t_s < taken[1].t_s < taken[2].t_s < 0
    assert [one.processes for one in taken] == [1, 1, 1]


def test_a_worker_that_joins_or_leaves_is_noticed() -> None:
    spawn = f"import subprocess, sys; sys.stdin.readline(); subprocess.run([sys.executable, '-c', {PLAIN!r}])"

    async def watch(process: subprocess.Popen[bytes]) -> None:
        samples: asyncio.Queue[TargetSample] = asyncio.Queue()
        watcher = Watcher(process.pid, time.perf_counter_ns, samples.put_nowait, period_s=0.02)
        watcher.start()
        assert (await samples.get()).processes == 1
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
        while (await samples.get()).processes < 2:
            pass
        watcher.stop()

    with subprocess.Popen([sys.executable, "-c", spawn], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        asyncio.run(asyncio.wait_for(watch(process), 30))
        process.communicate()


def test_a_watcher_ends_with_what_it_watches() -> None:
    async def watch(process: subprocess.Popen[bytes]) -> None:
        samples: asyncio.Queue[TargetSample] = asyncio.Queue()
        Watcher(process.pid, time.perf_counter_ns, samples.put_nowait, period_s=0.02).start()
        await samples.get()

    with running(PLAIN) as process:
        asyncio.run(watch(process))
        watching = [thread for thread in threading.enumerate() if thread.name == "loadbench watcher"]
        process.kill()
        for thread in watching:
            thread.join(20)

    assert not any(thread.is_alive() for thread in watching)
