"""Servers that lose, repeat, reorder, delay, change or refuse messages: what was planted is what is reported."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import pytest

from engine.firing import Watch
from engine.socket_peers import BINARY, CLOSE, PING, PONG, TEXT, Behaviour, Peer, Room, frame, serving_sockets
from engine.sockets import all_of, socket_of, talk
from loadbench_gui.core.plan import ClosedLoad, LoadShape, OpenLoad, SocketSettings
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.core.websocket import SocketTally
from loadbench_gui.services.generator import Fired

SHAPES: Final = [ClosedLoad(2), ClosedLoad(2, think_s=0.001), OpenLoad(2, 500.0)]
NAMES: Final = ["closed", "thinking", "open"]
OWN: Final = SocketSettings(message=b"hello")


@dataclass
class Outcome:
    """What came of a load, on both sides. everything: both populations over the whole run."""

    fired: Fired
    room: Room
    watch: Watch = field(default_factory=Watch)

    @property
    def socket(self) -> SocketTally:
        return socket_of(self.fired.measured)

    @property
    def everything(self) -> SocketTally:
        return all_of(self.watch)


def fired_at(
    behave: Behaviour,
    shape: LoadShape | None = None,
    settings: SocketSettings | None = None,
    *,
    limit: int | None = 40,
    duration_s: float = 20.0,
    timeout_s: float = 5.0,
    cuts: bool = False,
) -> Outcome:
    """Fire, and see that both sides counted the same. cuts: the server does not see all that is on its way to it."""
    watch = Watch()

    async def scenario() -> Outcome:
        async with serving_sockets(behave) as room:
            fired = await talk(
                room.target, shape, settings, limit=limit, duration_s=duration_s, timeout_s=timeout_s, watch=watch
            )
            return Outcome(fired, room, watch)

    outcome = asyncio.run(scenario())
    assert outcome.socket.rtt == outcome.fired.measured.service
    seen = len(outcome.room.messages)
    assert outcome.everything.sent >= seen if cuts else outcome.everything.sent == seen
    return outcome


def each(act: Callable[[Peer, bytes, int], object]) -> Behaviour:
    """Do this for each message, the n-th on its connection from 0."""

    async def behave(peer: Peer) -> None:
        number = 0
        async for message in peer.messages():
            act(peer, message, number)
            number += 1

    return behave


def lose_some(peer: Peer, message: bytes, number: int) -> None:
    """Answer all but one in ten."""
    if number % 10 != 4:
        peer.send(message)


@pytest.mark.parametrize("shape", SHAPES[:2], ids=NAMES[:2])
def test_every_lost_message_is_counted_and_the_connection_stays(shape: LoadShape) -> None:
    outcome = fired_at(each(lose_some), shape, timeout_s=0.2)
    lost = outcome.room.asked * 2
    assert outcome.fired.measured.errors == {ErrorKind.READ_TIMEOUT: lost}
    assert outcome.socket.lost == lost == 4
    assert (outcome.fired.measured.succeeded, outcome.room.asked) == (36, 2)
    assert (outcome.socket.duplicated, outcome.socket.reordered, outcome.socket.stray) == (0, 0, 0)


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_without_an_identifier_each_lost_message_is_counted_and_takes_its_connection_with_it(shape: LoadShape) -> None:
    def lose(peer: Peer, message: bytes, number: int) -> None:
        if peer.number > 2 or number != 4:
            peer.send(message)

    outcome = fired_at(each(lose), shape, OWN, timeout_s=0.5)
    assert outcome.fired.measured.errors == {ErrorKind.READ_TIMEOUT: 2}
    assert (outcome.socket.lost, outcome.fired.measured.succeeded) == (2, 38)
    assert outcome.room.asked == 4
    assert outcome.room.codes == [1000] * 4
    assert (outcome.everything.duplicated, outcome.everything.reordered, outcome.everything.stray) == (0, 0, 0)


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_without_an_identifier_a_late_echo_is_never_taken_for_that_of_the_next_message(shape: LoadShape) -> None:
    """It would be too short a round trip, and so would all that follow: each would end with the echo before its own."""
    takes_s = 0.3

    def delay(peer: Peer, message: bytes, number: int) -> None:
        late = peer.number <= 2 and number == 0
        asyncio.get_running_loop().call_later(0.8 if late else takes_s, peer.send, message)

    outcome = fired_at(each(delay), shape, OWN, limit=6, timeout_s=0.6)
    assert outcome.fired.measured.service.count_at_or_below(round(0.95e6 * takes_s)) == 0
    assert outcome.fired.measured.errors == {ErrorKind.READ_TIMEOUT: 2}
    assert outcome.socket.lost == 2


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_without_an_identifier_what_nobody_asked_for_does_not_shift_the_echoes_either(shape: LoadShape) -> None:
    takes_s = 0.1

    def chatter(peer: Peer, message: bytes, number: int) -> None:
        loop = asyncio.get_running_loop()
        if peer.number <= 2 and number == 1:
            loop.call_later(0.6 * takes_s, peer.send, b"breaking news")
        loop.call_later(takes_s, peer.send, message)

    outcome = fired_at(each(chatter), shape, OWN, limit=12)
    assert outcome.fired.measured.errors == {ErrorKind.BAD_BODY: 2}
    assert outcome.fired.measured.service.count_at_or_below(round(0.95e6 * takes_s)) == 0


def test_without_an_identifier_a_message_that_is_due_waits_for_the_one_before_it() -> None:
    """Two echoes under way on one connection could not be told apart. The wait is in the scheduled latency."""
    under_way: dict[Peer, int] = {}
    most: list[int] = []

    def answer(peer: Peer, message: bytes) -> None:
        under_way[peer] -= 1
        peer.send(message)

    def take(peer: Peer, message: bytes, number: int) -> None:
        under_way[peer] = under_way.get(peer, 0) + 1
        most.append(under_way[peer])
        asyncio.get_running_loop().call_later(0.02, answer, peer, message)

    outcome = fired_at(each(take), OpenLoad(2, 500.0), OWN, limit=40)
    assert (outcome.fired.measured.succeeded, max(most)) == (40, 1)
    service, scheduled = outcome.fired.measured.service, outcome.fired.measured.scheduled
    assert service.count_at_or_below(19_000) == 0
    # Forty are due within 80 ms, and twenty of each connection take 400.
    assert scheduled.count_at_or_below(150_000) < 20


def test_every_lost_message_is_counted_in_an_open_loop() -> None:
    outcome = fired_at(each(lose_some), OpenLoad(2, 500.0), limit=400, timeout_s=0.4)
    assert outcome.fired.measured.errors == {ErrorKind.READ_TIMEOUT: 40}
    assert (outcome.socket.lost, outcome.fired.measured.succeeded, outcome.room.asked) == (40, 360, 2)
    assert (outcome.socket.duplicated, outcome.socket.reordered, outcome.socket.stray) == (0, 0, 0)


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
@pytest.mark.parametrize("together", [True, False], ids=["in one read", "in reads of their own"])
def test_every_repeated_message_is_counted(shape: LoadShape, together: bool) -> None:
    def twice(peer: Peer, message: bytes, number: int) -> None:
        peer.raw(frame(message) * (2 if together and number % 4 == 1 else 1))
        if not together and number % 4 == 1:
            peer.send(message)

    outcome = fired_at(each(twice), shape)
    # The very last copies may come after the run is over.
    assert outcome.everything.duplicated in range(8, 11)
    assert (outcome.fired.measured.succeeded, outcome.socket.stray, outcome.socket.lost) == (40, 0, 0)
    assert outcome.everything.received == 40 + outcome.everything.duplicated


@pytest.mark.parametrize("size", [32, 100_000])
def test_every_message_that_was_overtaken_is_counted(size: int) -> None:
    held: dict[Peer, bytes] = {}

    def swap(peer: Peer, message: bytes, number: int) -> None:
        if number % 5 == 2:
            held[peer] = message
            return
        peer.send(message)
        if peer in held:
            peer.send(held.pop(peer))

    outcome = fired_at(each(swap), OpenLoad(2, 500.0), SocketSettings(size_bytes=size), limit=200)
    assert (outcome.fired.measured.succeeded, outcome.socket.reordered) == (200, 40)
    assert (outcome.socket.lost, outcome.socket.duplicated, outcome.socket.stray) == (0, 0, 0)


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_an_echo_after_its_timeout_is_lost_and_stray_but_not_repeated(shape: LoadShape) -> None:
    late: dict[Peer, bytes] = {}

    def delay(peer: Peer, message: bytes, number: int) -> None:
        if number == 3:
            late[peer] = message
        else:
            peer.send(message)
        if number == 60:
            peer.send(late[peer])

    outcome = fired_at(each(delay), shape, limit=None, duration_s=1.5, timeout_s=0.2)
    assert outcome.room.asked == 2
    assert outcome.everything.lost == 2
    assert outcome.everything.stray == 2
    assert outcome.everything.duplicated == 0


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_messages_that_nobody_asked_for_are_strays_and_disturb_nothing(shape: LoadShape) -> None:
    def chatter(peer: Peer, message: bytes, number: int) -> None:
        peer.send(b"breaking news")
        peer.send(b"0" * 16 + message[16:])
        peer.send(message)

    outcome = fired_at(each(chatter), shape)
    assert (outcome.fired.measured.succeeded, outcome.everything.stray) == (40, 80)
    assert outcome.everything.received == 120


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
@pytest.mark.parametrize(
    "change",
    [
        lambda message: frame(message[:-1] + b"?"),
        lambda message: frame(message + b"!"),
        lambda message: frame(message[:-1]),
        lambda message: frame(message, BINARY),
    ],
    ids=["another byte", "longer", "shorter", "as binary"],
)
def test_an_echo_that_is_not_the_same_is_a_bad_body(change: Callable[[bytes], bytes], shape: LoadShape) -> None:
    outcome = fired_at(each(lambda peer, message, number: peer.raw(change(message))), shape)
    assert outcome.fired.measured.errors == {ErrorKind.BAD_BODY: 40}
    assert outcome.room.asked == 2
    sample = outcome.fired.samples[0]
    assert sample.request in outcome.room.messages
    assert sample.body_start[:16] == sample.request[:16]


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_an_echo_by_order_that_is_not_the_same_is_a_bad_body(shape: LoadShape) -> None:
    outcome = fired_at(each(lambda peer, message, number: peer.send(b"hallo")), shape, OWN, limit=8)
    assert outcome.fired.measured.errors == {ErrorKind.BAD_BODY: 8}


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 1013, 3000, 4999, None])
def test_a_close_under_way_fails_the_message_and_its_code_is_counted(code: int | None, shape: LoadShape) -> None:
    def leave(peer: Peer, message: bytes, number: int) -> None:
        if number < 3:
            peer.send(message)
        elif number == 3:
            peer.close(code, b"" if code is None else b"enough")

    outcome = fired_at(each(leave), shape)
    failed = outcome.fired.measured.failed
    assert outcome.fired.measured.errors == {ErrorKind.WS_CLOSE: failed}
    assert outcome.everything.close_codes == {code or 1005: pytest.approx(failed, abs=failed)}
    assert outcome.fired.measured.succeeded == 40 - failed > 0
    assert str(code or 1005).encode() in outcome.fired.samples[0].response_head


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
@pytest.mark.parametrize("reset", [True, False], ids=["reset", "closed"])
def test_a_connection_that_breaks_without_a_close_frame_counts_as_1006(reset: bool, shape: LoadShape) -> None:
    def cut(peer: Peer, message: bytes, number: int) -> None:
        if number < 3:
            peer.send(message)
        elif number == 3:
            if reset:
                peer.reset()
            else:
                peer.writer.close()

    outcome = fired_at(each(cut), shape, cuts=True)
    assert set(outcome.fired.measured.errors) <= {ErrorKind.RESET, ErrorKind.CLOSED_EARLY}
    assert set(outcome.everything.close_codes) == {1006}
    assert outcome.everything.close_codes[1006] >= 4


def test_a_close_between_messages_fails_nothing() -> None:
    def leave(peer: Peer, message: bytes, number: int) -> None:
        peer.raw(frame(message) + (frame((1001).to_bytes(2, "big"), CLOSE) if number == 1 else b""))

    outcome = fired_at(each(leave), ClosedLoad(1, think_s=0.02), limit=10)
    assert (outcome.fired.measured.succeeded, outcome.fired.measured.failed) == (10, 0)
    assert outcome.everything.close_codes == {1001: 5}
    assert outcome.room.asked in (5, 6)


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
@pytest.mark.parametrize(
    ("breach", "code"),
    [
        (frame(b"x" * 32, mask=b"abcd"), 1002),
        (frame(b"", 0x3), 1002),
        (frame(b"", 0xF), 1002),
        (frame(b"x", rsv=4), 1002),
        (frame(b"x", rsv=1), 1002),
        (frame(b"x", PING, fin=False), 1002),
        (frame(b"x" * 126, PING), 1002),
        (frame(b"x", CLOSE), 1002),
        (frame((999).to_bytes(2, "big"), CLOSE), 1002),
        (frame(b"x", 0x0), 1002),
        (frame(b"x", TEXT, fin=False) + frame(b"y", TEXT), 1002),
        (frame(b"\xff\xfe"), 1007),
        (frame(b"\xe2", TEXT, fin=False) + frame(b"\x28", 0x0), 1007),
        (b"\x82\x7f" + (1 << 30).to_bytes(8, "big"), 1009),
    ],
    ids=[
        "masked",
        "reserved opcode",
        "reserved control opcode",
        "first reserved bit",
        "last reserved bit",
        "ping in fragments",
        "long ping",
        "close without a code's second byte",
        "close with a code that does not exist",
        "continuation of nothing",
        "message in a message",
        "not UTF-8",
        "not UTF-8 over fragments",
        "1 GiB announced",
    ],
)
def test_a_rule_that_is_broken_is_a_protocol_error_and_told_to_the_server(
    breach: bytes, code: int, shape: LoadShape
) -> None:
    told: list[int] = []

    async def behave(peer: Peer) -> None:
        number = 0
        while (got := await peer.read_frame())[1] != CLOSE:
            peer.room.messages.append(got[2])
            peer.raw(breach if number else frame(got[2]))
            number += 1
        told.append(int.from_bytes(got[2][:2], "big"))

    outcome = fired_at(behave, shape, limit=8)
    failed = outcome.fired.measured.failed
    assert outcome.fired.measured.errors == {ErrorKind.PROTOCOL: failed}
    assert failed >= 2
    assert set(told) <= {code, 1000}
    assert code in told
    assert outcome.everything.close_codes == {}


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_pings_of_the_server_are_answered_with_what_they_carry(shape: LoadShape) -> None:
    pongs: list[bytes] = []

    async def behave(peer: Peer) -> None:
        number = 0
        while (got := await peer.read_frame())[1] != CLOSE:
            _, opcode, payload = got
            if opcode == PONG:
                pongs.append(payload)
            else:
                peer.room.messages.append(payload)
                peer.raw(frame(b"ping %d" % number, PING) + frame(payload[:3], fin=False))
                peer.raw(frame(b"", PING) + frame(payload[3:], 0x0))
                number += 1
        peer.raw(frame(got[2], CLOSE))

    outcome = fired_at(behave, shape)
    assert outcome.fired.measured.succeeded == 40
    assert len(pongs) == 80
    assert pongs.count(b"") == 40


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
@pytest.mark.parametrize("step", [1, 5, 33])
@pytest.mark.parametrize("settings", [SocketSettings(), OWN], ids=["identified", "by order"])
def test_echoes_may_be_cut_anywhere(step: int, settings: SocketSettings, shape: LoadShape) -> None:
    async def behave(peer: Peer) -> None:
        async for message in peer.messages():
            whole = frame(message)
            for at in range(0, len(whole), step):
                peer.raw(whole[at : at + step])
                await asyncio.sleep(0)

    outcome = fired_at(behave, shape, settings)
    assert outcome.fired.measured.succeeded == 40
    assert (outcome.everything.stray, outcome.everything.duplicated, outcome.everything.reordered) == (0, 0, 0)


def test_many_echoes_in_one_read_are_all_taken() -> None:
    async def behave(peer: Peer) -> None:
        kept: list[bytes] = []
        async for message in peer.messages():
            kept.append(message)
            if len(kept) == 10:
                peer.raw(b"".join(frame(one) for one in kept))
                kept.clear()

    outcome = fired_at(behave, OpenLoad(2, 1000.0), limit=400)
    assert outcome.fired.measured.succeeded == 400
    assert outcome.everything.reordered == 0


def test_a_server_that_never_answers_the_close_does_not_hold_us_up() -> None:
    async def behave(peer: Peer) -> None:
        while True:
            _, opcode, payload = await peer.read_frame()
            if opcode == TEXT:
                peer.room.messages.append(payload)
                peer.send(payload)

    assert fired_at(behave).fired.measured.succeeded == 40


def test_a_server_that_does_not_read_delays_messages_and_fails_none() -> None:
    """What it does not take waits here for its turn, in line, and not in a buffer without end."""
    released = asyncio.Event()

    async def behave(peer: Peer) -> None:
        await asyncio.sleep(0.3)
        released.set()
        async for message in peer.messages():
            peer.send(message)

    outcome = fired_at(behave, OpenLoad(1, 200.0), SocketSettings(size_bytes=1 << 20), limit=30)
    assert outcome.fired.measured.succeeded == 30
