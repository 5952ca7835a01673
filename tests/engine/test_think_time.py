"""Closed loops whose users think, against servers that note when they were asked."""

from __future__ import annotations

import asyncio
from time import perf_counter_ns

import pytest

from engine.firing import LateTaker, Watch, adds_up
from engine.listeners import nobody
from engine.servers import Asked, fire_at, response, says, serving
from loadbench_gui.core.plan import ClosedLoad, EngineName, Request
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.services.generator import Fired

PAUSE_S = 0.04


class Notes:
    """Answers at once and notes for each connection when it answered and when it was asked again."""

    def __init__(self) -> None:
        self.gaps_ns: list[int] = []
        self._answered_ns: dict[int, int] = {}

    def __call__(self, asked: Asked) -> None:
        now = perf_counter_ns()
        if asked.connection in self._answered_ns:
            self.gaps_ns.append(now - self._answered_ns[asked.connection])
        self._answered_ns[asked.connection] = perf_counter_ns()
        asked.answer(response())


@pytest.mark.parametrize("engine", ["in-app", "workers"])
def test_a_user_thinks_as_long_as_it_was_told_between_an_answer_and_the_next_request(engine: EngineName) -> None:
    async def scenario() -> tuple[Fired, int, Notes]:
        notes = Notes()
        async with serving(notes) as server:
            shape = ClosedLoad(4, think_s=PAUSE_S)
            fired = await fire_at(server.target, shape, engine=engine, duration_s=0.8)
            return fired, server.requests, notes

    fired, asked, notes = asyncio.run(scenario())
    assert adds_up(fired)
    assert fired.measured.succeeded == asked
    # Never more than if the server took no time at all.
    assert 40 < asked <= 4 * 0.8 / PAUSE_S
    assert min(notes.gaps_ns) >= PAUSE_S * 1e9
    assert fired.measured.dispatch_lag.total == fired.measured.connection_wait.total == asked


def test_a_user_who_thinks_when_the_run_ends_is_not_censored() -> None:
    """Five users who think for five seconds, one second apart: one has asked when the run ends."""

    async def scenario() -> tuple[Fired, int]:
        async with serving(says(response())) as server:
            return await fire_at(server.target, ClosedLoad(5, think_s=5.0), duration_s=0.5), server.requests

    fired, asked = asyncio.run(scenario())
    assert fired.measured.issued == fired.measured.succeeded == asked == 1
    assert fired.measured.censored == 0
    assert fired.duration_s == pytest.approx(0.5)


def test_a_loop_that_is_late_to_wake_a_user_shows_in_the_dispatch_lag_and_not_in_the_service_time() -> None:
    async def scenario() -> Fired:
        async with serving(says(response())) as server:
            shape = ClosedLoad(4, think_s=0.1)
            return await fire_at(server.target, shape, duration_s=0.8, watch=Watch(intervals=LateTaker(0.2)))

    measured = asyncio.run(scenario()).measured
    assert measured.dispatch_lag.max_us is not None
    assert measured.dispatch_lag.max_us > 90_000
    # At most the one that was under way when the loop stopped was answered late as well.
    assert measured.scheduled.count_at_or_below(90_000) < measured.service.count_at_or_below(90_000)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_request_limit_is_exact_though_users_think(workers: int) -> None:
    async def scenario() -> tuple[Fired, int]:
        async with serving(says(response())) as server:
            shape = ClosedLoad(6, think_s=0.01, thinking="exponential")
            fired = await fire_at(server.target, shape, engine="workers", workers=workers, duration_s=30.0, limit=101)
            return fired, server.requests

    fired, asked = asyncio.run(scenario())
    assert fired.measured.issued == fired.measured.succeeded == asked == 101
    assert fired.stop_reason == "requests"


def test_a_connection_that_is_closed_while_its_user_thinks_is_replaced_without_a_failure() -> None:
    def closes(asked: Asked) -> None:
        asked.answer(response())
        asyncio.get_running_loop().call_later(PAUSE_S / 4, asked.transport.close)

    async def scenario() -> tuple[Fired, int, int]:
        async with serving(closes) as server:
            fired = await fire_at(server.target, ClosedLoad(2, think_s=PAUSE_S), duration_s=0.5)
            return fired, server.requests, server.connections

    fired, asked, connections = asyncio.run(scenario())
    assert adds_up(fired)
    assert fired.measured.succeeded == asked > 6
    assert connections >= asked
    assert fired.traffic.stale == 0
    longest = fired.measured.connection_wait.max_us
    assert longest is not None
    assert longest > 0, "the next request waits until a fresh connection is open"


def test_users_go_on_thinking_in_front_of_a_server_that_is_not_there() -> None:
    fired = asyncio.run(fire_at(nobody(), ClosedLoad(2, think_s=PAUSE_S), duration_s=0.5))
    assert adds_up(fired)
    assert fired.measured.errors == {ErrorKind.CONNECT_REFUSED: fired.measured.issued}
    assert 2 < fired.measured.issued <= 2 * 0.5 / PAUSE_S


def test_what_waits_for_an_answer_when_a_thinking_run_is_stopped_is_censored() -> None:
    async def scenario() -> Fired:
        stop = asyncio.Event()
        async with serving(lambda asked: stop.set()) as server:
            shape = ClosedLoad(1, think_s=PAUSE_S)
            return await fire_at(server.target, shape, duration_s=30.0, timeout_s=20.0, stop=stop)

    fired = asyncio.run(scenario())
    assert fired.measured.issued == fired.measured.censored == 1


def test_users_who_think_draw_from_a_mix() -> None:
    paths: list[str] = []

    def notes(asked: Asked) -> None:
        paths.append(asked.path)
        asked.answer(response())

    async def scenario() -> Fired:
        async with serving(notes) as server:
            requests = (Request(path="/a/${counter}"), Request(path="/b"))
            shape = ClosedLoad(3, think_s=0.005, thinking="exponential")
            return await fire_at(server.target, shape, requests=requests, duration_s=10.0, limit=60)

    fired = asyncio.run(scenario())
    assert fired.measured.succeeded == len(paths) == 60
    assert 10 < paths.count("/b") < 50
    numbers = [int(path.removeprefix("/a/")) for path in paths if path != "/b"]
    assert len(set(numbers)) == len(numbers)
    assert 1 <= min(numbers) <= max(numbers) <= 60
