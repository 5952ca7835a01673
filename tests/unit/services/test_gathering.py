"""What shards report, folded: the busiest of them, and what no shard can have reported."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import Expectation, GeneratorSettings, Load, OpenLoad, Request, Target, Workload
from loadbench_gui.core.run import Interval
from loadbench_gui.core.snapshot import ShardSnapshot, Tally, Traffic, WorkerHealth
from loadbench_gui.core.streaming import StreamTally
from loadbench_gui.engine.fitness.evidence import Surroundings
from loadbench_gui.errors import Bug, EnvironmentFault
from loadbench_gui.services.gathering import INTERVAL_S, Gathering

LOAD = Load(
    Target("http", "127.0.0.1", 80, "127.0.0.1"),
    Workload("w", "http", Request(), Expectation(), OpenLoad(8, 800.0), warmup_s=1.0, duration_s=1.0, timeout_s=1.0),
)
EVENTS = StreamTally(events=1_000)
AROUND = Surroundings(steal_fraction=0.002, calibrated_us=20.0)


def gathering(
    shards: int = 2, settings: GeneratorSettings | None = None
) -> tuple[Gathering, list[Interval], list[Caveat]]:
    intervals: list[Interval] = []
    caveats: list[Caveat] = []
    return (
        Gathering(LOAD, settings or GeneratorSettings(), shards, intervals.append, caveats.append),
        intervals,
        caveats,
    )


def report(shard: int, index: int, *, cpu_s: float = 0.02, last: bool = False) -> ShardSnapshot:
    """A quarter of a second: 100 requests, in the window from index 4 to 7."""
    times = Histogram.of([1_000] * 100)
    tally = Tally(service=times, scheduled=times, dispatch_lag=Histogram.of([1] * 100), issued=100, succeeded=100)
    inside = 4 <= index < 8
    return ShardSnapshot(
        shard,
        index,
        tally if inside else Tally(),
        Tally() if inside else tally,
        Traffic(completed=100 if inside else 0),
        WorkerHealth(cpu_s, INTERVAL_S, Histogram.of([5]), run_delay_s=0.001),
        last=last,
    )


def test_costs_are_those_of_the_window_and_the_busiest_worker_counts() -> None:
    async def scenario() -> None:
        whole, intervals, _ = gathering()
        for index in range(9):
            for shard, cpu_s in ((0, 0.02), (1, 0.24 if index >= 4 else 0.0)):
                whole.add(report(shard, index, cpu_s=cpu_s, last=index == 8))
        fitness = whole.result(0, (), AROUND).fitness
        assert len(intervals) == 9
        assert fitness.cpu_us_per_request == pytest.approx(1_300.0), "0.26 s for 200 requests in each quarter second"
        assert fitness.cpu_fraction == pytest.approx(0.52)
        assert [caveat.code for caveat in fitness.caveats] == ["generator_full"]
        assert fitness.ceiling_rps == pytest.approx(2e6 / 1_300), "dearer than what was calibrated"
        assert fitness.steal_fraction == 0.002
        assert fitness.run_delay_fraction == pytest.approx(0.004)

    asyncio.run(scenario())


def test_a_calibration_of_workers_says_nothing_about_the_applications_own_loop() -> None:
    async def scenario() -> None:
        whole, _, _ = gathering(1, GeneratorSettings("in-app"))
        for index in range(9):
            whole.add(report(0, index, last=index == 8))
        assert whole.result(0, (), AROUND).fitness.ceiling_rps is None

    asyncio.run(scenario())


def test_a_report_from_the_far_future_is_refused_before_anything_of_it_counts() -> None:
    async def scenario() -> None:
        whole, intervals, _ = gathering()
        with pytest.raises(Bug, match="interval 2000000000"):
            whole.add(report(0, 2_000_000_000))
        assert intervals == []

    asyncio.run(scenario())


def test_where_the_profile_says_so_a_loss_breaks_the_run_off() -> None:
    async def scenario() -> None:
        whole, _, caveats = gathering(2, GeneratorSettings(on_worker_lost="stop"))
        whole.add(report(0, 0))
        assert not whole.broken.is_set()
        whole.end(1, "killed by SIGKILL")
        assert whole.broken.is_set()
        assert caveats[0].hint.startswith("The run ends here, as asked. Run again")
        whole.stopped_ns = 1_500_000_000
        whole.end(0, "")
        with pytest.raises(EnvironmentFault, match="killed by SIGKILL"):
            whole.result(0, (), AROUND)

    asyncio.run(scenario())


def test_otherwise_nothing_breaks() -> None:
    async def scenario() -> None:
        whole, _, caveats = gathering(2)
        whole.end(1, "killed by SIGKILL")
        assert not whole.broken.is_set()
        assert "The others went on" in caveats[0].hint
        for index in range(9):
            whole.add(report(0, index, last=index == 8))
        assert caveats[0] in whole.result(0, (), AROUND).fitness.caveats, "said in the end as it was said at once"

    asyncio.run(scenario())


def test_events_count_by_the_window_and_memory_by_the_most_at_once() -> None:
    async def scenario() -> None:
        whole, _, _ = gathering()
        for index in range(9):
            for shard in (0, 1):
                snapshot = report(shard, index, last=index == 8)
                tally = replace(snapshot.measured if snapshot.measured.issued else snapshot.warmup, stream=EVENTS)
                inside = snapshot.measured.issued > 0
                whole.add(
                    replace(
                        snapshot,
                        measured=tally if inside else Tally(),
                        warmup=Tally() if inside else tally,
                        traffic=replace(snapshot.traffic, open_connections=500),
                        health=replace(snapshot.health, grown_bytes=2_000_000 - 100_000 * index),
                    )
                )
        fitness = whole.result(0, (), AROUND).fitness
        assert fitness.cpu_us_per_event == pytest.approx(20.0), "0.04 s for 2,000 events in each quarter second"
        assert fitness.bytes_per_connection == 4_000, "four million bytes at the beginning, 1,000 connections"

    asyncio.run(scenario())


def test_the_applications_own_memory_is_not_taken_for_that_of_connections() -> None:
    async def scenario() -> None:
        whole, _, _ = gathering(1, GeneratorSettings("in-app"))
        for index in range(9):
            snapshot = report(0, index, last=index == 8)
            traffic = replace(snapshot.traffic, open_connections=1_000)
            whole.add(replace(snapshot, traffic=traffic, health=replace(snapshot.health, grown_bytes=9_000_000)))
        assert whole.result(0, (), AROUND).fitness.bytes_per_connection is None

    asyncio.run(scenario())
