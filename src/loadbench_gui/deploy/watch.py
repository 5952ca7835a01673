"""Memory and CPU of a process tree, once a second on the wall clock, on the time axis of the run.

Reading takes milliseconds per process and happens on a thread, so that neither the window nor the generator waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import psutil

from loadbench_gui.core.run import TargetSample
from loadbench_gui.deploy.threads import call_on_loop

PERIOD_S = 1.0


@dataclass(frozen=True, slots=True)
class _Reading:
    """One process at one moment; None for what the system does not offer or allow."""

    rss_bytes: int
    uss_bytes: int | None
    pss_bytes: int | None
    cpu_s: float
    threads: int
    open_files: int | None
    connections: int | None


def sample_tree(roots: int | Sequence[int], t_s: float) -> TargetSample | None:
    """Look at the processes `roots` and everything below them; None when nobody is alive. Blocks.

    CPU seconds count ended children as far as their parents have collected them. A memory kind is given only when it
    was readable for every process, because a partial sum would look like a small server.
    """
    readings = [reading for process in _tree(roots) if (reading := _read(process)) is not None]
    if not readings:
        return None
    return TargetSample(
        t_s=t_s,
        rss_bytes=sum(r.rss_bytes for r in readings),
        uss_bytes=_total([r.uss_bytes for r in readings]),
        pss_bytes=_total([r.pss_bytes for r in readings]),
        cpu_s=sum(r.cpu_s for r in readings),
        processes=len(readings),
        threads=sum(r.threads for r in readings),
        open_files=_total([r.open_files for r in readings]),
        connections=_total([r.connections for r in readings]),
    )


def tree_pids(roots: int | Sequence[int]) -> tuple[int, ...]:
    """Return the pids of `roots` and of everything below them, parents before children. Blocks."""
    return tuple(process.pid for process in _tree(roots))


def _total(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _tree(roots: int | Sequence[int]) -> list[psutil.Process]:
    found: dict[int, psutil.Process] = {}
    for pid in (roots,) if isinstance(roots, int) else roots:
        with contextlib.suppress(psutil.Error):
            root = psutil.Process(pid)
            found |= {process.pid: process for process in (root, *root.children(recursive=True))}
    return list(found.values())


def _read(process: psutil.Process) -> _Reading | None:
    try:
        with process.oneshot():
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            cpu = process.cpu_times()
            rss_bytes = int(process.memory_info().rss)
            threads = process.num_threads()
    except psutil.Error:
        return None
    uss_bytes, pss_bytes = _shares(process)
    open_files, connections = _descriptors(process)
    ended = getattr(cpu, "children_user", 0.0) + getattr(cpu, "children_system", 0.0)
    return _Reading(
        rss_bytes, uss_bytes, pss_bytes, cpu.user + cpu.system + ended, threads, open_files, connections
    )  # fmt: skip


def _shares(process: psutil.Process) -> tuple[int | None, int | None]:
    """Return unique and proportional set size. A process that ended while it was read has neither: both 0."""
    try:
        memory = process.memory_full_info()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return 0, 0 if sys.platform.startswith("linux") else None
    except (psutil.Error, OSError):
        return None, None
    pss = getattr(memory, "pss", None)
    return int(memory.uss), None if pss is None else int(pss)


def _descriptors(process: psutil.Process) -> tuple[int | None, int | None]:
    """Return open descriptors and, among them, sockets (listening ones too)."""
    if not sys.platform.startswith("linux"):
        with contextlib.suppress(psutil.Error, AttributeError):
            return process.num_fds(), None
        return None, None
    folder = f"/proc/{process.pid}/fd"
    count = sockets = 0
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                count += 1
                with contextlib.suppress(OSError):
                    sockets += os.readlink(entry.path).startswith("socket:")  # noqa: PTH115 - a thousand times a second
    except PermissionError:
        return None, None
    except OSError:
        return 0, 0
    return count, sockets


class Watcher:
    """Samples the trees below `roots` once a second and delivers on the loop that `start` was called on.

    on_look: called on the watching thread after each sample, with the pids of the tree, parents first.
    origin_ns: the run's zero on the `time.perf_counter_ns` axis, asked at each sample because it may be set later.
    Ends by itself when nobody is alive any more. Nothing is delivered after `stop`.
    """

    def __init__(
        self,
        roots: int | Sequence[int],
        origin_ns: Callable[[], int],
        on_sample: Callable[[TargetSample], None],
        *,
        period_s: float = PERIOD_S,
        on_look: Callable[[tuple[int, ...]], None] | None = None,
    ) -> None:
        self._roots = roots
        self._origin_ns = origin_ns
        self._on_sample = on_sample
        self._period_s = period_s
        self._on_look = on_look
        self._over = threading.Event()
        self._cpu_s = 0.0

    def start(self) -> None:
        """Begin with a sample now. Needs a running loop."""
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._watch, args=(loop,), name="loadbench watcher", daemon=True).start()

    def stop(self) -> None:
        """End without waiting."""
        self._over.set()

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        due = time.monotonic()
        while not self._over.is_set():
            taken_ns = time.perf_counter_ns()
            sample = sample_tree(self._roots, 0.0)
            if sample is None:
                return
            # A child that nobody collected takes its CPU seconds with it; the sum must not run backwards.
            self._cpu_s = max(self._cpu_s, sample.cpu_s)
            call_on_loop(loop, self._deliver, replace(sample, cpu_s=self._cpu_s), taken_ns)
            if self._on_look is not None:
                self._on_look(tree_pids(self._roots))
            due += self._period_s
            self._over.wait(max(0.0, due - time.monotonic()))

    def _deliver(self, sample: TargetSample, taken_ns: int) -> None:
        if not self._over.is_set():
            self._on_sample(replace(sample, t_s=(taken_ns - self._origin_ns()) / 1e9))
