"""How tests of the engine fire: one load through its one door, and all that it reported on the way is kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypedDict, Unpack

from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.lifecycle import RunEvent
from loadbench_gui.core.plan import (
    Client,
    EngineName,
    Expectation,
    GeneratorSettings,
    Load,
    LoadShape,
    Pacing,
    Protocol,
    Request,
    SocketSettings,
    StreamSettings,
    Target,
    Tls,
    Workload,
)
from loadbench_gui.core.run import Interval
from loadbench_gui.services.generator import Fired, fire

FAST: Final = Client()


@dataclass
class Watch:
    """Everything `fire` reported on the way."""

    states: list[RunEvent] = field(default_factory=list)
    intervals: list[Interval] = field(default_factory=list)
    caveats: list[Caveat] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)


class LateTaker(list[Interval]):
    """Whoever takes the intervals holds up the generator's loop, once: when the first has come."""

    def __init__(self, late_s: float) -> None:
        super().__init__()
        self._late_s = late_s

    def append(self, interval: Interval) -> None:
        super().append(interval)
        if len(self) == 1:
            time.sleep(self._late_s)


class Firing(TypedDict, total=False):
    """What any load may be told; what is left out is as `fire_load` says. limit: how many requests at the most."""

    requests: tuple[Request, ...]
    expect: Expectation
    engine: EngineName
    workers: int | None
    pacing: Pacing
    tls: Tls
    seed: int
    limit: int | None
    warmup_s: float
    duration_s: float
    timeout_s: float
    watch: Watch
    stop: asyncio.Event


@dataclass(frozen=True)
class Ask:
    """What is asked for: a stream, a WebSocket, or else a plain answer. data_file: of the values in the requests."""

    stream: StreamSettings | None = None
    websocket: SocketSettings | None = None
    data_file: str = ""

    @property
    def kind(self) -> Protocol:
        if self.stream is not None:
            return "stream"
        return "http" if self.websocket is None else "ws"


async def fire_load(
    target: Target,
    shape: LoadShape,
    ask: Ask | None = None,
    *,
    client: Client = FAST,
    on_interval: Callable[[Interval], None] | None = None,
    on_workers: Callable[[tuple[int, ...]], None] | None = None,
    **how: Unpack[Firing],
) -> Fired:
    """Fire on this loop with a plain timer, unless told otherwise. on_interval: in place of keeping them."""
    watch = how.get("watch") or Watch()
    tls, pacing = how.get("tls", Tls()), how.get("pacing", "timer")
    return await fire(
        Load(target, _workload(shape, ask or Ask(), how), how.get("seed", 0), tls, pacing, client),
        GeneratorSettings(how.get("engine", "in-app"), how.get("workers"), pacing=pacing, client=client, tls=tls),
        cpus=None,
        on_state=watch.states.append,
        on_interval=on_interval or watch.intervals.append,
        on_caveat=watch.caveats.append,
        stop=how.get("stop") or asyncio.Event(),
        on_start=watch.starts.append,
        on_workers=on_workers,
    )


def _workload(shape: LoadShape, ask: Ask, how: Firing) -> Workload:
    request, *also = how.get("requests", (Request(),))
    return Workload(
        "test",
        ask.kind,
        request,
        how.get("expect", Expectation()),
        shape,
        warmup_s=how.get("warmup_s", 0.0),
        duration_s=how.get("duration_s", 0.5),
        timeout_s=how.get("timeout_s", 10.0),
        requests_limit=how.get("limit"),
        also=tuple(also),
        data_file=ask.data_file,
        stream=ask.stream,
        websocket=ask.websocket,
    )


def adds_up(fired: Fired) -> bool:
    """Whether every request that was issued has exactly one fate."""
    return fired.measured.issued == fired.measured.ended
