"""Processes of our own: a worker is spawned and holds no window, and the memory of a process tree is read."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import time
from typing import Final

import psutil

from loadbench_gui import interpreter
from loadbench_gui.core.run import TargetSample
from loadbench_gui.deploy.threads import in_thread
from loadbench_gui.deploy.watch import sample_tree
from loadbench_gui.errors import EnvironmentFault
from loadbench_gui.report.words import memory
from loadbench_gui.services.selftest.lean import tell_modules
from loadbench_gui.services.selftest.outcome import REPORT, require
from loadbench_gui.services.selftest.scratch import Scratch

_ANSWER_S: Final = 15.0
UNWANTED: Final = ("PySide6", "shiboken6", "qasync", "pyqtgraph", "scipy", "pydantic", "httpx", "loadbench_gui.ui",
                   "loadbench_gui.cli", "loadbench_gui.store")  # fmt: skip
HOARD_BYTES: Final = 48 << 20
_LEAST_BYTES: Final = 8 << 20
_HOARDER: Final = f"import sys; hoard = b'x' * {HOARD_BYTES}; print('ready', flush=True); sys.stdin.read()"


async def worker_spawns(_: Scratch) -> str:
    """Spawn a process the way workers are, and have it say what it loaded."""
    began = time.perf_counter()
    modules = await in_thread(spawned_modules)
    took_s = time.perf_counter() - began
    found = [name for name in modules if name.partition(".")[0] in UNWANTED or name in UNWANTED]
    require(not found, f"a worker process loads {', '.join(found[:5])}; it must start without")
    loop = next((name for name in ("uvloop", "winloop") if name in modules), "asyncio")
    return f"in {took_s:.2f} s on {loop} with {len(modules)} modules, none of them Qt's"


def spawned_modules() -> tuple[str, ...]:
    """Return the modules that a spawned worker has loaded. Blocks. Raises `EnvironmentFault` when it does not start."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=tell_modules, args=(theirs,), daemon=True, name="loadbench self-test worker")
    try:
        process.start()
        theirs.close()
        if not ours.poll(_ANSWER_S):
            raise EnvironmentFault(f"a worker process said nothing within {_ANSWER_S:g} s", f"Try again. {REPORT}")
        return tuple(ours.recv_bytes().decode().splitlines())
    except (EOFError, OSError) as problem:
        process.join(_ANSWER_S)
        raise EnvironmentFault(
            f"a worker process ended at once, with exit code {process.exitcode} {problem}".rstrip(),
            f"Free memory or processes (see `ulimit -u`), or reinstall loadbench. {REPORT}",
        ) from problem
    finally:
        ours.close()
        if process.pid is not None:
            process.kill()
            process.join()


async def memory_is_read(_: Scratch) -> str:
    """Read the memory of this process tree, then that of a child that holds a known amount, inside it."""
    return await in_thread(_read_memory)


def _read_memory() -> str:
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        [interpreter.own(), "-c", _HOARDER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        creationflags=interpreter.NO_CONSOLE,
    ) as child:
        try:
            assert child.stdout is not None
            said = child.stdout.readline().strip()
            require(said == "ready", f"a child process did not run what it was given; it said {said!r}")
            held, tree = sample_tree(child.pid, 0.0), sample_tree(os.getpid(), 0.0)
        finally:
            child.kill()
    held, tree = _plausible("a child", held, HOARD_BYTES), _plausible("this process tree", tree, HOARD_BYTES)
    require(tree.processes > held.processes, f"{tree.processes} processes were found below this one, the child missing")
    require(
        tree.memory_bytes > held.memory_bytes,
        f"the tree holds {memory(tree.memory_bytes)}, its child alone {memory(held.memory_bytes)}",
    )
    return (
        f"{memory(tree.memory_bytes)} {tree.kind.upper()} in {tree.processes} processes; a child that holds "
        f"{memory(HOARD_BYTES)} reads {memory(held.memory_bytes)}"
    )


def _plausible(what: str, sample: TargetSample | None, least: int) -> TargetSample:
    if sample is None:
        raise EnvironmentFault(
            f"the memory of {what} cannot be read",
            "The system hides processes from this user; see how /proc is mounted.",
        )
    most = psutil.virtual_memory().total + psutil.swap_memory().total
    require(
        max(least, _LEAST_BYTES) < sample.memory_bytes < most,
        f"{what} is said to use {memory(sample.memory_bytes)}; it must be over {memory(least)}",
    )
    return sample
