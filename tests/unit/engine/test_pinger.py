"""Pings: each connection at its interval, all of them spread over it, and none waited for beyond the time-out."""

from __future__ import annotations

import asyncio
from time import perf_counter_ns

import pytest

from loadbench_gui.engine.transport.websocket.pinger import Pinger

LONG_S = 60.0


class Pinged:
    """answers: at once; otherwise a ping is waited for until it is given up, so long after it; then it is `gone`."""

    def __init__(self, pings: list[int], enough: asyncio.Event, most: int, *, answers: bool = True) -> None:
        self._pings, self._enough, self._most = pings, enough, most
        self._answers = answers
        self.is_open = True
        self.waits_since_ns = 0
        self.count = 0
        self.expired_after_ns: list[int] = []
        self.gone = asyncio.Event()

    def ping(self, now_ns: int) -> None:
        self.count += 1
        self._pings.append(now_ns)
        if not self._answers:
            self.waits_since_ns = self.waits_since_ns or now_ns
        if len(self._pings) == self._most:
            self._enough.set()

    def expire_pings(self, before_ns: int, now_ns: int) -> None:
        assert self.waits_since_ns <= before_ns
        self.expired_after_ns.append(now_ns - self.waits_since_ns)
        self.waits_since_ns = 0
        self.is_open = False
        self.gone.set()


def test_those_that_were_opened_together_are_not_pinged_together() -> None:
    async def scenario() -> tuple[list[int], int]:
        enough = asyncio.Event()
        pings: list[int] = []
        pinger = Pinger(asyncio.get_running_loop(), 0.4, LONG_S)
        began_ns = perf_counter_ns()
        for _ in range(100):
            pinger.add(Pinged(pings, enough, 100))
        await enough.wait()
        pinger.close()
        return pings, began_ns

    pings, began_ns = asyncio.run(scenario())
    first_half = sum(at - began_ns < 200_000_000 for at in pings)
    # A late machine pings later, but no sooner.
    assert first_half <= 55
    assert pings[-1] - began_ns >= 0.95 * 400_000_000


def test_each_is_pinged_again_and_again_until_it_is_closed() -> None:
    async def scenario() -> list[Pinged]:
        enough = asyncio.Event()
        pings: list[int] = []
        pinger = Pinger(asyncio.get_running_loop(), 0.02, LONG_S)
        connections = [Pinged(pings, enough, 60) for _ in range(4)]
        connections[3].is_open = False
        for connection in connections:
            pinger.add(connection)
        await enough.wait()
        pinger.close()
        return connections

    counts = [connection.count for connection in asyncio.run(scenario())]
    assert counts[3] == 0
    assert max(counts[:3]) - min(counts[:3]) <= 1


@pytest.mark.parametrize("every_s", [0.01, 0.3], ids=["pinged often", "pinged seldom"])
def test_a_ping_that_is_not_answered_is_given_up_when_its_time_is_over(every_s: float) -> None:
    async def scenario() -> Pinged:
        silent = Pinged([], asyncio.Event(), 1, answers=False)
        pinger = Pinger(asyncio.get_running_loop(), every_s, 0.1)
        pinger.add(silent)
        await silent.gone.wait()
        pinger.close()
        return silent

    silent = asyncio.run(scenario())
    assert silent.expired_after_ns[0] >= 100_000_000
    assert silent.count == 1 or every_s < 0.1, "that is before its next ping is due"


def test_at_rest_nothing_is_sent_and_what_is_under_way_is_still_given_up() -> None:
    async def scenario() -> tuple[Pinged, Pinged]:
        asked = asyncio.Event(), asyncio.Event()
        answered, silent = Pinged([], asked[0], 1), Pinged([], asked[1], 1, answers=False)
        pinger = Pinger(asyncio.get_running_loop(), 0.01, 0.1)
        pinger.add(answered)
        pinger.add(silent)
        for event in asked:
            await event.wait()
        pinger.rest()
        before = answered.count, silent.count
        await silent.gone.wait()
        pinger.close()
        assert (answered.count, silent.count) == before
        return answered, silent

    answered, silent = asyncio.run(scenario())
    assert (len(answered.expired_after_ns), len(silent.expired_after_ns)) == (0, 1)


def test_those_that_come_and_go_are_not_kept_until_their_ping_is_due() -> None:
    async def scenario() -> int:
        pinger = Pinger(asyncio.get_running_loop(), LONG_S, LONG_S)
        enough = asyncio.Event()
        for _ in range(10):
            pinger.add(Pinged([], enough, 1))
        for _ in range(10_000):
            gone = Pinged([], enough, 1)
            pinger.add(gone)
            gone.is_open = False
            pinger.discard()
        kept = len(pinger._waiting)
        pinger.close()
        return kept

    assert asyncio.run(scenario()) < 200
