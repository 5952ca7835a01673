"""Open loops in every combination of policy, shape and limit: what is due is drawn, and has one fate."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from engine.firing import adds_up
from engine.servers import Asked, fire_at, response, says, says_until, serving
from loadbench_gui.core.plan import Arrival, EngineName, OpenLoad, Pacing, Stage, WhenBusy
from loadbench_gui.engine.issuer import Issuer, open_all
from loadbench_gui.services.generator import Fired

PAUSE = (Stage(0.2, 200.0), Stage(0.0, 0.0), Stage(0.3, 0.0), Stage(0.0, 200.0), Stage(0.3, 200.0))
"""200 a second for 0.2 s, nothing for 0.3 s, 200 a second again."""


def slow_to_answer(asked: Asked) -> None:
    asyncio.get_running_loop().call_later(0.03, asked.answer, response())


@pytest.mark.parametrize("arrival", ["constant", "poisson"])
@pytest.mark.parametrize(("when_busy", "queue_limit"), [("queue", None), ("queue", 5), ("queue", 0), ("drop", None)])
@pytest.mark.parametrize("engine", ["in-app", "workers"])
def test_counts_add_up_under_every_policy(
    arrival: Arrival, when_busy: WhenBusy, queue_limit: int | None, engine: EngineName
) -> None:
    """Two connections that take 30 ms each serve a third of the 200 arrivals a second."""

    async def scenario() -> tuple[Fired, int]:
        async with serving(slow_to_answer) as server:
            shape = OpenLoad(2, 200.0, arrival, when_busy=when_busy, queue_limit=queue_limit)
            fired = await fire_at(server.target, shape, engine=engine, workers=2, duration_s=0.6, timeout_s=3.0)
            return fired, server.requests

    fired, asked = asyncio.run(scenario())
    measured = fired.measured
    assert adds_up(fired)
    assert measured.succeeded == asked
    assert measured.failed == measured.timed_out == 0
    assert measured.issued == 120 if arrival == "constant" else 60 < measured.issued < 240
    held_back = when_busy == "drop" or queue_limit is not None
    assert (measured.dropped > 30) == held_back
    if when_busy == "drop" or queue_limit == 0:
        assert measured.connection_wait.max_us is not None
        assert measured.connection_wait.max_us < 30_000, "nothing ever waited for an answer to make room"


def test_a_queue_without_room_is_the_same_as_dropping() -> None:
    async def scenario(shape: OpenLoad) -> Fired:
        async with serving(lambda asked: None) as server:
            return await fire_at(server.target, shape, duration_s=0.4, timeout_s=0.6)

    shape = OpenLoad(3, 100.0)
    for policy in (replace(shape, queue_limit=0), replace(shape, when_busy="drop")):
        measured = asyncio.run(scenario(policy)).measured
        assert (measured.issued, measured.dropped, measured.timed_out) == (40, 37, 3)


def fired_with_a_pause(limit: int | None, duration_s: float) -> tuple[Fired, list[float]]:
    times_s: list[float] = []

    def notes(asked: Asked) -> None:
        times_s.append(asyncio.get_running_loop().time())
        asked.answer(response())

    async def scenario() -> Fired:
        async with serving(notes) as server:
            shape = OpenLoad(4, 200.0, stages=PAUSE)
            return await fire_at(server.target, shape, duration_s=duration_s, limit=limit)

    return asyncio.run(scenario()), times_s


def test_nothing_is_due_in_a_stage_without_a_rate_and_all_of_the_next_one_is() -> None:
    fired, times_s = fired_with_a_pause(None, 0.8)
    assert fired.measured.issued == fired.measured.succeeded == len(times_s) == 40 + 60
    assert times_s[40] - times_s[39] > 0.2, "nobody was asked for the length of the pause"


def test_a_request_limit_is_reached_beyond_a_stage_without_a_rate() -> None:
    fired, times_s = fired_with_a_pause(50, 30.0)
    assert fired.measured.issued == fired.measured.succeeded == len(times_s) == 50
    assert fired.stop_reason == "requests"


def test_a_load_that_ends_without_a_rate_lasts_as_long_as_its_window() -> None:
    async def scenario() -> Fired:
        async with serving(says(response())) as server:
            shape = OpenLoad(2, 100.0, stages=(Stage(0.2, 100.0), Stage(0.0, 0.0)))
            return await fire_at(server.target, shape, limit=1_000, duration_s=0.6)

    fired = asyncio.run(scenario())
    assert fired.measured.issued == fired.measured.succeeded == 20
    assert fired.duration_s == pytest.approx(0.6)
    assert not fired.stop_reason


def test_a_ramp_from_nothing_sends_as_many_as_the_area_under_it() -> None:
    async def scenario() -> Fired:
        async with serving(says(response())) as server:
            shape = OpenLoad(4, 0.0, stages=(Stage(0.5, 400.0),))
            return await fire_at(server.target, shape, duration_s=0.5)

    assert asyncio.run(scenario()).measured.issued == 100


@pytest.mark.parametrize("connections", [3, 7])
def test_every_connection_gets_the_same_share_within_one(connections: int) -> None:
    """Least recently used first. Only an arrival that had to wait goes to whichever connection is free first."""
    shares: Counter[int] = Counter()

    def counts(asked: Asked) -> None:
        shares[asked.connection] += 1
        asked.answer(response())

    async def scenario() -> Fired:
        async with serving(counts) as server:
            return await fire_at(server.target, OpenLoad(connections, 250.0), duration_s=0.5)

    measured = asyncio.run(scenario()).measured
    waited = measured.issued - measured.connection_wait.count_at_or_below(0)
    assert len(shares) == connections
    assert shares.total() == 125
    assert max(shares.values()) - min(shares.values()) <= 1 + waited


@pytest.mark.parametrize("pacing", ["timer", "spin"])
def test_a_rate_beyond_what_can_be_taken_up_lets_the_answers_be_read_and_adds_up(pacing: Pacing) -> None:
    """The server shares the generator's loop here: where that starves, it is not asked twice by one connection."""

    async def scenario() -> tuple[Fired, int]:
        async with serving(says(response())) as server:
            shape = OpenLoad(2, 1_000_000.0, when_busy="drop")
            return await fire_at(server.target, shape, duration_s=0.3, pacing=pacing), server.requests

    fired, asked = asyncio.run(scenario())
    measured = fired.measured
    assert adds_up(fired)
    assert measured.issued == 300_000
    assert measured.succeeded == asked > 20
    assert measured.failed == measured.timed_out == 0


@pytest.mark.parametrize("pacing", ["timer", "spin"])
def test_a_halt_is_obeyed_though_arrivals_are_due_faster_than_they_are_taken_up(pacing: Pacing) -> None:
    async def scenario() -> Fired:
        stop = asyncio.Event()
        async with serving(says_until(20, stop, response())) as server:
            shape = OpenLoad(2, 1_000_000.0, when_busy="drop")
            return await fire_at(server.target, shape, duration_s=4.0, pacing=pacing, stop=stop)

    fired = asyncio.run(scenario())
    assert adds_up(fired)
    assert fired.stop_reason == "stopped"
    assert fired.duration_s < 4.0
    assert 1e6 * fired.duration_s - 2 <= fired.measured.issued < 4_000_000, "what was due by then counts"


class Opening:
    """Stands for a connection: notes when it was told to open."""

    opening = None

    def __init__(self, told_s: list[float]) -> None:
        self._told_s = told_s

    def open(self) -> None:
        self._told_s.append(asyncio.get_running_loop().time())


def test_connections_are_opened_one_after_the_other() -> None:
    """Sixty at once would be a burst that the load never asked for; the n-th comes n milliseconds after the first."""

    async def scenario() -> tuple[float, list[float]]:
        told_s: list[float] = []
        began_s = asyncio.get_running_loop().time()
        issuer = SimpleNamespace(connections=[Opening(told_s) for _ in range(60)])
        await open_all(cast("Issuer", issuer), 0.001, 1.0)
        return began_s, told_s

    began_s, told_s = asyncio.run(scenario())
    assert len(told_s) == 60
    # A distance of up to a millisecond is not worth a sleep.
    assert all(moment_s - began_s >= 0.001 * (number - 1) for number, moment_s in enumerate(told_s))
