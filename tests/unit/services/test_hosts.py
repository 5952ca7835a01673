"""The in-app host starts on time, however much the application holds in memory."""

from __future__ import annotations

import asyncio
import gc

import pytest

from engine.servers import response, says, serving
from loadbench_gui.core.plan import Expectation, GeneratorSettings, Load, OpenLoad, Request, Target, Workload
from loadbench_gui.services.fired import Fired
from loadbench_gui.services.generator import fire


def fire_in_app(target: Target, stop: asyncio.Event, frozen: list[int]) -> asyncio.Task[Fired]:
    workload = Workload("test", "http", Request(), Expectation(status=200), OpenLoad(4, 100.0), duration_s=0.5)
    return asyncio.ensure_future(
        fire(
            Load(target, workload),
            GeneratorSettings("in-app"),
            cpus=None,
            on_state=lambda _: None,
            on_interval=lambda _: None,
            on_caveat=lambda _: None,
            stop=stop,
            on_start=lambda _: frozen.append(gc.get_freeze_count()),
        )
    )


@pytest.mark.parametrize("stopped", [False, True], ids=["to its end", "stopped before its start"])
def test_what_the_application_holds_is_not_walked_through_between_the_announcement_and_the_start(stopped: bool) -> None:
    async def scenario() -> Fired:
        stop, frozen = asyncio.Event(), list[int]()
        held = [[number] for number in range(10_000)]
        if stopped:
            stop.set()
        async with serving(says(response())) as server:
            fired = await fire_in_app(server.target, stop, frozen)
        assert frozen[0] > len(held), "out of the collector's sight when the common start was announced"
        assert gc.get_freeze_count() == 0, "and given back"
        assert gc.isenabled()
        return fired

    assert asyncio.run(scenario()).measured.issued == (0 if stopped else 50)
