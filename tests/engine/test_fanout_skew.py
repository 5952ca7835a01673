"""Fan-out with a planted skew: what we read off our clock beside what the server read off its own."""

from __future__ import annotations

import asyncio
import statistics
from collections import defaultdict
from dataclasses import dataclass, field
from time import perf_counter_ns

import pytest

from engine.rooms import Fate, Hub
from engine.socket_peers import Peer, fire_sockets, serving_sockets, tally
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import ClosedLoad, LoadShape, OpenLoad, SocketSettings
from loadbench_gui.services.generator import Fired

MEMBERS = 5


@dataclass
class Clocked(Hub):
    """Remembers when it wrote each publication to each member, in microseconds."""

    written_us: dict[bytes, list[float]] = field(default_factory=lambda: defaultdict(list))

    def _deliver(self, member: Peer, message: bytes, kind: int, fate: Fate) -> None:
        self.written_us[message].append(perf_counter_ns() / 1000)
        super()._deliver(member, message, kind, fate)

    @property
    def skew_us(self) -> list[float]:
        return [max(times) - min(times) for times in self.written_us.values()]


def middle(histogram: Histogram) -> float:
    found = histogram.quantile(0.5)
    assert found is not None
    return found


@pytest.mark.parametrize("shape", [ClosedLoad(MEMBERS), OpenLoad(MEMBERS, 40.0)], ids=["closed", "open"])
@pytest.mark.parametrize("delay_s", [0.0, 0.004, 0.015])
def test_our_skew_is_the_server_s(shape: LoadShape, delay_s: float) -> None:
    hub = Clocked(delay_s=delay_s)

    async def scenario() -> Fired:
        async with serving_sockets(hub) as room:
            settings = SocketSettings(mode="fanout")
            return await fire_sockets(room, settings, shape, engine="workers", workers=1, duration_s=1.5)

    fired = asyncio.run(scenario())
    sockets = tally(fired)
    assert sockets.skew.total == hub.published == fired.measured.succeeded
    assert middle(sockets.skew) == pytest.approx(statistics.median(hub.skew_us), rel=0.05, abs=500)
    # The last subscriber is what a publication waits for: no publication is faster than its skew.
    assert middle(fired.measured.service) >= (MEMBERS - 1) * delay_s * 1e6
    assert fired.measured.service.total == sockets.skew.total
