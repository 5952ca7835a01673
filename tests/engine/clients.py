"""Fires with a client of one's choice, for tests that compare clients or need what only httpx can do."""

from __future__ import annotations

import asyncio
from typing import Final

from engine.servers import Watch
from loadbench_gui.core.plan import (
    Client,
    ClosedLoad,
    EngineName,
    Expectation,
    GeneratorSettings,
    Load,
    LoadShape,
    Request,
    Target,
    Tls,
    Workload,
)
from loadbench_gui.services.generator import Fired, fire

HTTPX: Final = Client("httpx")
ONE: Final = ClosedLoad(1)


async def fire_by(
    client: Client,
    target: Target,
    *,
    shape: LoadShape = ONE,
    request: Request | None = None,
    also: tuple[Request, ...] = (),
    expect: Expectation | None = None,
    engine: EngineName = "in-app",
    tls: Tls | None = None,
    warmup_s: float = 0.0,
    duration_s: float = 20.0,
    timeout_s: float = 10.0,
    limit: int | None = 10,
    seed: int = 0,
    watch: Watch | None = None,
) -> Fired:
    """Fire `limit` requests over one connection unless told otherwise."""
    watch = watch or Watch()
    workload = Workload(
        "test",
        "http",
        request or Request(),
        expect or Expectation(status=200),
        shape,
        warmup_s=warmup_s,
        duration_s=duration_s,
        timeout_s=timeout_s,
        requests_limit=limit,
        also=also,
    )
    tls = tls or Tls()
    return await fire(
        Load(target, workload, seed=seed, tls=tls, pacing="timer", client=client),
        GeneratorSettings(engine=engine, pacing="timer", client=client, tls=tls),
        cpus=None,
        on_state=watch.states.append,
        on_interval=watch.intervals.append,
        on_caveat=watch.caveats.append,
        stop=asyncio.Event(),
        on_start=watch.starts.append,
    )
