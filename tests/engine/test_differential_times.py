"""Two clients that share no code below the record, each held against the times that the server has logged."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter_ns

import pytest

from engine.clients import HTTPX, fire_by
from engine.servers import Asked, response, serving
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import Client, OpenLoad
from loadbench_gui.services.generator import Fired

FAST = Client()
SLOW_S = 0.02
REQUESTS = 60


@dataclass
class Slow:
    """Answers after a while, in two parts. whole_ns, part_ns: what each answer, and its second part, really took."""

    first_s: float
    second_s: float = 0.0
    whole_ns: list[int] = field(default_factory=list)
    part_ns: list[int] = field(default_factory=list)

    def __call__(self, asked: Asked) -> None:
        loop, began_ns = asyncio.get_running_loop(), perf_counter_ns()
        answer = response(b"x" * 2000)

        def begin() -> None:
            first_ns = perf_counter_ns()
            if self.second_s:
                asked.answer(answer[:500])
                loop.call_later(self.second_s, end, first_ns, answer[500:])
            else:
                end(first_ns, answer)

        def end(first_ns: int, rest: bytes) -> None:
            now = perf_counter_ns()
            self.whole_ns.append(now - began_ns)
            self.part_ns.append(now - first_ns)
            asked.answer(rest)

        loop.call_later(self.first_s, begin)


def timed(client: Client, slow: Slow) -> Fired:
    async def scenario() -> Fired:
        async with serving(slow) as server:
            return await fire_by(client, server.target, limit=REQUESTS)

    fired = asyncio.run(scenario())
    assert fired.measured.succeeded == len(slow.whole_ns) == REQUESTS
    return fired


NOISE = 0.10
"""A client's median may be this much above the server's: where our own lag takes a tenth of a latency the generator is
called suspect, so a client that is further off than that may not call itself fit. One connection, so nothing queues."""
ROUNDING = 0.002
"""Histograms keep three digits."""


def agrees(measured: Histogram, logged_ns: list[int], less: float = ROUNDING) -> bool:
    """Whether the medians do.

    less: how much below the server's own median ours may be; a whole exchange cannot be shorter than its answer.
    """
    ours, theirs = measured.quantile(0.5), median(logged_ns) / 1000
    assert ours is not None
    return theirs * (1 - less) <= ours <= theirs * (1 + NOISE)


@pytest.mark.parametrize("client", [FAST, HTTPX], ids=lambda client: client.name)
def test_the_service_time_is_the_server_s_own(client: Client) -> None:
    slow = Slow(SLOW_S)
    measured = timed(client, slow).measured
    assert agrees(measured.service, slow.whole_ns)
    assert agrees(measured.first_byte, slow.whole_ns)


@pytest.mark.parametrize("client", [FAST, HTTPX], ids=lambda client: client.name)
def test_the_parts_of_an_answer_are_timed_apart(client: Client) -> None:
    slow = Slow(SLOW_S, SLOW_S)
    measured = timed(client, slow).measured
    assert agrees(measured.service, slow.whole_ns)
    # The first part may be read late and the second in time.
    assert agrees(measured.download, slow.part_ns, less=NOISE)


@pytest.mark.parametrize("client", [FAST, HTTPX], ids=lambda client: client.name)
def test_a_queue_shows_in_the_scheduled_latency_and_not_in_the_service_time(client: Client) -> None:
    """One connection, twice as many arrivals as it can carry: the wait grows by one answer with every two."""

    async def scenario() -> Fired:
        async with serving(slow) as server:
            shape = OpenLoad(1, 2 / SLOW_S, queue_limit=1000)
            return await fire_by(client, server.target, shape=shape, limit=40)

    slow = Slow(SLOW_S)
    fired = asyncio.run(scenario())
    measured = fired.measured
    assert measured.succeeded == len(slow.whole_ns) == 40
    assert agrees(measured.service, slow.whole_ns)
    longest, waited = measured.scheduled.quantile(1.0), measured.connection_wait.quantile(1.0)
    assert longest is not None
    assert waited is not None
    assert longest >= (sum(slow.whole_ns) - 40 * SLOW_S * 1e9 / 2) / 1000 * (1 - ROUNDING)
    assert waited >= longest / 2
