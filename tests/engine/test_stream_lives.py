"""Streams that last as long as the load does, and streams that are taken up again where they were cut."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from engine.servers import Watch
from engine.streams import LAST_CHUNK, SSE_HEAD, Stream, chunk, event, fire_streams, shoot_streams, stream_of, streaming
from loadbench_gui.core.plan import ClosedLoad, EngineName, Expectation, OpenLoad, Request, StreamSettings
from loadbench_gui.core.snapshot import ErrorKind
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
        raise ConnectionError

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


def test_a_stop_leaves_endless_streams() -> None:
    async def scenario() -> Fired:
        stop = asyncio.Event()

        async def five(stream: Stream) -> None:
            await stream.start()
            for number in range(5):
                await stream.event(number)
            await asyncio.sleep(0.1)
            stop.set()
            await stream.until_gone()
            raise ConnectionError

        async with streaming(five) as server:
            return await fire_streams(server.target, ENDLESS, stop=stop)

    fired = asyncio.run(scenario())
    assert (fired.measured.succeeded, stream_of(fired).left, stream_of(fired).events) == (1, 1, 5)


def test_a_stall_that_nothing_follows_is_one_as_long_as_the_window() -> None:
    async def stalls(stream: Stream) -> None:
        await stream.start()
        await stream.event(0)
        await stream.until_gone()
        raise ConnectionError

    fired, _ = shoot_streams(stalls, ENDLESS, limit=None, duration_s=0.6)
    streams = stream_of(fired)
    assert (fired.measured.succeeded, streams.gap.total) == (1, 0)
    assert 500_000 < streams.longest_stall_us <= 600_000


# Taking a stream up again


def three_lives(
    end: Callable[[Stream], Awaitable[None]], retry: bytes = b"retry: 10\n\n"
) -> Callable[[Stream], Awaitable[None]]:
    """Nine events with ids; after each third the stream `end`s, and goes on where the client says that it was."""

    async def behave(stream: Stream) -> None:
        await stream.start()
        first = int(stream.last_event_id or -1) + 1
        await stream.send(chunk(retry))
        for number in range(first, min(first + 3, 9)):
            await stream.send(chunk(b"id: %d\ndata: %d\n\n" % (number, number)))
        if first + 3 < 9:
            await end(stream)
        await stream.finish()

    return behave


async def cut(stream: Stream) -> None:
    stream.cut()


async def reset(stream: Stream) -> None:
    await asyncio.sleep(0.02)
    stream.reset()


async def finish(stream: Stream) -> None:
    await stream.finish()
    raise ConnectionError


@BOTH
@pytest.mark.parametrize("end", [cut, reset, finish])
def test_a_stream_that_was_cut_goes_on_after_the_last_event_that_came(
    end: Callable[[Stream], Awaitable[None]], engine: EngineName
) -> None:
    fired, server = shoot_streams(three_lives(end), StreamSettings(events=9, reconnects=2), limit=2, engine=engine)
    streams = stream_of(fired)
    assert (fired.measured.succeeded, streams.events, streams.reconnected) == (2, 18, 4)
    assert [stream.last_event_id for stream in server.streams] == [None, "2", "5"] * 2
    assert streams.gap.total == 16
    assert streams.first_event.total == streams.headers.total == 2
    assert server.connections >= 5


def test_the_wait_that_the_server_asks_for_is_waited_and_is_a_gap() -> None:
    fired, _ = shoot_streams(three_lives(cut, b"retry: 300\n\n"), StreamSettings(events=9, reconnects=2), limit=1)
    streams = stream_of(fired)
    assert fired.measured.succeeded == 1
    assert (
        sum(count for count, middle in zip(streams.gap.counts, streams.gap.middles_us, strict=True) if middle > 299_000)
        == 2
    )
    assert streams.longest_stall_us >= 300_000


def test_a_stream_that_is_cut_too_often_fails() -> None:
    fired, server = shoot_streams(three_lives(cut), StreamSettings(events=9, reconnects=1), limit=2)
    streams = stream_of(fired)
    assert fired.measured.errors == {ErrorKind.CLOSED_EARLY: 2}
    assert (streams.truncated, streams.reconnected, streams.events) == (2, 2, 12)
    assert len(server.streams) == 4


def test_without_ids_it_is_asked_for_as_before() -> None:
    async def forgets(stream: Stream) -> None:
        await stream.start()
        await stream.event(stream.number)
        if stream.number % 2:
            stream.cut()
        await stream.finish()

    fired, server = shoot_streams(forgets, StreamSettings(until="2", reconnects=1), limit=1)
    assert fired.measured.succeeded == 1
    assert [stream.last_event_id for stream in server.streams] == [None, None]


def test_no_content_stops_a_stream_for_good() -> None:
    async def stops(stream: Stream) -> None:
        if stream.number > 1:
            await stream.send(b"HTTP/1.1 204 No Content\r\n\r\n")
            return
        await stream.start()
        await stream.send(chunk(b"retry: 1\n\n" + event(0)))
        stream.cut()

    fired, server = shoot_streams(
        stops, StreamSettings(events=2, reconnects=5), limit=1, expect=Expectation(status=200)
    )
    assert fired.measured.errors == {ErrorKind.INCOMPLETE: 1}
    assert len(server.streams) == 2


def test_a_wrong_status_is_not_asked_again() -> None:
    async def refuses(stream: Stream) -> None:
        await stream.send(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")

    fired, server = shoot_streams(refuses, StreamSettings(events=2, reconnects=5), limit=2)
    assert fired.measured.errors == {ErrorKind.BAD_STATUS: 2}
    assert len(server.streams) == 2


def test_silence_is_not_a_cut() -> None:
    async def falls_silent(stream: Stream) -> None:
        await stream.start()
        await stream.event(0)
        await stream.until_gone()
        raise ConnectionError

    fired, server = shoot_streams(falls_silent, StreamSettings(events=2, reconnects=5), limit=1, timeout_s=0.3)
    assert fired.measured.errors == {ErrorKind.READ_TIMEOUT: 1}
    assert len(server.streams) == 1


def test_a_stream_that_waits_to_be_taken_up_again_when_the_load_ends_is_censored() -> None:
    behave = three_lives(cut, b"retry: 9000\n\n")
    fired, server = shoot_streams(
        behave, StreamSettings(events=9, reconnects=2), limit=None, duration_s=0.4, timeout_s=0.3
    )
    assert (fired.measured.issued, fired.measured.censored, len(server.streams)) == (1, 1, 1)


def test_an_endless_stream_that_waits_to_be_taken_up_again_is_left() -> None:
    behave = three_lives(cut, b"retry: 9000\n\n")
    fired, _ = shoot_streams(behave, StreamSettings(endless=True, reconnects=2), limit=None, duration_s=0.4)
    assert (fired.measured.succeeded, stream_of(fired).left, stream_of(fired).events) == (1, 1, 3)


def test_the_next_stream_of_a_connection_begins_anew() -> None:
    """What was said to take one stream up again is not said for the one after it."""
    fired, server = shoot_streams(three_lives(cut), StreamSettings(events=9, reconnects=2), ClosedLoad(1), limit=3)
    assert fired.measured.succeeded == 3
    assert [stream.last_event_id for stream in server.streams] == [None, "2", "5"] * 3


def test_streams_that_differ_are_taken_up_as_they_were() -> None:
    requests = (Request(path="/?n=${counter}"),)
    fired, server = shoot_streams(three_lives(cut), StreamSettings(events=9, reconnects=2), requests=requests, limit=3)
    assert fired.measured.succeeded == 3
    paths = [stream.head.split(b" ")[1] for stream in server.streams]
    assert [paths[at : at + 3].count(paths[at]) for at in (0, 3, 6)] == [3, 3, 3]
    assert len(set(paths)) == 3


def test_a_server_that_is_gone_for_a_moment_is_asked_again() -> None:
    async def scenario() -> Fired:
        gone = asyncio.Event()

        async def begins(stream: Stream) -> None:
            await stream.start()
            await stream.send(chunk(b"retry: 50\n\n" + event(0)))
            gone.set()
            stream.cut()

        async def goes_on(stream: Stream) -> None:
            await stream.send(SSE_HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(event(1)) + LAST_CHUNK)

        async with streaming(begins) as server:
            port = server.target.port
            settings = StreamSettings(events=2, reconnects=100)
            firing = asyncio.create_task(fire_streams(server.target, settings, limit=1, watch=Watch()))
            await gone.wait()
        async with streaming(goes_on, port=port):
            return await firing

    fired = asyncio.run(scenario())
    assert (fired.measured.succeeded, stream_of(fired).events) == (1, 2)


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
