"""Wake-ups on real loops: never early, and the turn meter tells busy turns from idle ones."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter_ns

import pytest

from loadbench_gui.engine.kernel_timer import LONGEST_LEAD_NS, Alarm, KernelAlarm, LoopAlarm, lead_ns
from loadbench_gui.engine.rundelay import RunDelay
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


def test_looking_at_the_clock_begins_at_most_a_quarter_of_the_gap_before_and_never_for_long() -> None:
    assert [lead_ns(rate_hz) for rate_hz in (0.0, 1.0, 5_000.0, 25_000.0)] == [0, LONGEST_LEAD_NS, 50_000, 10_000]


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="the kernel does not count it")
def test_time_without_a_processor_is_read_as_a_difference_and_grows_while_others_take_it() -> None:
    """Two busy threads on one processor: each waits about as long as it runs."""
    processors = os.sched_getaffinity(0)
    stop = threading.Event()

    def burn() -> None:
        os.sched_setaffinity(threading.get_native_id(), {min(processors)})
        while not stop.is_set():
            hashlib.sha256(b"x" * 2_000_000).digest()  # without the interpreter's lock

    other = threading.Thread(target=burn)
    delay = RunDelay()
    try:
        os.sched_setaffinity(threading.get_native_id(), {min(processors)})
        other.start()
        assert delay.take() is None, "there is nothing yet to tell the difference from"
        waited_s = 0.0
        for _ in range(500):
            hashlib.sha256(b"x" * 2_000_000).digest()
            waited_s += delay.take() or 0.0
            if waited_s > 0.0:
                break
    finally:
        stop.set()
        other.join()
        os.sched_setaffinity(threading.get_native_id(), processors)
        delay.close()
    assert waited_s > 0
