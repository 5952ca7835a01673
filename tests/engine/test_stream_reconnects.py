"""Streams that are taken up again where they were cut, and what counts when their server begins anew."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from engine.streams import (
    HEAD,
    LAST_CHUNK,
    Stream,
    chunk,
    event,
    falls_silent,
    fire_streams,
    shoot_streams,
    stream_of,
    streaming,
)
from loadbench_gui.core.plan import ClosedLoad, EngineName, Expectation, Request, StreamKind, StreamSettings
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.services.generator import Fired

BOTH = pytest.mark.parametrize("engine", ["in-app", "workers"])


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


async def no_more_after_one(stream: Stream) -> None:
    """One event and a cut; then there is nothing more."""
    if stream.number > 1:
        await stream.send(b"HTTP/1.1 204 No Content\r\n\r\n")
        return
    await stream.start()
    await stream.send(chunk(b"retry: 1\n\n" + event(0)))
    stream.cut()


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
    fired, server = shoot_streams(
        no_more_after_one, StreamSettings(events=2, reconnects=5), limit=1, expect=Expectation(status=200)
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


async def left_alone(retry: bytes, reconnects: int) -> tuple[asyncio.Task[Fired], int]:
    """Begin a load of one stream whose server cuts it after the first of two events and is gone; its port comes too."""
    gone = asyncio.Event()

    async def begins(stream: Stream) -> None:
        await stream.start()
        await stream.send(chunk(retry + b"id: 0\n" + event(0)))
        gone.set()
        stream.cut()

    async with streaming(begins) as server:
        settings = StreamSettings(events=2, reconnects=reconnects)
        firing = asyncio.create_task(fire_streams(server.target, settings, limit=1))
        await gone.wait()
    return firing, server.target.port


def test_a_server_that_is_gone_for_a_moment_is_asked_again() -> None:
    async def goes_on(stream: Stream) -> None:
        await stream.send(HEAD + chunk(event(1)) + LAST_CHUNK)

    async def scenario() -> Fired:
        firing, port = await left_alone(b"retry: 50\n", reconnects=100)
        async with streaming(goes_on, port=port):
            return await firing

    fired = asyncio.run(scenario())
    assert (fired.measured.succeeded, stream_of(fired).events) == (1, 2)
    assert stream_of(fired).reconnected == 1, "however often that was tried"


def test_an_attempt_that_gets_no_answer_takes_nothing_up_again() -> None:
    async def scenario() -> Fired:
        firing, _ = await left_alone(b"retry: 20\n", reconnects=5)
        return await firing

    fired = asyncio.run(scenario())
    assert fired.measured.errors == {ErrorKind.CONNECT_REFUSED: 1}
    assert stream_of(fired).reconnected == 0


# What counts when its server begins anew


def begins_anew(*lives: int, ids: bool) -> Callable[[Stream], Awaitable[None]]:
    """Each life has so many events, always from the first one on; all but the last one are cut."""

    async def behave(stream: Stream) -> None:
        life = lives[stream.number - 1]
        await stream.start()
        await stream.send(chunk(b"retry: 1\n\n"))
        for number in range(life):
            await stream.send(chunk((b"id: e%d\n" % number if ids else b"") + event(number)))
        if stream.number < len(lives):
            stream.cut()
        await stream.finish()

    return behave


@pytest.mark.parametrize("ids", [False, True], ids=["without ids", "in spite of the id that we sent"])
def test_a_stream_that_begins_anew_is_complete_when_all_of_it_has_come(ids: bool) -> None:
    """Two events and three of four are not four, and two, three and four of four are not too many."""
    settings = StreamSettings(events=4, reconnects=5)
    fired, server = shoot_streams(begins_anew(2, 3, 4, ids=ids), settings, limit=1)
    streams = stream_of(fired)
    assert fired.measured.errors == {}
    assert (fired.measured.succeeded, streams.complete, streams.reconnected) == (1, 1, 2)
    assert streams.events == 2 + 3 + 4, "all that came are counted"
    assert [stream.last_event_id for stream in server.streams] == ([None, "e1", "e2"] if ids else [None] * 3)


@pytest.mark.parametrize("ids", [False, True], ids=["without ids", "in spite of the id that we sent"])
def test_what_came_before_a_cut_does_not_make_up_for_what_did_not_come_after_it(ids: bool) -> None:
    settings = StreamSettings(events=4, reconnects=1)
    fired, _ = shoot_streams(begins_anew(3, 3, ids=ids), settings, limit=1)
    assert fired.measured.errors == {ErrorKind.INCOMPLETE: 1}
    assert b"3 of 4 events had come" in fired.samples[0].body_start
    assert stream_of(fired).events == 6


@pytest.mark.parametrize("kind", ["ndjson", "chunked"])
def test_streams_that_know_no_ids_always_begin_anew(kind: StreamKind) -> None:
    async def behave(stream: Stream) -> None:
        await stream.start()
        for number in range(stream.number):
            await stream.send(chunk(b"%d\n" % number))
        if stream.number < 3:
            await asyncio.sleep(0.01)
            stream.cut()
        await stream.finish()

    fired, _ = shoot_streams(behave, StreamSettings(kind, events=3, reconnects=2), limit=1)
    assert (fired.measured.succeeded, stream_of(fired).events) == (1, 1 + 2 + 3)


def test_an_event_that_is_told_again_is_not_one_more() -> None:
    """A server that goes on with the event whose id it was told, and not with the one behind it."""

    async def repeats(stream: Stream) -> None:
        await stream.start()
        await stream.send(chunk(b"retry: 1\n\n"))
        first = int((stream.last_event_id or "e0")[1:])
        for number in range(first, min(first + 3, 5)):
            await stream.send(chunk(b"id: e%d\n" % number + event(number)))
        if first + 3 < 5:
            stream.cut()
        await stream.finish()

    fired, server = shoot_streams(repeats, StreamSettings(events=5, reconnects=5), limit=1)
    assert fired.measured.errors == {}
    assert [stream.last_event_id for stream in server.streams] == [None, "e2"]
    assert stream_of(fired).events == 6


def test_an_end_that_came_before_a_cut_has_to_come_again() -> None:
    async def ends_early(stream: Stream) -> None:
        await stream.start()
        await stream.send(chunk(b"retry: 1\n\n" + (b"data: end\n\n" if stream.number == 1 else event(1)) + event(2)))
        if stream.number == 1:
            stream.cut()
        await stream.send(chunk(event(3)))
        await stream.finish()

    fired, _ = shoot_streams(ends_early, StreamSettings(events=3, until="end", reconnects=1), limit=1)
    assert fired.measured.errors == {ErrorKind.INCOMPLETE: 1}


def test_no_content_after_a_cut_leaves_what_had_come() -> None:
    """Nothing was asked for but events: the server says that there are no more."""

    fired, _ = shoot_streams(no_more_after_one, StreamSettings(reconnects=5), limit=1)
    assert (fired.measured.succeeded, stream_of(fired).events) == (1, 1)
