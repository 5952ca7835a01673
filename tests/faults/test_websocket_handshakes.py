"""What servers answer to the handshake of a WebSocket, and what we call it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import pytest

from engine.listeners import speaking_first
from engine.socket_peers import Behaviour, Peer, accepted, frame, serving_sockets
from engine.sockets import talk
from loadbench_gui.core.plan import ClosedLoad, LoadShape, OpenLoad, SocketSettings
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.services.generator import Fired

SHAPES: Final = [ClosedLoad(2), ClosedLoad(2, think_s=0.001), OpenLoad(2, 500.0)]
NAMES: Final = ["closed", "thinking", "open"]


async def echo(peer: Peer) -> None:
    async for message in peer.messages():
        peer.send(message)


async def hold(peer: Peer) -> None:
    """Say no more, and wait for the client to go."""
    await peer.reader.read()


def answered(
    answer: Callable[[bytes], bytes],
    shape: LoadShape | None = None,
    settings: SocketSettings | None = None,
    *,
    then: Behaviour = hold,
    timeout_s: float = 5.0,
) -> tuple[Fired, int]:
    async def scenario() -> tuple[Fired, int]:
        async with serving_sockets(then, answer=answer) as room:
            fired = await talk(room.target, shape, settings, limit=6, duration_s=10.0, timeout_s=timeout_s)
            return fired, room.asked

    return asyncio.run(scenario())


def edited(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """Return the right answer with something wrong about it."""

    def answer(head: bytes) -> bytes:
        right = accepted(head)
        assert old in right
        return right.replace(old, new)

    return answer


def plain(status: str, body: bytes = b"no", framing: str = "Content-Length: 2\r\n") -> Callable[[bytes], bytes]:
    return lambda head: f"HTTP/1.1 {status}\r\n{framing}\r\n".encode() + body


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
@pytest.mark.parametrize(
    ("status", "framing"),
    [
        ("403 Forbidden", "Content-Length: 2\r\n"),
        ("404 Not Found", ""),
        ("200 OK", "Transfer-Encoding: chunked\r\n"),
        ("302 Found", "Location: /\r\n"),
        ("426 Upgrade Required", "Content-Length: 1000000\r\n"),
        ("500 Internal Server Error", "Connection: close\r\n"),
    ],
)
def test_any_status_but_101_is_a_failure_of_that_status(status: str, framing: str, shape: LoadShape) -> None:
    """At once, however the body is framed and whether it ever comes to its end."""
    fired, asked = answered(plain(status, framing=framing), shape)
    assert fired.measured.errors == {ErrorKind.BAD_STATUS: 6}
    assert fired.measured.status_codes == {int(status[:3]): 6}
    assert asked >= 6
    assert fired.samples[0].response_head.startswith(f"HTTP/1.1 {status}".encode())
    assert fired.samples[0].request.startswith(b"GET /echo HTTP/1.1\r\n")
    assert fired.traffic.upgrade.total == 0


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
@pytest.mark.parametrize(
    "answer",
    [
        edited(b"Sec-WebSocket-Accept: ", b"Sec-WebSocket-Accept: x"),
        edited(b"Sec-WebSocket-Accept", b"X-Accept"),
        edited(b"Upgrade: websocket", b"Upgrade: h2c"),
        edited(b"Connection: Upgrade", b"Connection: close"),
        edited(b"\r\n\r\n", b"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
        edited(b"\r\n\r\n", b"\r\nSec-WebSocket-Protocol: chat\r\n\r\n"),
        edited(b"HTTP/1.1", b"HTTP/1.0"),
        edited(b" 101 ", b" 099 "),
        edited(b" 101 ", b" 1O1 "),
        edited(b"Upgrade: websocket", b"Upgrade websocket"),
        lambda head: b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        lambda head: b"\0\1\2\3\r\n\r\n",
        lambda head: b"HTTP/1.1 101 Yes\r\n" + b"X: y\r\n" * 20_000,
    ],
    ids=[
        "wrong proof",
        "no proof",
        "another protocol",
        "no upgrade",
        "an extension nobody offered",
        "a subprotocol nobody offered",
        "HTTP/1.0",
        "a status below 100",
        "a status with a letter",
        "a header without a colon",
        "another protocol altogether",
        "binary",
        "a head without an end",
    ],
)
def test_an_answer_that_does_not_make_it_a_websocket_is_a_protocol_error(
    answer: Callable[[bytes], bytes], shape: LoadShape
) -> None:
    fired, _ = answered(answer, shape)
    assert fired.measured.errors == {ErrorKind.PROTOCOL: 6}
    assert fired.samples[0].body_start or fired.samples[0].response_head
    assert b"Sec-WebSocket-Version: 13\r\n" in fired.samples[0].request


def test_a_subprotocol_beside_those_offered_is_a_protocol_error() -> None:
    answer = edited(b"\r\n\r\n", b"\r\nSec-WebSocket-Protocol: chat\r\n\r\n")
    fired, _ = answered(answer, settings=SocketSettings(subprotocols=("soap",)))
    assert fired.measured.errors == {ErrorKind.PROTOCOL: 6}


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_no_answer_is_a_timeout(shape: LoadShape) -> None:
    fired, _ = answered(lambda head: b"HTTP/1.1 101 Switch", shape, timeout_s=0.2)
    assert set(fired.measured.errors) == {ErrorKind.CONNECT_TIMEOUT}
    # In an open loop the last ones wait for their turn until the run is over.
    assert fired.measured.timed_out + fired.measured.censored == 6


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_an_end_in_the_middle_of_the_handshake_is_one(shape: LoadShape) -> None:
    async def leave(peer: Peer) -> None:
        pass

    fired, _ = answered(lambda head: b"HTTP/1.1 101 Switch", shape, then=leave)
    assert fired.measured.errors == {ErrorKind.CLOSED_EARLY: 6}
    assert fired.traffic.open_connections <= 2


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
@pytest.mark.parametrize("size", [1, 3, 50])
def test_the_answer_may_come_in_pieces_with_a_message_behind_it_and_hints_before(size: int, shape: LoadShape) -> None:
    async def in_pieces(peer: Peer) -> None:
        whole = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + accepted(peer.head) + frame(b"welcome")
        for at in range(0, len(whole), size):
            peer.raw(whole[at : at + size])
            await peer.writer.drain()
            await asyncio.sleep(0)
        await echo(peer)

    fired, asked = answered(lambda head: b"", shape, then=in_pieces)
    assert fired.measured.succeeded == 6
    assert asked == 2


def test_a_server_that_speaks_first_is_a_protocol_error() -> None:
    """Bytes that nobody asked for are no answer to what is asked next."""

    async def scenario() -> Fired:
        async with speaking_first(b"220 mail.example.com ESMTP\r\n\r\n") as target:
            return await talk(target, limit=6, duration_s=10.0)

    assert asyncio.run(scenario()).measured.errors == {ErrorKind.PROTOCOL: 6}
