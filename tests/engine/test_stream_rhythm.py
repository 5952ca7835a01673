"""A server writes with a rhythm and a planted stall, and logs when it did; what we report is held against its log."""

from __future__ import annotations

import asyncio
import random
from itertools import pairwise
from time import perf_counter_ns

import numpy as np
import pytest

from engine.streams import Stream, shoot_streams, stream_of
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import ClosedLoad, EngineName, OpenLoad, StreamKind, StreamSettings

EVENTS, STREAMS, STALL_S = 40, 8, 0.4
SOONEST_S, LATEST_S = 0.004, 0.02


class Rhythm:
    """Gaps of 4 to 20 ms, drawn from a seed, and a long one in the middle of the third stream."""

    def __init__(self, kind: StreamKind) -> None:
        self._kind = kind
        self._random = random.Random(7)
        self.first_us: list[float] = []
        self.gaps_us: list[float] = []

    async def __call__(self, stream: Stream) -> None:
        asked_ns = perf_counter_ns()
        planted = stream.number == 3
        await stream.start()
        written: list[int] = []
        for number in range(EVENTS):
            await asyncio.sleep(self._random.uniform(SOONEST_S, LATEST_S))
            if planted and number == EVENTS // 2:
                await asyncio.sleep(STALL_S)
            data = b"data: %d\n\n" % number if self._kind == "sse" else b'{"n":%d}\n' % number
            written.append(perf_counter_ns())
            await stream.send(b"%x\r\n%b\r\n" % (len(data), data))
        await stream.finish()
        self.first_us.append((written[0] - asked_ns) / 1000)
        self.gaps_us += [(later - sooner) / 1000 for sooner, later in pairwise(written)]


def mean_us(histogram: Histogram) -> float:
    return float(np.average(histogram.middles_us, weights=histogram.counts))


@pytest.mark.parametrize("engine", ["in-app", "workers"])
@pytest.mark.parametrize("kind", ["sse", "ndjson", "chunked"])
def test_gaps_and_stall_are_those_of_the_server(kind: StreamKind, engine: EngineName) -> None:
    rhythm = Rhythm(kind)
    fired, _ = shoot_streams(rhythm, StreamSettings(kind, EVENTS), ClosedLoad(4), limit=STREAMS, engine=engine)
    streams = stream_of(fired)
    assert fired.measured.succeeded == STREAMS
    assert streams.events == EVENTS * STREAMS
    assert streams.gap.total == len(rhythm.gaps_us) == (EVENTS - 1) * STREAMS
    assert mean_us(streams.gap) == pytest.approx(np.mean(rhythm.gaps_us), rel=0.02)
    for quantile in (0.25, 0.5, 0.75, 0.9):
        assert streams.gap.quantile(quantile) == pytest.approx(np.quantile(rhythm.gaps_us, quantile), rel=0.1, abs=500)
    assert streams.longest_stall_us == pytest.approx(max(rhythm.gaps_us), rel=0.02)
    assert streams.longest_stall_us >= STALL_S * 1e6
    assert mean_us(streams.first_event) == pytest.approx(np.mean(rhythm.first_us), rel=0.2)
    assert streams.gap.max_us == pytest.approx(streams.longest_stall_us, rel=0.01)


def test_a_stalled_server_shows_in_the_scheduled_first_events_and_not_in_the_service_times() -> None:
    """One connection, a stream every 100 ms, the first one 600 ms long: the next ones wait for it, and that is told."""

    async def long_first(stream: Stream) -> None:
        await stream.start()
        await stream.event(0)
        if stream.number == 1:
            await asyncio.sleep(0.6)
        await stream.event(1)
        await stream.finish()

    settings = StreamSettings(events=2)
    fired, _ = shoot_streams(long_first, settings, OpenLoad(1, rate_rps=10.0), limit=None, duration_s=1.0)
    measured = fired.measured
    assert measured.succeeded == 10
    assert (measured.service.max_us or 0) < 100_000
    # The other nine are due every 100 ms from the first one on, and sent when that is over, 600 ms after it came.
    late = [
        middle
        for middle, count in zip(measured.scheduled.middles_us, measured.scheduled.counts, strict=True)
        for _ in range(count)
    ]
    assert sorted(late)[-5:] == pytest.approx([100e3, 200e3, 300e3, 400e3, 500e3], abs=30e3)
