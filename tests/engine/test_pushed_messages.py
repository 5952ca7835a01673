"""The server sends and we listen: each message is a request, and its number tells what did not come as sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Unpack

import pytest

from engine.firing import Firing, Watch, adds_up
from engine.listeners import nobody
from engine.socket_peers import BINARY, CLOSE, TEXT, Behaviour, Peer, Room, fire_sockets, shoot_sockets, tally
from loadbench_gui.core.plan import ClosedLoad, SocketSettings
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.services.generator import Fired

PUSH = SocketSettings(mode="push")


def pushed(
    behave: Behaviour, connections: int = 2, *, settings: SocketSettings = PUSH, **how: Unpack[Firing]
) -> tuple[Fired, Room]:
    asked: Firing = {"duration_s": 0.8, **how}
    return shoot_sockets(behave, settings, ClosedLoad(connections), **asked)


def sends(messages: Iterable[bytes], kind: int = TEXT) -> Behaviour:
    """Every connection that said `go` gets these inside the window, one by one, and then nothing more."""

    async def behave(peer: Peer) -> None:
        async for message in peer.messages():
            if message == b"go":
                break
        await peer.into_the_window()
        for message in messages:
            peer.send(message, kind)
            await asyncio.sleep(0.002)
        await peer.listen()

    return behave


GO = SocketSettings(mode="push", hello=b"go")


def test_each_message_is_a_request_that_succeeded() -> None:
    fired, room = pushed(sends([b'{"index": %d, "text": "x"}' % index for index in range(20)]), settings=GO)
    measured, sockets = fired.measured, tally(fired)
    assert adds_up(fired)
    assert measured.issued == measured.succeeded == sockets.received == fired.traffic.completed == 40
    assert (sockets.lost, sockets.duplicated, sockets.reordered, sockets.stray) == (0, 0, 0, 0)
    assert (sockets.numbered, sockets.knows_losses("push")) == (40, True)
    assert sockets.gap.total == 2 * 19
    assert not measured.service
    assert room.messages == [b"go", b"go"]
    assert room.codes == [1000, 1000]


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        (TEXT, lambda number: b'{"index": %d}' % number),
        (TEXT, lambda number: b'{"at": 1.5, "index": %d, "more": {"index": 3}}' % number),
        (TEXT, lambda number: b"%016x and a text" % number),
        (BINARY, lambda number: number.to_bytes(8, "big") + b"and bytes"),
    ],
)
def test_planted_loss_duplication_and_reordering_are_found_exactly(kind, form) -> None:  # type: ignore[no-untyped-def]
    order = [*range(1, 10), 12, 13, 13, 13, 15, 14, 16, 20, 17]  # 10, 11, 18, 19 are lost
    fired, _ = pushed(sends([form(number) for number in order], kind), 3, settings=GO)
    sockets = tally(fired)
    assert sockets.received == fired.measured.succeeded == 3 * len(order)
    assert (sockets.lost, sockets.duplicated, sockets.reordered) == (3 * 4, 3 * 2, 3 * 2)


def test_messages_without_numbers_are_counted_and_no_more() -> None:
    fired, _ = pushed(sends([b"tick"] * 20), settings=GO)
    sockets = tally(fired)
    assert (sockets.received, sockets.lost, sockets.duplicated) == (40, 0, 0)
    assert not sockets.knows_losses("push"), "nobody can say whether any was lost"


def test_a_server_that_goes_silent_leaves_a_trace() -> None:
    """No message ends the last silence, so it is no gap."""
    fired, _ = pushed(sends([b"tick"] * 5), settings=GO, duration_s=1.5)
    sockets = tally(fired)
    assert sockets.longest_silence_us > (sockets.gap.max_us or 0)
    assert sockets.longest_silence_us >= 500_000


def test_a_wait_for_the_first_message_is_a_silence_too() -> None:
    async def behave(peer: Peer) -> None:
        await peer.into_the_window()
        await asyncio.sleep(0.5)
        for _ in range(20):
            peer.send(b"tick")
            await asyncio.sleep(0.001)
        await peer.listen()

    sockets = tally(pushed(behave)[0])
    assert sockets.received == 40
    assert sockets.longest_silence_us >= 500_000 > (sockets.gap.max_us or 0)


async def ignores_pings(peer: Peer) -> None:
    """It pushes and reads, but does not answer."""
    await peer.into_the_window()
    peer.send(b"tick")
    while (await peer.read_frame())[1] != CLOSE:
        pass


def test_pings_that_are_not_answered_are_counted_and_fail_nothing() -> None:
    fired, room = pushed(ignores_pings, settings=SocketSettings(mode="push", ping_every_s=0.1), timeout_s=0.4)
    assert adds_up(fired)
    assert (fired.measured.succeeded, fired.measured.errors, room.asked) == (2, {}, 2)
    assert tally(fired).ping.total == 0
    assert 8 <= tally(fired).pings_unanswered <= 18


async def leaves(peer: Peer) -> None:
    """The first connection is closed in the middle of its messages."""
    await peer.into_the_window()
    for index in range(10):
        peer.send(b'{"index": %d}' % index)
        await asyncio.sleep(0.05)
    if peer.number == 1:
        peer.close(1012, b"service restart")
        await peer.reader.read()
    else:
        await peer.listen()


def test_a_connection_that_is_lost_is_a_failed_request_and_opened_again() -> None:
    fired, room = pushed(leaves, duration_s=1.5)
    assert adds_up(fired)
    assert fired.measured.errors == {ErrorKind.WS_CLOSE: 1}
    assert tally(fired).close_codes == {1012: 1}
    assert room.asked == 3
    assert tally(fired).duplicated == tally(fired).lost == 0, "each connection counts from its own beginning"


async def sends_at_once(peer: Peer) -> None:
    for _ in range(20):
        peer.send(b"x")
    await peer.listen()


def test_what_comes_before_the_window_is_no_request_of_it() -> None:
    fired, _ = pushed(sends_at_once, warmup_s=0.8, duration_s=0.2)
    assert fired.measured.issued == tally(fired).received == 0


async def sends_at_once_and_later(peer: Peer) -> None:
    """As soon as it is open, inside the window, and for as long as anybody reads."""
    for _ in range(20):
        peer.send(b"x")
    await peer.into_the_window()
    while not peer.writer.is_closing():
        peer.send(b"y")
        await asyncio.sleep(0.005)


def test_the_intervals_of_a_run_without_warm_up_add_up_to_its_messages() -> None:
    watch = Watch()
    fired, _ = pushed(sends_at_once_and_later, duration_s=0.6, watch=watch)
    assert adds_up(fired)
    received = [one.everything.websocket.received for one in watch.intervals if one.everything.websocket]
    assert sum(one.everything.ended for one in watch.intervals) == fired.measured.issued == sum(received) > 10


def test_without_a_server_each_connection_has_failed() -> None:
    fired = asyncio.run(fire_sockets(nobody(), PUSH, ClosedLoad(3), duration_s=0.2))
    assert adds_up(fired)
    assert fired.measured.errors.keys() == {ErrorKind.CONNECT_REFUSED}
    assert fired.measured.failed >= 3


async def floods(peer: Peer) -> None:
    """Sends as fast as it is read."""
    data = b"".join(b"\x81\x10" + b'{"index":%6d}' % index for index in range(1000))
    while True:
        peer.raw(data)
        await peer.writer.drain()
        await asyncio.sleep(0)


def test_a_flood_is_counted_and_not_kept() -> None:
    fired, _ = pushed(floods, duration_s=1.5)
    assert adds_up(fired)
    assert tally(fired).received == fired.measured.succeeded == fired.measured.issued > 1000
    assert fired.measured.errors == {}
