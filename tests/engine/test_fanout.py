"""Fan-out against servers that count for themselves, and plant what is to be found."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Unpack

import pytest

from engine.firing import Firing, adds_up
from engine.listeners import nobody
from engine.rooms import Fate, Hub
from engine.socket_peers import Peer, accepted, fire_sockets, serving_sockets, shoot_sockets, tally
from loadbench_gui.core.plan import ClosedLoad, LoadShape, OpenLoad, SocketSettings
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.errors import UserError
from loadbench_gui.services.generator import Fired

MEMBERS = 5
ROOM = SocketSettings(mode="fanout")


def fanned_out(
    hub: Hub, settings: SocketSettings = ROOM, shape: LoadShape | None = None, **how: Unpack[Firing]
) -> Fired:
    return shoot_sockets(hub, settings, shape or ClosedLoad(MEMBERS), **how)[0]


@pytest.mark.parametrize(
    "settings",
    [
        ROOM,
        SocketSettings(mode="fanout", binary=True, size_bytes=16),
        SocketSettings(mode="fanout", publishers=MEMBERS),
        SocketSettings(mode="fanout", message=b"a message of one's own: \xc3\xa4"),
        SocketSettings(mode="fanout", size_bytes=100_000),
        SocketSettings(mode="fanout", size_bytes=1000, fragments=3),
    ],
)
def test_every_publication_is_one_request_and_comes_to_all(settings: SocketSettings) -> None:
    hub = Hub()
    fired = fanned_out(hub, settings)
    measured, sockets = fired.measured, tally(fired)
    assert adds_up(fired)
    assert measured.issued == measured.succeeded == hub.published == sockets.sent > 0
    assert sockets.received == sockets.fanout.total == MEMBERS * hub.published
    assert measured.service.total == sockets.skew.total == hub.published
    assert (sockets.lost, sockets.duplicated, sockets.reordered, sockets.stray) == (0, 0, 0, 0)
    assert sockets.close_codes == {}


def test_the_last_subscriber_is_what_a_publication_waits_for() -> None:
    fired = fanned_out(Hub(delay_s=0.01))
    sockets, service = tally(fired), fired.measured.service
    assert service.count_at_or_below(39_000) == sockets.skew.count_at_or_below(30_000) == 0
    assert sockets.fanout.max_us == service.max_us


def test_warm_up_is_told_from_the_window() -> None:
    hub = Hub()
    fired = fanned_out(hub, warmup_s=0.3, duration_s=0.3)
    assert 0 < tally(fired).sent < hub.published
    assert tally(fired).fanout.total == MEMBERS * fired.measured.succeeded


def once(*publications: int, fate: Fate, member: int = 2) -> Callable[[int, int], Fate]:
    """Plant a fate for one member of some publications."""
    return lambda publication, at: fate if publication in publications and at == member else Fate.SENT


def test_planted_loss_is_found_exactly() -> None:
    hub = Hub(once(3, 6, fate=Fate.LOST))
    fired = fanned_out(hub, timeout_s=0.5, duration_s=1.3)
    measured, sockets = fired.measured, tally(fired)
    assert adds_up(fired)
    assert sockets.lost == hub.planted == 2
    assert measured.errors == {ErrorKind.READ_TIMEOUT: 2}
    assert measured.timed_out == 2
    assert measured.succeeded == hub.published - 2
    assert sockets.fanout.total == MEMBERS * hub.published - 2, "what came of them counts"


def test_planted_duplicates_are_found_exactly() -> None:
    hub = Hub(once(1, 2, 4, 8, fate=Fate.TWICE))
    fired = fanned_out(hub)
    assert adds_up(fired)
    assert tally(fired).duplicated == hub.planted == 4
    assert fired.measured.succeeded == hub.published
    assert tally(fired).received == MEMBERS * hub.published + 4


def test_planted_reordering_is_found_exactly() -> None:
    hub = Hub(once(2, 5, 9, fate=Fate.HELD))
    fired = fanned_out(hub, shape=OpenLoad(MEMBERS, 100.0))
    assert adds_up(fired)
    assert tally(fired).reordered == hub.planted == 3
    assert (tally(fired).lost, tally(fired).duplicated) == (0, 0)
    assert fired.measured.succeeded == fired.measured.issued == hub.published == 50


def test_another_content_is_a_bad_body() -> None:
    hub = Hub(once(2, fate=Fate.SPOILT))
    fired = fanned_out(hub)
    assert adds_up(fired)
    assert fired.measured.errors == {ErrorKind.BAD_BODY: 1}
    assert fired.measured.succeeded == hub.published - 1


def test_in_open_loop_publications_leave_when_they_are_due() -> None:
    """Each takes 40 ms to come to all and the next is due after 10: they overlap, and none waits for another."""
    hub = Hub(delay_s=0.01)
    settings = SocketSettings(mode="fanout", publishers=2)
    fired = fanned_out(hub, settings, OpenLoad(MEMBERS, 100.0))
    measured = fired.measured
    assert measured.issued == measured.succeeded == hub.published == 50
    assert measured.scheduled.total == measured.dispatch_lag.total == 50
    assert tally(fired).reordered == 0


class Leaving(Hub):
    """The third member is sent away by the third publication, in place of getting it."""

    def _deliver(self, member: Peer, message: bytes, kind: int, fate: Fate) -> None:
        if member.number == 3 and self.published >= 3:
            member.close(4321, b"enough")
            member.writer.close()
        else:
            super()._deliver(member, message, kind, fate)


def test_a_subscriber_that_is_sent_away_fails_one_publication_and_comes_back() -> None:
    hub = Leaving()
    fired = fanned_out(hub)
    measured, sockets = fired.measured, tally(fired)
    assert adds_up(fired)
    assert measured.errors == {ErrorKind.WS_CLOSE: 1}
    assert sockets.close_codes == {4321: 1}
    assert sockets.lost == 1
    assert fired.traffic.opened >= 1
    assert measured.succeeded == hub.published - 1


def test_without_a_server_nothing_is_published_and_the_reason_is_known() -> None:
    fired = asyncio.run(fire_sockets(nobody(), ROOM, duration_s=0.3))
    assert adds_up(fired)
    assert fired.measured.errors.keys() == {ErrorKind.CONNECT_REFUSED}
    assert fired.measured.failed == fired.measured.issued > 0
    assert tally(fired).sent == 0


@pytest.mark.parametrize("shape", [ClosedLoad(MEMBERS), OpenLoad(MEMBERS, 200.0)], ids=["closed", "open"])
def test_a_request_limit_ends_the_run(shape: LoadShape) -> None:
    hub = Hub()

    async def scenario() -> Fired:
        async with serving_sockets(hub) as room:
            return await fire_sockets(room, ROOM, shape, duration_s=60.0, limit=20)

    fired = asyncio.run(scenario())
    assert adds_up(fired)
    assert fired.measured.succeeded == hub.published == 20
    assert fired.stop_reason == "requests"


def test_one_clock_means_one_worker() -> None:
    async def scenario() -> Fired:
        async with serving_sockets(Hub()) as room:
            return await fire_sockets(room, ROOM, engine="workers", workers=2)

    with pytest.raises(UserError, match="one worker"):
        asyncio.run(scenario())


@pytest.mark.parametrize("shape", [ClosedLoad(MEMBERS), OpenLoad(MEMBERS, 50.0)], ids=["closed", "open"])
def test_publishers_that_are_cut_off_come_back_and_go_on(shape: LoadShape) -> None:
    class Cutting(Hub):
        """The tenth publication resets who sent it, and comes to nobody."""

        async def __call__(self, peer: Peer) -> None:
            async for message in peer.messages():
                self.published += 1
                if self.published == 10:
                    peer.reset()
                    return
                for member in peer.room.peers:
                    member.send(message)

    hub = Cutting()

    async def scenario() -> Fired:
        async with serving_sockets(hub) as room:
            settings = SocketSettings(mode="fanout", publishers=2)
            return await fire_sockets(room, settings, shape, duration_s=1.5, timeout_s=0.3)

    fired = asyncio.run(scenario())
    assert adds_up(fired)
    assert tally(fired).close_codes == {1006: 1}
    assert tally(fired).lost >= MEMBERS
    assert 1 <= fired.measured.failed + fired.measured.timed_out <= 2
    assert fired.measured.succeeded > 20


@pytest.mark.parametrize("settings", [SocketSettings(mode="fanout", size_bytes=15)])
def test_a_message_without_room_for_its_identifier_is_refused(settings: SocketSettings) -> None:
    with pytest.raises(UserError, match="16 bytes"):
        fanned_out(Hub(), settings)


def test_the_sample_of_a_publication_that_was_lost_is_what_was_sent() -> None:
    fired = fanned_out(Hub(once(3, fate=Fate.LOST)), timeout_s=0.2)
    (sample,) = (sample for sample in fired.samples if sample.kind is ErrorKind.READ_TIMEOUT)
    assert len(sample.request) == ROOM.size_bytes
    assert sample.response_head == b"(4 of the connections that were open have it, 1 have not)"
    assert sample.body_start == b""


def test_what_a_server_does_not_read_is_not_piled_up() -> None:
    """A hundred megabytes are due, and go nowhere: a few are written, what is due after them waits."""

    async def scenario() -> Fired:
        over = asyncio.Event()

        async def reads_nothing(_: Peer) -> None:
            await over.wait()

        async with serving_sockets(reads_nothing) as room:
            settings = SocketSettings(mode="fanout", size_bytes=1 << 20)
            fired = await fire_sockets(room, settings, OpenLoad(2, 200.0), duration_s=0.5, timeout_s=0.3)
            over.set()
            return fired

    fired = asyncio.run(scenario())
    assert adds_up(fired)
    assert fired.measured.issued == 100
    assert 0 < fired.traffic.bytes_sent < 40 << 20


REFUSED = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


def refuses(which: Callable[[int], bool]) -> Callable[[bytes], bytes]:
    """Answer handshakes, but refuse those `which` says, counted from 1."""
    numbers = itertools.count(1)
    return lambda head: REFUSED if which(next(numbers)) else accepted(head)


def test_attempts_to_connect_again_are_no_publications() -> None:
    """After the fifth all are cut off, and refused three times each; what is due in the meantime leaves later."""

    class Breaking(Hub):
        async def __call__(self, peer: Peer) -> None:
            async for message in peer.messages():
                self.published += 1
                for member in peer.room.peers:
                    member.send(message)
                    if self.published == 5:
                        member.writer.close()

    hub = Breaking()
    answer = refuses(lambda number: MEMBERS < number <= 4 * MEMBERS)

    async def scenario() -> tuple[Fired, int]:
        async with serving_sockets(hub, answer=answer) as room:
            return await fire_sockets(room, ROOM, OpenLoad(MEMBERS, 20.0), duration_s=1.0), room.asked

    fired, asked = asyncio.run(scenario())
    assert asked == 5 * MEMBERS
    assert fired.measured.errors == {}
    assert fired.measured.issued == fired.measured.succeeded == hub.published == 20
    assert any(sample.response_head.startswith(b"HTTP/1.1 503") for sample in fired.samples), "why is still told"


@pytest.mark.parametrize("shape", [ClosedLoad(MEMBERS), OpenLoad(MEMBERS, 20.0)], ids=["closed", "open"])
def test_subscribers_that_cannot_be_connected_are_missing_and_are_no_requests(shape: LoadShape) -> None:
    hub = Hub()

    async def scenario() -> Fired:
        async with serving_sockets(hub, answer=refuses(lambda number: number > 3)) as room:
            return await fire_sockets(room, ROOM, shape, duration_s=0.5)

    fired = asyncio.run(scenario())
    assert fired.measured.errors == {}
    assert fired.measured.issued == fired.measured.succeeded == hub.published > 0
    assert "subscribers_absent" in {caveat.code for caveat in fired.fitness.caveats}


def test_what_was_due_and_could_not_be_published_by_anybody_has_failed() -> None:
    fired = asyncio.run(fire_sockets(nobody(), ROOM, OpenLoad(MEMBERS, 20.0), duration_s=0.5, timeout_s=0.5))
    assert adds_up(fired)
    assert fired.measured.errors == {ErrorKind.CONNECT_REFUSED: 10}
    assert fired.measured.issued == fired.measured.failed == 10


def test_failed_publications_of_a_closed_loop_count_towards_its_limit() -> None:
    fired = asyncio.run(fire_sockets(nobody(), ROOM, duration_s=30.0, limit=4))
    assert fired.measured.issued == fired.measured.failed == 4
    assert fired.stop_reason == "requests"
