"""Pings: each connection at its interval, and all of them spread over it."""

from __future__ import annotations

import asyncio
from time import perf_counter_ns

from loadbench_gui.engine.transport.websocket.pinger import Pinger


class Pinged:
    def __init__(self, pings: list[int], enough: asyncio.Event, most: int) -> None:
        self._pings, self._enough, self._most = pings, enough, most
        self.is_open = True
        self.count = 0

    def ping(self, now_ns: int) -> None:
        self.count += 1
        self._pings.append(now_ns)
        if len(self._pings) == self._most:
            self._enough.set()


def test_those_that_were_opened_together_are_not_pinged_together() -> None:
    async def scenario() -> tuple[list[int], int]:
        enough = asyncio.Event()
        pings: list[int] = []
        pinger = Pinger(asyncio.get_running_loop(), 0.4)
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
        pinger = Pinger(asyncio.get_running_loop(), 0.02)
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
