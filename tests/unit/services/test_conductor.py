"""How long shards may take to open their connections: as long as they get on."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from builders import make_socket_workload
from loadbench_gui.core.plan import Load, Target
from loadbench_gui.errors import EnvironmentFault
from loadbench_gui.services import conductor
from loadbench_gui.services.conductor import Conductor


class Slow:
    """A host that has opened one more connection whenever it is asked, up to `most`, and is ready after `ready`."""

    pids = ()

    def __init__(self, most: int, ready: int) -> None:
        self._most, self._ready_at, self._opened = most, ready, 0
        self._ready = asyncio.Event()
        self.began = False

    @property
    def opened(self) -> int:
        self._opened = min(self._most, self._opened + 1)
        if self._opened >= self._ready_at:
            self._ready.set()
        return self._opened

    async def prepare(self) -> None:
        await self._ready.wait()

    def begin(self, start_ns: int) -> None:
        self.began = True


def led(monkeypatch: pytest.MonkeyPatch, most: int, ready: int) -> bool:
    """Return whether it came to the start."""
    for name in ("PREPARE_S", "PREPARE_EACH_S"):
        monkeypatch.setattr(conductor, name, 0.005)

    async def scenario() -> bool:
        host, done = Slow(most, ready), asyncio.Event()
        done.set()
        gathering = SimpleNamespace(done=done, broken=asyncio.Event(), workers=1, all_lost=False)
        phases = SimpleNamespace(begin=lambda start_ns: None, cancel=lambda: None, complete=lambda: None)
        workload = replace(make_socket_workload("hold"), timeout_s=0.01)
        load = Load(Target("http", "127.0.0.1", 1, "127.0.0.1"), workload)
        leader = Conductor(load, cast("Any", host), cast("Any", gathering), asyncio.Event())
        await leader.lead(cast("Any", phases), lambda start_ns: None, None)
        return host.began

    return asyncio.run(scenario())


def test_shards_are_waited_for_as_long_as_they_open_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    assert led(monkeypatch, most=100, ready=20)


def test_shards_that_open_no_more_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EnvironmentFault, match="not ready to send in time"):
        led(monkeypatch, most=10, ready=20)
