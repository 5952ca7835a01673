"""Connections that are held: each is a request that begins and ends with the window."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Unpack

import pytest

from engine.firing import Firing, adds_up
from engine.listeners import nobody
from engine.socket_peers import (
    CLOSE,
    PING,
    PONG,
    Behaviour,
    Peer,
    Room,
    accepted,
    fire_sockets,
    frame,
    serving_sockets,
    shoot_sockets,
    tally,
)
from loadbench_gui.core.plan import ClosedLoad, SocketSettings
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.services.generator import Fired

HOLD = SocketSettings(mode="hold")


def held(
    behave: Behaviour = Peer.listen,
    connections: int = 5,
    *,
    settings: SocketSettings = HOLD,
    answer: Callable[[bytes], bytes] = accepted,
    **how: Unpack[Firing],
) -> tuple[Fired, Room]:
    asked: Firing = {"duration_s": 0.4, **how}
    return shoot_sockets(behave, settings, ClosedLoad(connections), answer=answer, **asked)


def test_each_connection_is_one_request_and_is_closed_in_good_order() -> None:
    fired, room = held(connections=100)
    assert adds_up(fired)
    assert fired.measured.issued == fired.measured.succeeded == 100
    assert fired.peak_connections == room.asked == 100
    assert room.codes == [1000] * 100
    assert tally(fired).close_codes == {}
    assert fired.traffic.completed == 0, "there is no throughput in holding"
    assert not fired.measured.service


def test_worker_processes_share_them() -> None:
    fired, room = held(connections=21, engine="workers", workers=2)
    assert fired.measured.issued == fired.measured.succeeded == room.asked == 21
    assert room.codes == [1000] * 21


def test_they_are_pinged() -> None:
    fired, room = held(settings=SocketSettings(mode="hold", ping_every_s=0.05), duration_s=1.0)
    assert 0 < tally(fired).ping.total <= room.pings
    assert room.pings >= 5 * 10


def closes_one(code: int | None) -> Behaviour:
    """The second connection is closed as soon as another has been held for a while; the one in its place is kept."""

    async def behave(peer: Peer) -> None:
        if peer.number == 2:
            await peer.into_the_window()
            peer.close(code)
            await peer.reader.read()
        else:
            await peer.listen()

    return behave


@pytest.mark.parametrize(("code", "counted"), [(1001, 1001), (4999, 4999), (3000, 3000), (None, 1005)])
def test_one_that_is_closed_has_failed_and_is_opened_again(code: int | None, counted: int) -> None:
    fired, room = held(closes_one(code), duration_s=1.2)
    assert adds_up(fired)
    assert (fired.measured.issued, fired.measured.succeeded) == (5, 4)
    assert fired.measured.errors == {ErrorKind.WS_CLOSE: 1}
    assert tally(fired).close_codes == {counted: 1}
    assert room.asked == 6
    assert any(sample.kind is ErrorKind.WS_CLOSE for sample in fired.samples)


async def breaks(peer: Peer) -> None:
    """The second connection is reset, the third merely ends."""
    if peer.number in (2, 3):
        await peer.into_the_window()
        if peer.number == 2:
            peer.reset()
    else:
        await peer.listen()


def test_those_that_break_have_failed() -> None:
    fired, room = held(breaks, duration_s=1.2)
    assert adds_up(fired)
    assert fired.measured.errors == {ErrorKind.RESET: 1, ErrorKind.CLOSED_EARLY: 1}
    assert tally(fired).close_codes == {1006: 2}
    assert room.asked == 7


def test_what_is_lost_before_the_window_and_back_at_its_begin_is_held() -> None:
    async def behave(peer: Peer) -> None:
        if peer.number == 2:
            peer.close(1001)
        await peer.listen()

    fired, room = held(behave, warmup_s=0.6, duration_s=0.3)
    assert fired.measured.succeeded == 5
    assert tally(fired).close_codes == {}
    assert room.asked == 6


def test_those_that_are_refused_have_failed_with_the_status() -> None:
    turned_away = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nfull"
    let_in: list[bytes] = []

    def answer(head: bytes) -> bytes:
        if len(let_in) == 3:
            return turned_away
        let_in.append(head)
        return accepted(head)

    fired, _ = held(answer=answer)
    assert adds_up(fired)
    assert (fired.measured.issued, fired.measured.succeeded, fired.measured.failed) == (5, 3, 2)
    assert fired.measured.errors == {ErrorKind.BAD_STATUS: 2}
    assert fired.measured.status_codes == {503: 2}
    sample = next(sample for sample in fired.samples if sample.kind is ErrorKind.BAD_STATUS)
    assert sample.response_head.startswith(b"HTTP/1.1 503")
    assert sample.body_start == b"full"


def test_a_server_that_never_answers_the_handshake_is_timed_out() -> None:
    fired, _ = held(answer=lambda head: b"", timeout_s=0.2)
    assert adds_up(fired)
    assert fired.measured.errors == {ErrorKind.CONNECT_TIMEOUT: 5}
    assert fired.measured.timed_out == 5


def test_without_a_server_all_have_failed() -> None:
    fired = asyncio.run(fire_sockets(nobody(), HOLD, ClosedLoad(5), duration_s=0.2))
    assert adds_up(fired)
    assert fired.measured.errors == {ErrorKind.CONNECT_REFUSED: 5}


def test_a_run_that_is_stopped_has_held_them_until_then() -> None:
    async def scenario() -> tuple[Fired, Room]:
        stop = asyncio.Event()
        async with serving_sockets(Peer.listen) as room:
            firing = asyncio.ensure_future(fire_sockets(room, HOLD, ClosedLoad(5), duration_s=60.0, stop=stop))
            await room.until(lambda: len(room.peers) == 5)
            await room.peers[0].into_the_window()
            stop.set()
            return await firing, room

    fired, room = asyncio.run(scenario())
    assert adds_up(fired)
    assert fired.measured.succeeded == 5
    assert fired.stop_reason == "stopped"
    assert room.codes == [1000] * 5


async def says_nothing_more(peer: Peer) -> None:
    """Reads all, answers nothing."""
    while await peer.reader.read(1 << 16):
        pass


def test_a_server_that_never_answers_the_close_does_not_hold_the_run_up() -> None:
    fired, room = held(says_nothing_more)
    assert fired.measured.succeeded == 5
    assert room.codes == []


def test_what_the_server_says_meanwhile_is_stray() -> None:
    async def behave(peer: Peer) -> None:
        await peer.into_the_window()
        peer.send(b"hello?")
        await peer.listen()

    fired, _ = held(behave, duration_s=1.0)
    assert fired.measured.succeeded == 5
    assert (tally(fired).stray, tally(fired).received) == (5, 5)


@pytest.mark.parametrize("answers", [slice(None), slice(-1, None)], ids=["each", "the last, which stands for all"])
def test_pings_that_a_stall_keeps_waiting_are_counted_from_when_each_was_sent(answers: slice) -> None:
    async def stalls(peer: Peer) -> None:
        """Ten pings of the window wait for their pongs; the first of them longest."""
        waiting: list[bytes] = []
        while len(waiting) < 10:
            _, opcode, payload = await peer.read_frame()
            assert opcode == PING
            peer.room.pings += 1
            if peer.room.measuring.is_set():
                waiting.append(payload)
            else:
                peer.send(payload, PONG)
        for payload in waiting[answers]:
            peer.send(payload, PONG)
        await peer.listen()

    settings = SocketSettings(mode="hold", ping_every_s=0.05)
    fired, room = held(stalls, 1, settings=settings, duration_s=1.2)
    pings = tally(fired).ping
    # The first may have been sent just before the window.
    assert (pings.max_us or 0) >= 8 * 45_000
    assert pings.total - pings.count_at_or_below(200_000) >= 4
    assert 9 <= pings.total <= room.pings


PINGED = SocketSettings(mode="hold", ping_every_s=0.05)


def dies(pong_after_s: float | None = None) -> Behaviour:
    """The second connection answers no ping of the window any more, or each a while later; TCP stays as it is."""

    async def behave(peer: Peer) -> None:
        loop = asyncio.get_running_loop()
        while (got := await peer.read_frame())[1] != CLOSE:
            if got[1] != PING:
                continue
            if peer.number != 2 or not peer.room.measuring.is_set():
                peer.send(got[2], PONG)
            elif pong_after_s is not None:
                loop.call_later(pong_after_s, peer.send, got[2], PONG)
        peer.raw(frame(got[2], CLOSE))

    return behave


def test_one_that_does_not_answer_a_ping_in_time_has_failed_and_is_opened_again() -> None:
    fired, room = held(dies(), settings=PINGED, duration_s=1.6, timeout_s=0.4)
    assert adds_up(fired)
    assert (fired.measured.issued, fired.measured.succeeded) == (5, 4)
    assert fired.measured.errors == {ErrorKind.READ_TIMEOUT: 1}
    assert tally(fired).pings_unanswered >= 1
    assert room.asked == 6
    assert fired.samples[0].response_head == b"(no answer to a ping within 0.4 s)"


def test_one_whose_last_pings_are_never_answered_was_not_held_to_the_end() -> None:
    """The window ends before the timeout does: what is under way then is waited for, like any request."""
    fired, room = held(dies(), settings=PINGED, duration_s=1.0, timeout_s=1.2)
    assert adds_up(fired)
    assert (fired.measured.succeeded, fired.measured.errors) == (4, {ErrorKind.READ_TIMEOUT: 1})
    assert tally(fired).pings_unanswered >= 1
    assert room.asked == 5


def test_one_that_answers_the_last_pings_after_the_end_was_held() -> None:
    fired, _ = held(dies(pong_after_s=0.3), settings=PINGED, duration_s=1.0)
    assert adds_up(fired)
    assert (fired.measured.succeeded, fired.measured.errors) == (5, {})
    assert tally(fired).pings_unanswered == 0
    assert (tally(fired).ping.max_us or 0) >= 300_000


def test_a_sample_of_a_handshake_says_what_was_asked_and_one_of_a_loss_that_it_was_open() -> None:
    refused, _ = held(answer=lambda head: b"HTTP/1.1 503 Full\r\nContent-Length: 0\r\n\r\n")
    assert refused.samples[0].request.startswith(b"GET / HTTP/1.1\r\n")
    assert b"Sec-WebSocket-Key: " in refused.samples[0].request
    closed, _ = held(closes_one(1001), duration_s=1.2)
    assert closed.samples[0].request == b"(a WebSocket that was open)"
