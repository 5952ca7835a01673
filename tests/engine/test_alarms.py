"""Wake-ups on real loops: never early, and the turn meter tells busy turns from idle ones."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from time import perf_counter_ns

import pytest

from loadbench_gui.engine.kernel_timer import Alarm, KernelAlarm, LoopAlarm
from loadbench_gui.engine.turns import TurnMeter
from loadbench_gui.engine.worker import loop_factory

Kind = Callable[[asyncio.AbstractEventLoop, Callable[[], None]], Alarm]
KERNEL: list[Kind] = [KernelAlarm, partial(KernelAlarm, lead_ns=100_000)] if sys.platform == "linux" else []
ALARMS: list[Kind] = [LoopAlarm, *KERNEL]


@pytest.mark.parametrize("kind", ALARMS, ids=["loop", "kernel", "kernel with a lead"][: len(ALARMS)])
@pytest.mark.parametrize("loop_kind", ["asyncio", "fast"])
def test_an_alarm_rings_once_and_never_early(kind: Kind, loop_kind: str) -> None:
    async def scenario() -> list[int]:
        rung: list[int] = []
        done = asyncio.Event()

        def ring() -> None:
            rung.append(perf_counter_ns())
            done.set()

        alarm = kind(asyncio.get_running_loop(), ring)
        late = []
        for ahead_ns in (5_000_000, 300_000, -1_000_000):
            due = perf_counter_ns() + ahead_ns
            alarm.set(due + 10_000_000_000)
            alarm.set(due)
            await done.wait()
            done.clear()
            late.append(rung[-1] - due)
        alarm.close()
        assert len(rung) == 3
        return late

    factory = loop_factory() if loop_kind == "fast" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        assert all(late_ns >= 0 for late_ns in runner.run(scenario()))


def test_a_closed_alarm_does_not_ring() -> None:
    async def scenario() -> None:
        rung = asyncio.Event()
        loop = asyncio.get_running_loop()
        for kind in ALARMS:
            alarm = kind(loop, rung.set)
            alarm.set(perf_counter_ns() + 1_000_000)
            alarm.close()
        other = LoopAlarm(loop, (later := asyncio.Event()).set)
        other.set(perf_counter_ns() + 5_000_000)
        await later.wait()
        assert not rung.is_set()

    asyncio.run(scenario())


@pytest.mark.skipif(sys.platform != "linux", reason="timerfd is Linux's")
def test_an_alarm_with_a_lead_counts_its_looks_and_can_be_set_later_while_it_looks() -> None:
    async def scenario() -> None:
        rung = asyncio.Event()
        loop = asyncio.get_running_loop()
        alarm = KernelAlarm(loop, rung.set, lead_ns=20_000_000)
        due = perf_counter_ns() + 30_000_000
        alarm.set(due)
        await rung.wait()
        assert perf_counter_ns() >= due
        assert 0 < alarm.spun_ns <= 20_000_000
        rung.clear()
        later = perf_counter_ns() + 60_000_000
        alarm.set(perf_counter_ns() + 25_000_000)
        loop.call_soon(alarm.set, later)
        await rung.wait()
        assert perf_counter_ns() >= later
        alarm.close()

    asyncio.run(scenario())


def test_the_turn_meter_times_a_whole_turn() -> None:
    async def scenario() -> list[int]:
        loop = asyncio.get_running_loop()
        meter = TurnMeter(loop)
        finished = asyncio.Event()

        def event() -> None:
            now = perf_counter_ns()
            if now > meter.due_ns:
                meter.step(now)
            while perf_counter_ns() < now + 2_000_000:
                pass
            if meter.busy_ns:
                finished.set()
            else:
                loop.call_soon(event)

        loop.call_soon(event)
        await finished.wait()
        return meter.take()

    busy = asyncio.run(scenario())
    assert len(busy) == 1
    assert busy[0] >= 2_000_000
