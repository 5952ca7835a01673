"""What WebSockets do all at once, over TLS: the same counts, and an end in good order."""

from __future__ import annotations

import pytest

from certificates import Certificate
from engine.firing import adds_up
from engine.rooms import Hub
from engine.socket_peers import Behaviour, Peer, Room, shoot_sockets, tally
from loadbench_gui.core.plan import ClosedLoad, EngineName, LoadShape, OpenLoad, SocketSettings, Tls
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.services.generator import Fired

ENGINES: tuple[EngineName, ...] = ("in-app", "workers")
MEMBERS = 4


def fired_over_tls(
    certificate: Certificate,
    behave: Behaviour,
    settings: SocketSettings,
    engine: EngineName = "in-app",
    shape: LoadShape | None = None,
    timeout_s: float = 5.0,
) -> tuple[Fired, Room]:
    fired, room = shoot_sockets(
        behave, settings, shape or ClosedLoad(MEMBERS), context=certificate.server, engine=engine, workers=1,
        duration_s=1.0, timeout_s=timeout_s, tls=Tls(ca_file=str(certificate.path)),
    )  # fmt: skip
    assert adds_up(fired)
    assert fired.traffic.tls.total == fired.traffic.upgrade.total == room.asked
    return fired, room


async def pushes(peer: Peer) -> None:
    """Many short messages and a long one, which is more than one TLS record."""
    await peer.into_the_window()
    for index in range(50):
        peer.send(b'{"index": %d}' % index)
    peer.send(b'{"index": 50, "text": "%s"}' % (b"x" * 100_000))
    await peer.listen()


@pytest.mark.parametrize("engine", ENGINES)
def test_pushed_messages(certificate: Certificate, engine: EngineName) -> None:
    fired, room = fired_over_tls(certificate, pushes, SocketSettings(mode="push"), engine)
    assert (fired.measured.succeeded, fired.measured.errors) == (51 * MEMBERS, {})
    assert (tally(fired).numbered, tally(fired).lost) == (51 * MEMBERS, 0)
    assert room.codes == [1000] * MEMBERS


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("shape", [ClosedLoad(MEMBERS), OpenLoad(MEMBERS, 100.0)], ids=["closed", "open"])
@pytest.mark.parametrize("size", [32, 100_000])
def test_fan_out(certificate: Certificate, engine: EngineName, shape: LoadShape, size: int) -> None:
    settings = SocketSettings(mode="fanout", size_bytes=size, publishers=2)
    fired, room = fired_over_tls(certificate, Hub(), settings, engine, shape)
    assert fired.measured.errors == {}
    assert fired.measured.succeeded > 10
    assert tally(fired).fanout.total == MEMBERS * fired.measured.succeeded
    assert room.codes == [1000] * MEMBERS


@pytest.mark.parametrize("engine", ENGINES)
def test_held_connections_with_pings(certificate: Certificate, engine: EngineName) -> None:
    settings = SocketSettings(mode="hold", ping_every_s=0.05)
    fired, room = fired_over_tls(certificate, Peer.listen, settings, engine)
    assert (fired.measured.succeeded, fired.measured.errors) == (MEMBERS, {})
    assert tally(fired).ping.total >= 10
    assert tally(fired).pings_unanswered == 0
    assert room.codes == [1000] * MEMBERS


async def breaks(peer: Peer) -> None:
    """The second is cut without close_notify, the third after it, the fourth says goodbye first."""
    if peer.number == 1 or peer.number > MEMBERS:
        await peer.listen()
        return
    await peer.into_the_window()
    if peer.number == 2:
        peer.reset()
    elif peer.number == 4:
        peer.close(1012)
        await peer.reader.read()


@pytest.mark.parametrize("engine", ENGINES)
def test_lost_connections_are_told_apart_and_opened_again(certificate: Certificate, engine: EngineName) -> None:
    fired, room = fired_over_tls(certificate, breaks, SocketSettings(mode="hold"), engine)
    errors = fired.measured.errors
    assert errors.pop(ErrorKind.WS_CLOSE) == 1  # type: ignore[attr-defined]
    assert sum(errors.values()) == 2
    assert set(errors) <= {ErrorKind.RESET, ErrorKind.CLOSED_EARLY}
    assert tally(fired).close_codes == {1012: 1, 1006: 2}
    assert room.asked == MEMBERS + 3
