"""Who runs where: server and generator on different physical cores, as far as this machine has them.

A machine that cannot separate them makes a run suspect, not impossible; each reason is a caveat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.plan import GeneratorSettings, Launch
from loadbench_gui.deploy.topology import Machine, read_machine
from loadbench_gui.errors import UserError


@dataclass(frozen=True, slots=True)
class Placement:
    """CPUs to pin to; None means: leave unpinned. Guardian, sampler and window share the generator's."""

    server_cpus: tuple[int, ...] | None
    generator_cpus: tuple[int, ...] | None
    caveats: tuple[Caveat, ...] = ()


def place(settings: GeneratorSettings, launch: Launch | None, machine: Machine | None = None) -> Placement:
    """Decide from the profile's wishes and the machine as it is. launch None: the server runs elsewhere.

    Raises `UserError` for a CPU that this process may not use.
    """
    machine = machine or read_machine()
    _check("generator.cpus", settings.cpus, machine)
    if launch is None:
        return Placement(None, settings.cpus, _quota_caveat(machine, settings.cpus or machine.allowed))
    _check("cpus", launch.cpus, machine)
    if not machine.pinnable:
        return Placement(None, None, (_UNPINNED,))
    server, generator = _split(settings.cpus, launch.cpus, launch.workers, machine)
    used = tuple(sorted({*server, *generator}))
    return Placement(server, generator, (*_overlap(server, generator, machine), *_quota_caveat(machine, used)))


def throttle_caveat(before: int, after: int) -> Caveat | None:
    """Judge two readings of `topology.read_throttled`, one before and one after a run."""
    if after <= before:
        return None
    return Caveat(
        "cpu-throttled",
        f"the container's CPU quota stopped its processes {after - before} times during the run",
        "Raise the container's CPU limit, or lower the load.",
        severity="invalid",
    )


def _check(key: str, cpus: Sequence[int] | None, machine: Machine) -> None:
    if cpus is None:
        return
    allowed = ", ".join(map(str, machine.allowed))
    if not cpus:
        raise UserError(f"{key} lists no CPU", f'Leave it at "auto", or list some of: {allowed}.')
    if wrong := sorted(set(cpus) - set(machine.allowed)):
        raise UserError(
            f"{key} lists CPU {', '.join(map(str, wrong))}, which this process may not use",
            f'CPUs that it may use: {allowed}. Correct the list, or leave it at "auto".',
        )


def _split(
    generator: tuple[int, ...] | None, server: tuple[int, ...] | None, workers: int, machine: Machine
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return (server, generator). The server gets a core per worker, but never more than half of them."""
    if server is not None:
        return server, generator or _others(server, machine)
    if generator is not None:
        return _others(generator, machine), generator
    cores = machine.cores()
    if len(cores) == 1:
        # Two threads of one core, or a single CPU that both must share.
        return machine.allowed[-1:], machine.allowed[:-1] or machine.allowed
    # The first core stays with the generator: the system does its own work there.
    count = max(1, min(workers, len(cores) // 2))
    return (
        tuple(cpu for core in cores[-count:] for cpu in core),
        tuple(cpu for core in cores[:-count] for cpu in core),
    )


def _others(taken: tuple[int, ...], machine: Machine) -> tuple[int, ...]:
    """Return what is left: first whole cores, then siblings, and if nothing is left the same CPUs."""
    free = tuple(cpu for cpu in machine.allowed if cpu not in taken)
    apart = tuple(cpu for cpu in free if not machine.share_a_core((cpu,), taken))
    return apart or free or taken


def _overlap(server: tuple[int, ...], generator: tuple[int, ...], machine: Machine) -> tuple[Caveat, ...]:
    if len(machine.allowed) == 1:
        return (_SINGLE_CPU,)
    if shared := sorted(set(server) & set(generator)):
        return (
            Caveat(
                "cpu-shared",
                f"server and generator share CPU {', '.join(map(str, shared))}: each takes time from the other",
                "Give them different CPUs: cpus in the deployment, generator.cpus for the generator.",
            ),
        )
    if machine.share_a_core(server, generator):
        return (_SIBLINGS,)
    return ()


def _quota_caveat(machine: Machine, used: Sequence[int]) -> tuple[Caveat, ...]:
    quota = machine.quota_cpus
    if quota is None or quota >= len(used):
        return ()
    return (
        Caveat(
            "cpu-quota",
            f"this container may use {quota:g} CPUs' worth of time, and the run is placed on {len(used)}",
            "Raise the container's CPU limit; processes are stopped in mid-run when it is used up.",
        ),
    )


_UNPINNED = Caveat(
    "unpinned",
    "this system cannot pin processes to CPUs: server and generator may take turns on the same one",
    "Prefer Linux for figures that matter, or run the server on another machine.",
)
_SINGLE_CPU = Caveat(
    "single-cpu",
    "there is only one CPU: the generator takes its time from the server that it measures",
    "Allow loadbench two CPUs, or run the server on another machine.",
)
_SIBLINGS = Caveat(
    "cpu-siblings",
    "server and generator are on two threads of one physical core and slow each other down",
    "Use a machine with two cores, or run the server on another one.",
)
