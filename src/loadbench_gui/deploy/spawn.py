"""Becoming the server: what happens between the guardian's fork and the command's first instruction.

A fork of one's own instead of `subprocess`, which would double the guardian's start-up time and offers no place for a
parent-death signal. The guardian has a single thread, so a fork is safe.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from loadbench_gui.deploy.file_limit import raise_file_limit

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


@dataclass(frozen=True, slots=True)
class Spawned:
    """A command that runs, or why it does not.

    errors: reading end of its standard error. spawned_ns: perf_counter before the fork, on the clock that the app
    reads as well. failure: stage (cpus, cwd, exec), errno and reason; the other fields are 0 then.
    """

    pid: int = 0
    errors: int = 0
    spawned_ns: int = 0
    failure: dict[str, object] | None = None


def _prctl(option: int, value: int) -> None:
    """Call prctl(2); a kernel that refuses leaves the other safety nets."""
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def adopt_orphans() -> None:
    """Make this process the parent of every orphan below it, on Linux."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def spawn(command: Sequence[str], cwd: str, env: Mapping[str, str], cpus: set[int]) -> Spawned:
    """Fork and exec `command`; returns once the exec has happened or failed."""
    errors, errors_end = os.pipe()
    failure, failure_end = os.pipe()
    parent = os.getpid()
    spawned_ns = time.perf_counter_ns()
    pid = os.fork()
    if pid == 0:
        _become(command, cwd, env, cpus, parent, errors_end, failure_end)
    os.close(errors_end)
    os.close(failure_end)
    # Ends without a word when the exec closes the other side.
    with os.fdopen(failure, "rb") as pipe:
        message = pipe.read()
    if not message:
        return Spawned(pid, errors, spawned_ns)
    os.waitpid(pid, 0)
    os.close(errors)
    return Spawned(failure=json.loads(message))


def _become(
    command: Sequence[str],
    cwd: str,
    env: Mapping[str, str],
    cpus: set[int],
    parent: int,
    errors_end: int,
    failure_end: int,
) -> None:
    """In the child: a session of its own, its limits, CPUs, folder and environment; then the command. Never returns."""
    stage = "start"
    try:
        os.setsid()
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            # It died before the line above could take effect.
            os._exit(127)
        for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        os.dup2(errors_end, 2)
        raise_file_limit()
        stage = "cpus"
        if cpus and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, cpus)
        stage = "cwd"
        os.chdir(cwd)
        stage = "exec"
        os.execvpe(command[0], list(command), dict(env))  # noqa: S606 - running a command is the job
    except OSError as error:
        failed = {"stage": stage, "errno": error.errno or 0, "reason": error.strerror or ""}
        os.write(failure_end, json.dumps(failed).encode())
    finally:
        os._exit(127)
