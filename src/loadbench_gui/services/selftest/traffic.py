"""Mini-runs over loopback: real traffic from the real engine, counted on both sides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import psutil

from loadbench_gui.core.plan import (
    ClosedLoad,
    EngineName,
    Expectation,
    GeneratorSettings,
    Load,
    LoadShape,
    OpenLoad,
    Request,
    Target,
    Tls,
    Workload,
)
from loadbench_gui.services.generator import Fired, fire
from loadbench_gui.services.selftest.loopback import Loopback, serving
from loadbench_gui.services.selftest.outcome import require
from loadbench_gui.services.selftest.scratch import Scratch

WORKERS: Final = 2
CLOSED_REQUESTS: Final = 400
RATE_RPS, OPEN_S = 200.0, 1.0
# Parts of file names that only a process with Qt in it has mapped.
_QT_FILES: Final = ("PySide6", "shiboken6", "Qt6Core", "QtCore")


async def through_workers(_: Scratch) -> str:
    """Fire a closed loop from two worker processes; look at them from outside meanwhile."""
    seen: list[bool | None] = []

    def look(pids: tuple[int, ...]) -> None:
        seen.extend(map(maps_qt, pids))

    async with serving() as server:
        done = await fired_at(
            server.target(), ClosedLoad(8), engine="workers", requests_limit=CLOSED_REQUESTS, on_workers=look
        )
    counts_agree(done, server, CLOSED_REQUESTS)
    require(len(done.worker_pids) == WORKERS, f"{len(done.worker_pids)} worker processes fired instead of {WORKERS}")
    require(not any(seen), "Qt's libraries are mapped into a worker process, which must start without them")
    lean = ", no Qt mapped" if seen and all(found is False for found in seen) else ""
    return f"{CLOSED_REQUESTS} requests over 8 connections from {WORKERS} processes, all counted by the server{lean}"


async def in_app(_: Scratch) -> str:
    """Fire an open loop on the very loop that this runs on."""
    async with serving() as server:
        done = await fired_at(server.target(), OpenLoad(4, RATE_RPS), engine="in-app", duration_s=OPEN_S)
    counts_agree(done, server, round(RATE_RPS * OPEN_S))
    loop = type(asyncio.get_running_loop())
    return f"{server.requests} requests at {RATE_RPS:g}/s on {loop.__module__.partition('.')[0]}, all counted"


async def fired_at(
    target: Target,
    shape: LoadShape,
    *,
    engine: EngineName,
    insecure: bool = False,
    requests_limit: int | None = None,
    duration_s: float = 10.0,
    on_workers: Callable[[tuple[int, ...]], None] | None = None,
) -> Fired:
    """Fire one small load at `target`; it ends at its request limit, or after `duration_s`."""
    workload = Workload("self-test", "http", Request(path="/hello"), Expectation(200, b"world"), shape,
                        duration_s=duration_s, requests_limit=requests_limit)  # fmt: skip
    return await fired(target, workload, engine=engine, insecure=insecure, on_workers=on_workers)


async def fired(
    target: Target,
    workload: Workload,
    *,
    engine: EngineName = "in-app",
    insecure: bool = False,
    on_workers: Callable[[tuple[int, ...]], None] | None = None,
) -> Fired:
    """Fire one workload at `target`, and let nobody hear of it but the caller."""
    settings = GeneratorSettings(engine, WORKERS if engine == "workers" else None)
    return await fire(
        Load(target, workload, tls=Tls(insecure=insecure)),
        settings,
        cpus=None,
        on_state=_unheard,
        on_interval=_unheard,
        on_caveat=_unheard,
        stop=asyncio.Event(),
        on_start=_unheard,
        on_workers=on_workers,
    )


def _unheard(_: object) -> None:
    """The events of a mini-run concern nobody."""


def counts_agree(fired: Fired, server: Loopback, asked: int) -> None:
    """Return if both sides counted `asked` requests, all of them good. Raises `Bug`."""
    measured = fired.measured
    errors = ", ".join(f"{count} × {kind.value}" for kind, count in measured.errors.items()) or "no errors"
    require(
        measured.issued == measured.succeeded == measured.service.total == server.requests == asked,
        f"of {asked} requests {measured.issued} were issued and {measured.succeeded} succeeded ({errors}); "
        f"the server counted {server.requests}",
    )
    require(measured.status_codes == {200: asked}, f"the status codes do not add up: {dict(measured.status_codes)}")


def maps_qt(pid: int) -> bool | None:
    """Whether a process has files of Qt mapped into its memory; None where the system does not tell."""
    try:
        paths: Sequence[str] = [area.path for area in psutil.Process(pid).memory_maps()]
    except (psutil.Error, AttributeError, OSError):
        return None
    return any(part in path for path in paths for part in _QT_FILES)
