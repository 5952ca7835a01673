"""Push, fan-out and hold against the sample deployments and a server of the `websockets` package."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, broadcast, serve

from conformance.servers import FRAMEWORKS, running
from engine.firing import adds_up
from engine.socket_peers import fire_sockets, tally
from loadbench_gui.core.plan import ClosedLoad, LoadShape, OpenLoad, SocketSettings, Target
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.services.generator import Fired

pytestmark = pytest.mark.real_servers


@pytest.fixture(scope="module", params=FRAMEWORKS)
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    log: Path = tmp_path_factory.mktemp(request.param) / "server.log"
    with running(request.param, log) as server:
        yield Target("http", "127.0.0.1", server.port, "127.0.0.1")


def fired(target: Target, settings: SocketSettings, shape: LoadShape, path: str) -> Fired:
    return asyncio.run(fire_sockets(target, settings, shape, path=path, engine="workers", workers=1, duration_s=1.0))


@pytest.mark.parametrize("shape", [ClosedLoad(20), OpenLoad(20, 50.0)])
@pytest.mark.parametrize("settings", [SocketSettings(mode="fanout"), SocketSettings(mode="fanout", publishers=3)])
def test_a_room_of_twenty(target: Target, settings: SocketSettings, shape: LoadShape) -> None:
    result = fired(target, settings, shape, "/ws/fanout?room=twenty")
    measured, sockets = result.measured, tally(result)
    assert adds_up(result)
    assert measured.succeeded == measured.issued == sockets.sent > 0
    assert sockets.received == sockets.fanout.total == 20 * sockets.sent
    assert sockets.skew.total == sockets.sent
    assert (sockets.lost, sockets.duplicated, sockets.reordered, sockets.stray) == (0, 0, 0, 0)


def test_pushed_messages(target: Target) -> None:
    result = fired(target, SocketSettings(mode="push"), ClosedLoad(4), "/ws/push?rate=100&size=32")
    sockets = tally(result)
    assert adds_up(result)
    assert result.measured.succeeded == sockets.received > 0
    assert (sockets.lost, sockets.duplicated, sockets.reordered) == (0, 0, 0)
    assert result.measured.errors == {}
    assert sockets.received - 4 <= sockets.gap.total <= sockets.received


def test_pushing_that_ends_is_a_connection_that_was_lost(target: Target) -> None:
    result = fired(target, SocketSettings(mode="push"), ClosedLoad(2), "/ws/push?rate=100&count=40")
    assert result.measured.errors.keys() == {ErrorKind.WS_CLOSE}
    assert tally(result).close_codes.keys() == {1000}
    assert tally(result).close_codes[1000] == result.measured.errors[ErrorKind.WS_CLOSE] >= 2
    assert tally(result).lost == 0


def test_held_and_pinged_connections(target: Target) -> None:
    result = fired(target, SocketSettings(mode="hold", ping_every_s=0.2), ClosedLoad(300), "/ws/echo")
    assert result.measured.succeeded == result.measured.issued == result.peak_connections == 300
    assert tally(result).ping.total >= 300
    assert tally(result).close_codes == {}


def test_a_refused_path_is_a_bad_status(target: Target) -> None:
    result = fired(target, SocketSettings(mode="hold"), ClosedLoad(3), "/ws/nowhere")
    assert result.measured.errors == {ErrorKind.BAD_STATUS: 3}
    assert set(result.measured.status_codes) <= {403, 404}


def test_a_server_of_the_websockets_package_with_compression() -> None:
    members: set[ServerConnection] = set()

    async def hub(connection: ServerConnection) -> None:
        members.add(connection)
        try:
            async for message in connection:
                broadcast(members, message)
        finally:
            members.discard(connection)

    async def scenario() -> Fired:
        async with serve(hub, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            settings = SocketSettings(mode="fanout", compress=True, size_bytes=2000)
            return await fire_sockets(Target("http", "127.0.0.1", port, "127.0.0.1"), settings, ClosedLoad(7))

    result = asyncio.run(scenario())
    assert adds_up(result)
    assert result.measured.succeeded == result.measured.issued > 0
    assert tally(result).received == 7 * result.measured.issued
    assert result.traffic.bytes_received < 7 * 2000 * result.measured.issued, "they are compressed"
