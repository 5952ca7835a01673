"""How many workers a load is worth, on which CPUs they run, and whether they may spin."""

from __future__ import annotations

import ipaddress
import os
import sys
from dataclasses import dataclass
from typing import Final

import psutil

from loadbench_gui.core.pacing import peak_rate_rps
from loadbench_gui.core.plan import ClientName, GeneratorSettings, Load, OpenLoad, Target, Workload
from loadbench_gui.deploy.topology import Machine, read_machine, read_quota
from loadbench_gui.errors import UserError


@dataclass(frozen=True, slots=True)
class Worth:
    """What one worker should have to do before a second one is of use."""

    connections: int
    rate_rps: float


WORTH: Final[dict[ClientName, Worth]] = {
    "fast": Worth(16, 5_000),
    # httpx takes about a millisecond of CPU a request, a hundred times as much, and more with every open connection.
    "httpx": Worth(4, 150),
}


def generator_cpus(
    load: Load, settings: GeneratorSettings, cpus: tuple[int, ...] | None, machine: Machine | None = None
) -> tuple[int, ...] | None:
    """Return the CPUs to pin workers to in this order, or None to leave them unpinned.

    cpus: what placement gave, beside a server that was started here. Where it gave none, a server on another machine
    leaves all CPUs to the generator; of one on this machine nobody knows where it runs, and the kernel, which sees
    both, keeps them apart better than a guess.
    """
    if settings.engine == "in-app":
        return None
    if cpus is None and not _is_remote(load.target):
        return None
    machine = machine or read_machine()
    if not machine.pinnable:
        return None
    return machine.one_per_core_first(machine.allowed if cpus is None else cpus)


def worker_count(
    load: Load, settings: GeneratorSettings, cpus: tuple[int, ...] | None, machine: Machine | None = None
) -> int:
    """Return how many workers to start: those that were asked for, else one, or more where there are cores and work.

    A fan-out has one: how far apart subscribers get a message can only be told by one clock, and everyone must know of
    all of them. Raises `UserError` where more were asked for.

    Two workers on the two threads of one core slow each other down and add lag to every figure, for a quarter more
    of throughput: nobody gets them without asking.
    """
    if is_on_one_clock(load.workload):
        must_be_one_worker(load.workload, settings)
        return 1
    if settings.workers is not None:
        return max(1, settings.workers)
    machine = machine or read_machine()
    available = machine.core_count(cpus) if cpus else machine.core_count(machine.allowed) // 2
    shape, worth = load.workload.shape, WORTH[settings.client.name]
    useful = -(-shape.connections // worth.connections)
    if isinstance(shape, OpenLoad):
        useful = min(useful, -(-round(peak_rate_rps(shape)) // round(worth.rate_rps)))
    return max(1, min(available, useful))


def is_on_one_clock(workload: Workload) -> bool:
    """Return whether all connections of a workload must be in one process."""
    return workload.websocket is not None and workload.websocket.mode == "fanout"


def must_be_one_worker(workload: Workload, settings: GeneratorSettings) -> None:
    """Raise `UserError` where more workers were asked for than the workload can be made by."""
    if is_on_one_clock(workload) and settings.engine == "workers" and (settings.workers or 1) > 1:
        raise UserError(
            f"A fan-out is measured by one worker, on one clock; {settings.workers} were asked for.",
            "Leave the number of workers out, or set it to 1.",
        )


def spins(
    load: Load,
    settings: GeneratorSettings,
    cpus: tuple[int, ...] | None,
    workers: int = 1,
    *,
    beside_window: bool = False,
) -> bool:
    """Whether open-loop workers look at the clock all the time instead of setting a kernel timer.

    By itself only where each worker has a CPU that nothing else will use: at least three CPUs, or two and no window,
    and no quota that would throttle it. beside_window: a window is open, and draws while the load runs.
    """
    wanted = settings.pacing if settings.pacing != "auto" else load.pacing
    if wanted != "auto":
        return wanted == "spin"
    if not cpus or workers > len(cpus):
        return False
    return _usable_cpus() >= max(workers + 1, 3 if beside_window else 2) and read_quota() is None


def _is_remote(target: Target) -> bool:
    if target.unix_path:
        return False
    if not target.address:
        return True  # nobody here knows it
    address = ipaddress.ip_address(target.address.partition("%")[0])
    if address.is_loopback:
        return False
    own = {a.address.partition("%")[0] for found in psutil.net_if_addrs().values() for a in found}
    return str(address) not in own


def _usable_cpus() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
