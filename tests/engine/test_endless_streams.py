"""Streams that last as long as the load does: they are left when it ends, and that is a success where an event came."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from engine.scripted import Clock, Script
from engine.streams import HEAD, Stream, chunk, event, falls_silent, fire_streams, shoot_streams, stream_of, streaming
from loadbench_gui.core.plan import ClosedLoad, EngineName, OpenLoad, StreamSettings
from loadbench_gui.services.generator import Fired

BOTH = pytest.mark.parametrize("engine", ["in-app", "workers"])
ENDLESS = StreamSettings(endless=True)


async def ticks(stream: Stream) -> None:
    """An event every ten milliseconds, for ever."""
    await stream.start()
    for number in range(1 << 30):
        await stream.event(number)
        await asyncio.sleep(0.01)


@BOTH
def test_endless_streams_are_left_when_the_window_ends(engine: EngineName) -> None:
    fired, server = shoot_streams(ticks, ENDLESS, ClosedLoad(3), engine=engine, limit=None, duration_s=0.6)
    streams = stream_of(fired)
    assert len(server.streams) == server.connections == 3
    assert fired.measured.issued == fired.measured.succeeded == streams.complete == streams.left == 3
    assert (fired.measured.censored, streams.truncated) == (0, 0)
    assert fired.traffic.completed == 3, "they end with the window"
    assert 3 * 10 < streams.events <= 3 * 61
    assert fired.traffic.closed_by_server == 0


def test_endless_streams_count_from_their_opening_and_their_events_from_the_windows() -> None:
    """They are opened once, in the warm-up: were they not of the run, no stream would be."""
    fired, server = shoot_streams(ticks, ENDLESS, ClosedLoad(2), limit=None, warmup_s=0.3, duration_s=0.3)
    streams = stream_of(fired)
    assert len(server.streams) == 2
    assert (fired.measured.issued, fired.measured.succeeded, streams.complete, streams.left) == (2, 2, 2, 2)
    assert 2 * 5 < streams.events <= 2 * 31
    assert streams.first_event.total == 2


def test_endless_streams_without_an_event_are_censored() -> None:
    async def says_nothing(stream: Stream) -> None:
        await stream.start()
        await stream.until_gone()

    fired, _ = shoot_streams(says_nothing, ENDLESS, ClosedLoad(2), limit=None, duration_s=0.4)
    assert (fired.measured.issued, fired.measured.censored, stream_of(fired).left) == (2, 2, 0)


def test_an_endless_stream_that_ends_in_good_order_is_complete_and_the_next_one_begins() -> None:
    async def ends(stream: Stream) -> None:
        await stream.start()
        await stream.event(0)
        await asyncio.sleep(0.05)
        await stream.finish()

    fired, server = shoot_streams(ends, ENDLESS, limit=None, duration_s=0.5)
    streams = stream_of(fired)
    assert fired.measured.succeeded == streams.complete == len(server.streams) > 3
    assert streams.left <= 1


def test_endless_streams_of_an_open_load_are_left_too() -> None:
    shape = OpenLoad(rate_rps=20.0, connections=4)
    fired, server = shoot_streams(ticks, ENDLESS, shape, limit=None, duration_s=0.5)
    measured = fired.measured
    assert measured.issued == 10
    assert (measured.succeeded, measured.censored) == (4, 6)
    assert stream_of(fired).left == len(server.streams) == 4


def test_a_limit_of_endless_streams_is_held_to_the_windows_end() -> None:
    fired, _ = shoot_streams(ticks, ENDLESS, ClosedLoad(2), limit=2, duration_s=0.5, timeout_s=0.1)
    assert (fired.measured.succeeded, stream_of(fired).left) == (2, 2)
    assert stream_of(fired).events > 2 * 20


def stopped_after_five(settings: StreamSettings, then: Callable[[Stream, asyncio.Event], Awaitable[None]]) -> Fired:
    """What comes of a load whose one stream has five events, and then what is to stop the load."""

    async def scenario() -> Fired:
        stop = asyncio.Event()

        async def five(stream: Stream) -> None:
            await stream.start()
            for number in range(5):
                await stream.event(number)
            await then(stream, stop)
            await stream.until_gone()

        async with streaming(five) as server:
            return await fire_streams(server.target, settings, stop=stop)

    return asyncio.run(scenario())


def test_a_stop_leaves_endless_streams() -> None:
    async def stops(stream: Stream, stop: asyncio.Event) -> None:
        await asyncio.sleep(0.1)
        stop.set()

    fired = stopped_after_five(ENDLESS, stops)
    assert (fired.measured.succeeded, stream_of(fired).left, stream_of(fired).events) == (1, 1, 5)


def test_a_stall_that_nothing_follows_is_one_as_long_as_the_window() -> None:
    fired, _ = shoot_streams(falls_silent, ENDLESS, limit=None, duration_s=0.6)
    streams = stream_of(fired)
    assert (fired.measured.succeeded, streams.gap.total) == (1, 0)
    assert 500_000 < streams.longest_stall_us <= 600_000


def test_an_endless_stream_that_ends_in_the_warm_up_is_of_the_run_but_no_throughput() -> None:
    """Throughput is what ended inside the window, over the window's length."""

    async def once_briefly(stream: Stream) -> None:
        if stream.number > 1:
            await ticks(stream)
        await stream.start()
        await stream.event(0)
        await stream.finish()

    fired, server = shoot_streams(once_briefly, ENDLESS, limit=None, warmup_s=0.5, duration_s=0.3)
    assert len(server.streams) == 2
    assert (fired.measured.issued, fired.measured.succeeded, stream_of(fired).left) == (2, 2, 1)
    assert fired.traffic.completed == 1


@pytest.mark.parametrize(("late_ns", "left"), [(-1, 1), (0, 0), (30_000_000, 0)])
def test_a_first_event_after_the_windows_end_came_too_late(
    late_ns: int, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That the window is over is seen up to a tick later: what comes until then did not come in it."""

    async def scenario() -> Script:
        script = Script(ENDLESS, Clock(monkeypatch))
        await script.start()
        script.clock.now_ns = script.window.end_ns + late_ns
        script.receive(HEAD + chunk(event(0)))
        script.end(script.window.end_ns + 50_000_000)
        return script

    script = asyncio.run(scenario())
    measured, streams = script.taken()
    assert (measured.issued, measured.succeeded, measured.censored) == (1, left, 1 - left)
    assert (streams.left, streams.complete) == (left, left)


@pytest.mark.parametrize("endless", [True, False], ids=["endless", "with an end"])
def test_what_comes_after_a_stop_is_not_of_the_window(endless: bool) -> None:
    """A stream that is to end by itself gets a short grace, and more events come in it."""

    async def goes_on(stream: Stream, stop: asyncio.Event) -> None:
        await asyncio.sleep(0.05)
        stop.set()
        await asyncio.sleep(0.1)
        for number in range(20):
            await stream.event(number)

    assert stream_of(stopped_after_five(StreamSettings(endless=endless), goes_on)).events == 5
