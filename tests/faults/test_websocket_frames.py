"""Servers that break the rules of RFC 6455 on a connection that is held: each in its class, and told why."""

from __future__ import annotations

import asyncio

import pytest

from engine.firing import adds_up
from engine.socket_peers import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    Behaviour,
    Peer,
    Room,
    accepted,
    frame,
    shoot_sockets,
    tally,
)
from loadbench_gui.core.plan import ClosedLoad, EngineName, SocketSettings
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.services.generator import Fired

HOLD = SocketSettings(mode="hold")
CONTINUATION = 0


def held(behave: Behaviour, duration_s: float = 0.8, engine: EngineName = "in-app") -> tuple[Fired, Room]:
    """Hold two connections."""
    return shoot_sockets(behave, HOLD, ClosedLoad(2), duration_s=duration_s, engine=engine)


def says_once(*pieces: bytes) -> Behaviour:
    """The first connection says this in the window, piece by piece; all listen."""

    async def behave(peer: Peer) -> None:
        if peer.number == 1:
            await peer.into_the_window()
            for piece in pieces:
                peer.raw(piece)
                await asyncio.sleep(0.01)
        await peer.listen()

    return behave


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(frame(b"masked", mask=b"abcd"), 1002, id="a masked frame"),
        pytest.param(frame(b"", mask=b"abcd"), 1002, id="a masked frame without content"),
        pytest.param(frame(b"?", opcode=3), 1002, id="a reserved data opcode"),
        pytest.param(frame(b"?", opcode=0xB), 1002, id="a reserved control opcode"),
        pytest.param(frame(b"?", rsv=0b100), 1002, id="a compressed frame that nobody agreed to"),
        pytest.param(frame(b"?", rsv=0b001), 1002, id="a reserved bit"),
        pytest.param(frame(b"?", PING, fin=False), 1002, id="a ping in parts"),
        pytest.param(frame(b"?", PONG, fin=False), 1002, id="a pong in parts"),
        pytest.param(frame(b"\x03\xe8", CLOSE, fin=False), 1002, id="a close in parts"),
        pytest.param(frame(b"x" * 126, PING), 1002, id="a ping that is too long"),
        pytest.param(frame(b"\x03", CLOSE), 1002, id="a close with half a code"),
        pytest.param(frame(b"\x03\xe7", CLOSE), 1002, id="a close with a code below all"),
        pytest.param(frame(b"\x03\xed", CLOSE), 1002, id="a close with a code that must not be sent"),
        pytest.param(frame(b"more", CONTINUATION), 1002, id="a continuation of nothing"),
        pytest.param(frame(b"a", fin=False) + frame(b"b"), 1002, id="a message within another"),
        pytest.param(frame(b"\xff\xfe"), 1007, id="text that is not UTF-8"),
        pytest.param(
            frame(b"\xc3", fin=False) + frame(b"(", CONTINUATION), 1007, id="text that is not UTF-8, in parts"
        ),
        pytest.param(b"\x82\x7f" + (65 << 20).to_bytes(8, "big"), 1009, id="a message that is too long"),
        pytest.param(b"\x82\x7f" + b"\xff" * 8, 1009, id="a length beyond all"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", 1002, id="no frame at all"),
    ],
)
def test_what_is_forbidden_is_a_breach_of_protocol(data: bytes, code: int) -> None:
    fired, room = held(says_once(data))
    assert adds_up(fired)
    assert fired.measured.errors == {ErrorKind.PROTOCOL: 1}
    assert (fired.measured.issued, fired.measured.succeeded) == (2, 1)
    assert room.asked == 3, "it is opened again"
    assert sorted(filter(None, room.codes)) == [1000, 1000, code]
    assert any(sample.kind is ErrorKind.PROTOCOL and sample.response_head for sample in fired.samples)


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((frame(b"one") + frame(b"two") + frame(b"", BINARY),), id="several in one read"),
        pytest.param((frame(b"x" * 70_000)[:5], frame(b"x" * 70_000)[5:]), id="a header in two reads"),
        pytest.param(tuple(bytes([byte]) for byte in frame("\u00e4\u20ac".encode())), id="byte by byte"),
        pytest.param((frame(b"\xc3", fin=False), frame(b"\xa4", CONTINUATION)), id="a character in two fragments"),
        pytest.param(
            (frame(b"a", fin=False) + frame(b"ping", PING) + frame(b"b", CONTINUATION),), id="a ping between fragments"
        ),
        pytest.param((frame(b"nobody asked", PONG), frame(b"", PONG)), id="pongs that nobody asked for"),
        pytest.param((frame(b"", fin=False), frame(b"", CONTINUATION)), id="fragments without content"),
    ],
)
def test_what_is_unusual_but_right_does_no_harm(pieces: tuple[bytes, ...]) -> None:
    fired, room = held(says_once(*pieces))
    assert adds_up(fired)
    assert fired.measured.succeeded == 2
    assert room.codes == [1000, 1000]


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999])
def test_every_code_that_may_be_sent_is_counted(code: int) -> None:
    fired, _ = held(says_once(frame(code.to_bytes(2, "big") + b"because", CLOSE)))
    assert fired.measured.errors == {ErrorKind.WS_CLOSE: 1}
    assert tally(fired).close_codes == {code: 1}
    assert fired.traffic.closed_by_server >= 1


async def cut_in_mid_frame(peer: Peer) -> None:
    if peer.number == 1:
        await peer.into_the_window()
        peer.raw(frame(b"x" * 1000)[:500])
        await peer.writer.drain()
    else:
        await peer.listen()


def test_a_cut_in_the_middle_of_a_frame_is_a_broken_connection() -> None:
    fired, _ = held(cut_in_mid_frame)
    assert adds_up(fired)
    assert fired.measured.errors == {ErrorKind.CLOSED_EARLY: 1}
    assert tally(fired).close_codes == {1006: 1}
    assert tally(fired).stray == 0, "half a message is none"


async def pings_without_end(peer: Peer) -> None:
    """Sends pings as fast as they are read, and reads the pongs."""

    async def read() -> None:
        while await peer.reader.read(1 << 16):
            pass

    reading = asyncio.ensure_future(read())
    data = frame(b"are you there?", PING) * 500
    try:
        while not reading.done():
            peer.raw(data)
            await peer.writer.drain()
            await asyncio.sleep(0.01)
    finally:
        reading.cancel()


def test_a_flood_of_pings_does_not_keep_a_run_from_its_end() -> None:
    fired, _ = held(pings_without_end)
    assert adds_up(fired)
    assert fired.measured.succeeded == 2


async def floods(peer: Peer) -> None:
    data = frame(b"nobody asked for this") * 1000
    while True:
        peer.raw(data)
        await peer.writer.drain()
        await asyncio.sleep(0)


@pytest.mark.parametrize("engine", ["in-app", "workers"])
def test_a_flood_of_messages_is_counted_and_keeps_nothing_waiting(engine: EngineName) -> None:
    """In a process of its own the generator reads as fast as the server writes: its timers must go on all the same."""
    fired, _ = held(floods, duration_s=1.5, engine=engine)
    assert adds_up(fired)
    assert fired.measured.succeeded == 2
    assert tally(fired).stray == tally(fired).received > 1000


async def closes_as_soon_as_it_is_open(peer: Peer) -> None:
    peer.close(1013)


def test_a_server_that_closes_each_connection_at_once_is_not_rushed() -> None:
    fired, room = held(closes_as_soon_as_it_is_open, duration_s=1.0)
    assert adds_up(fired)
    assert fired.measured.succeeded == 0
    assert fired.measured.issued == 2
    # Two connections, each tried again at once, after 10, 20, 40 ms and so on, at most a second.
    assert room.asked < 2 * 20


def test_compression_that_was_not_asked_for_is_refused() -> None:
    def answer(head: bytes) -> bytes:
        return accepted(head).replace(b"\r\n\r\n", b"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")

    fired, _ = shoot_sockets(Peer.listen, HOLD, answer=answer, duration_s=0.2)
    assert fired.measured.errors == {ErrorKind.PROTOCOL: 2}


def test_text_is_text_to_the_last_byte() -> None:
    fired, room = held(says_once(frame(b"x" * 200 + b"\xc3", TEXT)))
    assert fired.measured.errors == {ErrorKind.PROTOCOL: 1}
    assert 1007 in room.codes
