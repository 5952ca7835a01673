"""A server under test, from the first process to the last: started here, or attached to where it already runs."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import threading
import time
from pathlib import Path

from loadbench_gui.core.plan import Attach, Deployment, Launch, Target
from loadbench_gui.core.run import LaunchFacts
from loadbench_gui.deploy import launch as launching
from loadbench_gui.deploy import ports, unix_socket
from loadbench_gui.deploy.command import HOST, interpreter
from loadbench_gui.deploy.folders import runtime_dir
from loadbench_gui.deploy.guard import Guard
from loadbench_gui.deploy.observe import observe
from loadbench_gui.deploy.packages import names_in, python_of
from loadbench_gui.deploy.resolve import resolve
from loadbench_gui.deploy.threads import call_on_loop, in_thread, start_in_thread
from loadbench_gui.errors import Bug

# sanic's manager hangs for up to 20 s when it is asked to stop right after its first answer, while other workers are
# still starting. That takes the longer the slower the machine is just now, for which the start-up time stands.
SETTLE_S = 0.3
SETTLE_LIMIT_S = 3.0
TAIL_LINES = 20


class Server:
    """A server that answers, and what there is to know about it.

    pid: root of its process tree (None for one that runs elsewhere). startup_s: from spawn to first valid answer.
    exited: set when it has ended, by itself or by `stop`; never set for one that was attached to.
    """

    def __init__(
        self,
        name: str,
        target: Target,
        *,
        facts: LaunchFacts,
        pid: int | None = None,
        startup_s: float | None = None,
        guard: Guard | None = None,
    ) -> None:
        self.name = name
        self.target = target
        self.facts = facts
        self.startup_s = startup_s
        self.exited = asyncio.Event()
        self._pid = pid
        self._guard = guard
        self._stoppable_at = time.monotonic() + max(SETTLE_S, min(startup_s or 0.0, SETTLE_LIMIT_S))
        if guard is not None:
            loop = asyncio.get_running_loop()
            guard.when_exited(lambda: call_on_loop(loop, self.exited.set))

    @property
    def url(self) -> str:
        """Scheme and authority, without a path."""
        return self.target.url

    @property
    def pid(self) -> int | None:
        """Root of the process tree; that of the remaining manager when the command has detached itself."""
        return self._guard.pid if self._guard is not None else self._pid

    @property
    def guardian_pid(self) -> int | None:
        """The process that answers for the tree; None for a server that was attached to."""
        return self._guard.guardian_pid if self._guard is not None else None

    @property
    def returncode(self) -> int | None:
        """Exit code of the command, negative for a signal; None while it runs or when nobody could tell."""
        return self._guard.returncode if self._guard is not None else None

    def stderr_tail(self) -> str:
        """Return the last lines of its standard error."""
        text = self._guard.tail() if self._guard is not None else ""
        return "\n".join(text.splitlines()[-TAIL_LINES:])

    async def stop(self) -> None:
        """Stop the whole tree and wait until nobody is left; a second call waits for the first.

        Does nothing to a server that was attached to. If this is cancelled, the stop goes on without being waited for.
        """
        if self._guard is not None:
            await in_thread(self._settle_and_stop, self._guard)

    def _settle_and_stop(self, guard: Guard) -> None:
        """On a thread, so that nothing the caller does can keep the stop from being sent."""
        if not guard.exited.is_set():
            time.sleep(max(0.0, self._stoppable_at - time.monotonic()))
        guard.stop_and_wait()


async def launch(
    deployment: Deployment, *, base_dir: Path, cpus: tuple[int, ...] | None, directory: Path | None = None
) -> Server:
    """Start `deployment` and return it once it answers. cpus: what to pin it to; None leaves it unpinned.

    directory: where guardians keep records, by default the user's runtime folder. Raises `UserError`, `TargetFault`
    or `EnvironmentFault` in words. When it raises or is cancelled, nothing is left running.
    """
    source = deployment.source
    if not isinstance(source, Launch):
        raise Bug(f"deployment {deployment.name!r} is not one to launch")
    abandon = threading.Event()
    future = start_in_thread(_start, deployment, source, base_dir, cpus or (), directory, abandon)
    try:
        started, facts = await asyncio.shield(future)
    except asyncio.CancelledError:
        abandon.set()
        with contextlib.suppress(Exception):
            started, _ = await future
            await in_thread(started.guard.stop_and_wait)
        raise
    target = Target(scheme="http", host=HOST, port=started.port, address=HOST)
    return Server(deployment.name, target, facts=facts, startup_s=started.startup_s, guard=started.guard)


def _start(
    deployment: Deployment,
    source: Launch,
    base_dir: Path,
    cpus: tuple[int, ...],
    directory: Path | None,
    abandon: threading.Event,
) -> tuple[launching.Started, LaunchFacts]:
    """On a thread: start, then look at what was started."""
    started = launching.start(
        deployment,
        source,
        base_dir=base_dir.absolute(),
        cpus=cpus,
        directory=directory or runtime_dir(),
        abandon=abandon,
    )
    try:
        return started, _facts(deployment, source, base_dir, started)
    except BaseException:
        started.guard.stop_and_wait()
        raise


def _facts(deployment: Deployment, source: Launch, base_dir: Path, started: launching.Started) -> LaunchFacts:
    command = started.command
    python = python_of(command.argv, command.env.get("PATH", ""))
    return LaunchFacts(
        command=command.argv,
        cwd=str(command.cwd),
        python=interpreter(source, base_dir),
        workers=source.workers,
        cpus=command.cpus,
        observed=observe(
            HOST,
            started.port,
            source.ready.path,
            pids=ports.tree_of(started.guard.guardian_pid),
            interpreter=python,
            names=names_in(command.argv, deployment.framework),
        ),
    )


async def attach(deployment: Deployment, *, look: bool = True, proxied: bool = False) -> Server:
    """Return a server that runs already. On this machine its process is found by its listening port.

    look: ask it a few times what it is, for its facts; without, not one request is sent that is not the load's.
    proxied: it is reached through a proxy, which looks its name up; so it need not be known here.
    Raises `UserError` or `TargetFault` when its URL is wrong; whether it answers is for `verify` to say.
    """
    source = deployment.source
    if not isinstance(source, Attach):
        raise Bug(f"deployment {deployment.name!r} is not one to attach to")
    target = await in_thread(resolve, source.url, proxied=proxied)
    pid = await in_thread(_local_pid, target)
    facts = LaunchFacts(observed=await in_thread(_attached_facts, target, pid)) if look else LaunchFacts()
    return Server(deployment.name, target, facts=facts, pid=pid)


def _local_pid(target: Target) -> int | None:
    if target.unix_path:
        return ports.topmost(unix_socket.holders(target.unix_path))
    if not target.address or not ipaddress.ip_address(target.address.partition("%")[0]).is_loopback:
        return None
    return ports.topmost(ports.listeners(target.port))


def _attached_facts(target: Target, pid: int | None) -> dict[str, str]:
    if target.scheme == "https":
        return {}
    pids = (pid, *ports.tree_of(pid)) if pid is not None else ()
    return observe(target.address, target.port, "/", pids=pids, interpreter=None, names=(), unix_path=target.unix_path)
