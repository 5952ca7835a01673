"""Starting a server and waiting until it, and nobody else, answers. Blocking: `server` calls this on a thread.

Everything here can be abandoned at any moment through `abandon`; whatever was started is then stopped first.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

from loadbench_gui.core.plan import Deployment, Launch
from loadbench_gui.deploy import faults, ports
from loadbench_gui.deploy.command import HOST, prepare, uses_port, written_port
from loadbench_gui.deploy.guard import Command, Guard
from loadbench_gui.deploy.probe import Head, ask
from loadbench_gui.deploy.sweep import sweep

ATTEMPTS = 4
POLL_S = 0.005
DISCOVER_S = 0.05


class Abandoned(Exception):
    """Nobody waits for the server any more."""


@dataclass(frozen=True, slots=True)
class Started:
    """A server that answers. startup_s: from spawning the command to the first line of its first valid answer."""

    guard: Guard
    command: Command
    port: int
    head: Head
    startup_s: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at starting `launch`. port None: the command does not say, so it is found out."""

    name: str
    launch: Launch
    command: Command
    guard: Guard
    port: int | None
    abandon: threading.Event

    def over(self) -> bool:
        """Whether there is no point in waiting on."""
        return self.abandon.is_set() or self.guard.exited.is_set()


def start(
    deployment: Deployment,
    launch: Launch,
    *,
    base_dir: Path,
    cpus: tuple[int, ...],
    directory: Path,
    abandon: threading.Event,
) -> Started:
    """Start `launch` and return once it answers. directory: where guardians keep their records.

    Raises `UserError` or `TargetFault` in words, `Abandoned` when `abandon` was set; nothing is left running then.
    """
    sweep(directory)
    ours = uses_port(launch)
    for last in (False,) * (ATTEMPTS - 1) + (True,):
        port = ports.free_port(HOST) if ours else written_port(launch)
        command = prepare(deployment.name, launch, base_dir=base_dir, port=port, cpus=cpus)
        if port is not None and not ours and ports.is_taken(HOST, port):
            raise faults.port_taken(deployment.name, port, _holders(port))
        guard = Guard(command, directory)
        guard.start()
        try:
            return _wait(Attempt(deployment.name, launch, command, guard, port, abandon))
        except faults.AddressInUse:
            guard.stop_and_wait()
            if last or not ours:
                raise
            # Somebody else was faster to take the port that was free: another one.
        except BaseException:
            guard.stop_and_wait()
            raise
    raise AssertionError("the last attempt returns or raises")


def _holders(port: int) -> str:
    pids = ports.listeners(port)
    return ", ".join(map(ports.describe, pids[:3])) or "a process of another user"


def _wait(attempt: Attempt) -> Started:
    """Poll until there is a valid answer from the process that was started."""
    guard, ready = attempt.guard, attempt.launch.ready
    if guard.failure is not None:
        raise faults.not_started(attempt.name, attempt.command, guard.failure)
    deadline = time.monotonic() + ready.timeout_s
    status: int | None = None
    while time.monotonic() < deadline:
        if attempt.over():
            _explain_end(attempt)
        if attempt.port is None:
            attempt = replace(attempt, port=_discover(attempt))
            time.sleep(DISCOVER_S)
        elif head := ask(HOST, attempt.port, ready.path, timeout_s=deadline - time.monotonic(), give_up=attempt.over):
            if _is_valid(head, ready.path):
                return _claim(attempt, attempt.port, head)
            status = head.status
        time.sleep(POLL_S)
    if attempt.over():
        _explain_end(attempt)
    stderr = guard.tail()
    if attempt.port is None:
        raise faults.no_port(attempt.name, ready.timeout_s, stderr)
    url = f"http://{HOST}:{attempt.port}"
    raise faults.never_ready(attempt.name, url, ready.path, ready.timeout_s, status, stderr)


def _explain_end(attempt: Attempt) -> None:
    """Raise what ended the wait."""
    if attempt.abandon.is_set():
        raise Abandoned
    guard = attempt.guard
    raise faults.ended_early(attempt.name, attempt.command, guard.returncode, guard.tail())


def _is_valid(head: Head, path: str) -> bool:
    """Below 400; where no path was chosen, "not found" shows just as well that the server is up."""
    return head.status < 400 or (path == "/" and head.status < 500)


def _discover(attempt: Attempt) -> int | None:
    found = ports.listening_ports(ports.tree_of(attempt.guard.guardian_pid))
    return found[0] if found else None


def _claim(attempt: Attempt, port: int, head: Head) -> Started:
    """Check that the port is held by the tree that was started, as far as the system shows its holders."""
    guard = attempt.guard
    if attempt.over():
        _explain_end(attempt)
    tree = ports.tree_of(guard.guardian_pid)
    if port not in ports.listening_ports(tree):
        holders = [pid for pid in ports.listeners(port) if pid not in tree]
        if holders:
            raise faults.not_ours(attempt.name, port, ", ".join(map(ports.describe, holders[:3])))
    if guard.returncode is not None:
        # It has detached itself: its first process is gone, and what stands at the top now is its manager.
        guard.pid = ports.topmost(tree) or guard.pid
    return Started(guard, attempt.command, port, head, (head.answered_ns - guard.spawned_ns) / 1e9)
