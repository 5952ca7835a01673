"""Messages and their echoes over real WebSockets: ours is what the server's own log says."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from certificates import make_authority
from conformance.servers import running
from engine.firing import Watch
from engine.sockets import Log, Visit, all_of, echoes, serving, socket_of, talk
from loadbench_gui.core.plan import ClosedLoad, EngineName, LoadShape, OpenLoad, Request, SocketSettings, Target, Tls
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.services.generator import Fired

T = TypeVar("T")
OPEN = OpenLoad(2, 400.0)
SHAPES = [ClosedLoad(2), ClosedLoad(2, think_s=0.002), OPEN]
SHAPE_NAMES = ["closed", "thinking", "open"]


def run(scenario: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(scenario)


def echoed(
    settings: SocketSettings, shape: LoadShape | None = None, limit: int | None = 20, **how: Any
) -> tuple[Fired, Log]:
    """Fire `limit` messages at an echo server, and see that ours is what it counted."""
    options = {name: how.pop(name) for name in ("compression", "subprotocols") if name in how}

    async def scenario() -> tuple[Fired, Log]:
        async with serving(**options) as log:
            return await talk(log.target, shape, settings, limit=limit, duration_s=10.0, **how), log

    fired, log = run(scenario())
    socket, hellos = socket_of(fired.measured), log.connections if settings.hello else 0
    assert fired.measured.succeeded == fired.measured.issued == len(log.messages) - hellos == limit
    assert (socket.sent, socket.received) == (limit, limit)
    assert (socket.lost, socket.duplicated, socket.reordered, socket.stray) == (0, 0, 0, 0)
    return fired, log


@pytest.mark.parametrize("shape", SHAPES, ids=SHAPE_NAMES)
@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
@pytest.mark.parametrize("size", [0, 1, 7, 8, 15, 16, 125, 126, 65_535, 65_536, 3 << 20])
def test_messages_of_every_size_come_back(size: int, binary: bool, shape: LoadShape) -> None:
    limit = 6 if size > 1 << 20 else 20
    fired, log = echoed(SocketSettings(size_bytes=size, binary=binary), shape, limit)
    assert {len(message) for message in log.messages} == {size}
    assert {type(message) for message in log.messages} == {bytes if binary else str}
    assert fired.measured.status_codes == {}
    assert socket_of(fired.measured).rtt == fired.measured.service
    assert fired.measured.service.total == limit


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_messages_carry_identifiers_that_are_never_the_same(binary: bool) -> None:
    _, log = echoed(SocketSettings(size_bytes=40, binary=binary), ClosedLoad(3), 60)
    width = 8 if binary else 16
    assert len({message[:width] for message in log.messages}) == 60
    assert len({message[width:] for message in log.messages}) == 1


@pytest.mark.parametrize("shape", SHAPES, ids=SHAPE_NAMES)
@pytest.mark.parametrize(
    ("message", "binary"), [("grüße €", False), ("x", False), ("a" * 500_000, False), (bytes(range(256)), True)]
)
def test_a_message_of_the_users_own_is_sent_as_it_is(message: str | bytes, binary: bool, shape: LoadShape) -> None:
    data = message if isinstance(message, bytes) else message.encode()
    _, log = echoed(SocketSettings(message=data, binary=binary), shape)
    assert set(log.messages) == {message}


@pytest.mark.parametrize("shape", SHAPES, ids=SHAPE_NAMES)
@pytest.mark.parametrize("size", [2, 64, 300_000])
def test_a_message_in_fragments_arrives_as_one(size: int, shape: LoadShape) -> None:
    fired, log = echoed(SocketSettings(size_bytes=size, fragments=4), shape)
    assert {len(message) for message in log.messages} == {size}
    headers = 4 * (6 if size < 500 else 14)
    assert fired.traffic.bytes_sent - 20 * (size + headers) in range(300, 700), "the handshakes are the rest"


@pytest.mark.parametrize("shape", SHAPES, ids=SHAPE_NAMES)
def test_an_echo_in_fragments_is_one_message(shape: LoadShape) -> None:
    async def in_pieces(visit: Visit) -> None:
        text = visit.message
        assert isinstance(text, str)
        await visit.say([text[:5], text[5:5], text[5:]])

    async def scenario() -> Fired:
        async with serving(in_pieces) as log:
            return await talk(log.target, shape, limit=20, duration_s=10.0)

    assert run(scenario()).measured.succeeded == 20


@pytest.mark.parametrize("shape", SHAPES, ids=SHAPE_NAMES)
@pytest.mark.parametrize("fragments", [1, 3])
def test_compression_is_agreed_on_where_it_is_asked_for(fragments: int, shape: LoadShape) -> None:
    settings = SocketSettings(size_bytes=100_000, compress=True, fragments=fragments)
    fired, log = echoed(settings, shape, compression="deflate")
    assert set(log.extensions) == {1}
    assert {len(message) for message in log.messages} == {100_000}
    assert fired.traffic.bytes_sent < 20 * 60_000


def test_compression_that_the_server_declines_is_done_without() -> None:
    fired, log = echoed(SocketSettings(compress=True), compression=None)
    assert set(log.extensions) == {0}
    assert fired.measured.failed == 0


def test_compression_is_not_offered_unless_asked_for() -> None:
    _, log = echoed(SocketSettings(), compression="deflate")
    assert set(log.extensions) == {0}


def test_the_subprotocol_that_the_server_picks_is_taken() -> None:
    _, log = echoed(SocketSettings(subprotocols=("soap", "wamp")), subprotocols=["wamp"])
    assert set(log.subprotocols) == {"wamp"}


def test_the_hello_is_the_first_message_of_each_connection() -> None:
    greeted: list[str | bytes] = []

    async def greets(visit: Visit) -> None:
        if visit.number:
            await echoes(visit)
        else:
            greeted.append(visit.message)

    watch = Watch()

    async def scenario() -> tuple[Fired, Log]:
        async with serving(greets) as log:
            settings = SocketSettings(hello=b"subscribe")
            return await talk(log.target, ClosedLoad(3), settings, limit=30, duration_s=10.0, watch=watch), log

    fired, log = run(scenario())
    assert greeted == ["subscribe"] * 3
    assert fired.measured.succeeded == 30
    assert all_of(watch).sent == len(log.messages) == 33


@pytest.mark.parametrize("shape", SHAPES, ids=SHAPE_NAMES)
def test_the_window_ends_and_every_connection_is_closed_in_good_order(shape: LoadShape) -> None:
    watch = Watch()

    async def scenario() -> tuple[Fired, Log]:
        async with serving() as log:
            return await talk(log.target, shape, warmup_s=0.1, duration_s=0.3, watch=watch), log

    fired, log = run(scenario())
    assert log.closed == [1000, 1000]
    everything = all_of(watch)
    assert everything.sent == everything.received == len(log.messages) > socket_of(fired.measured).sent
    assert fired.measured.censored == 0
    assert (fired.traffic.opened, fired.traffic.upgrade.total, fired.traffic.connect.total) == (2, 2, 2)
    assert fired.traffic.opened + fired.traffic.reused == len(log.messages)


def test_an_open_loop_writes_what_is_due_whatever_is_under_way() -> None:
    """The server answers nothing until it has a hundred messages: with one at a time it would never have."""
    held: list[Visit] = []
    gate = asyncio.Event()

    async def holds(visit: Visit) -> None:
        held.append(visit)
        if len(held) == 100:
            gate.set()

    async def scenario() -> Fired:
        async with serving(holds) as log:

            async def release() -> None:
                await gate.wait()
                for visit in held:
                    await echoes(visit)

            releasing = asyncio.create_task(release())
            fired = await talk(log.target, OpenLoad(2, 500.0), limit=100, duration_s=10.0)
            await releasing
            return fired

    fired = run(scenario())
    assert fired.measured.succeeded == 100
    # The first was due 0.2 s before the last, and both clocks say so: it was written when it was due.
    assert fired.measured.service.max_us is not None
    assert fired.measured.service.max_us > 150_000
    assert fired.measured.scheduled.max_us is not None
    assert fired.measured.scheduled.max_us > 150_000


def test_messages_take_turns_over_the_connections() -> None:
    seen: dict[int, int] = {}

    async def counts(visit: Visit) -> None:
        key = id(visit.connection)
        seen[key] = seen.get(key, 0) + 1
        await echoes(visit)

    async def scenario() -> None:
        async with serving(counts) as log:
            await talk(log.target, OpenLoad(4, 1000.0), limit=40, duration_s=10.0)

    run(scenario())
    assert sorted(seen.values()) == [10, 10, 10, 10]


def test_pings_are_sent_beside_the_messages_and_timed() -> None:
    async def scenario() -> Fired:
        async with serving() as log:
            settings = SocketSettings(ping_every_s=0.05)
            return await talk(log.target, ClosedLoad(2), settings, duration_s=0.6)

    ping = socket_of(run(scenario()).measured).ping
    assert 2 <= ping.total <= 2 * 13
    assert ping.min_us is not None
    assert ping.min_us > 0


@pytest.mark.parametrize("engine", ["in-app", "workers"])
def test_over_tls_the_handshakes_are_timed_apart(tmp_path: Path, engine: EngineName) -> None:
    authority = make_authority(tmp_path)

    async def scenario() -> Fired:
        async with serving(tls=authority.issue("localhost").server()) as log:
            target = replace(log.target, scheme="https", host="localhost")
            return await talk(
                target, limit=50, duration_s=10.0, tls=Tls(ca_file=str(authority.cert)), engine=engine, workers=1
            )

    fired = run(scenario())
    assert fired.measured.succeeded == 50
    assert (fired.traffic.connect.total, fired.traffic.tls.total, fired.traffic.upgrade.total) == (2, 2, 2)


@pytest.mark.parametrize("shape", SHAPES, ids=SHAPE_NAMES)
def test_a_unix_socket_carries_messages(tmp_path: Path, shape: LoadShape) -> None:
    async def scenario() -> Fired:
        async with serving(unix_path=str(tmp_path / "s")) as log:
            return await talk(log.target, shape, limit=50, duration_s=10.0)

    assert run(scenario()).measured.succeeded == 50


@pytest.mark.parametrize("shape", SHAPES, ids=SHAPE_NAMES)
def test_worker_processes_share_the_load(shape: LoadShape) -> None:
    async def scenario() -> tuple[Fired, Log]:
        async with serving() as log:
            return await talk(log.target, shape, limit=41, duration_s=20.0, engine="workers", workers=2), log

    fired, log = run(scenario())
    assert fired.measured.succeeded == len(log.messages) == len(set(log.messages)) == 41
    assert log.closed == [1000, 1000]


def test_each_handshake_has_its_own_path_where_it_holds_a_placeholder() -> None:
    async def scenario() -> Log:
        async with serving() as log:
            await talk(log.target, ClosedLoad(4), request=Request(path="/room/${counter}"), limit=20, duration_s=10.0)
            return log

    log = run(scenario())
    assert sorted(log.paths) == [f"/room/{number}" for number in sorted(int(p.rsplit("/")[-1]) for p in log.paths)]
    assert len(set(log.paths)) == 4
    assert len(log.messages) == 20


def test_headers_of_the_handshake_reach_the_server() -> None:
    seen: list[str | None] = []

    async def note(visit: Visit) -> None:
        assert visit.connection.request is not None
        seen.append(visit.connection.request.headers.get("X-Token"))
        await echoes(visit)

    async def scenario() -> None:
        async with serving(note) as log:
            await talk(log.target, ClosedLoad(1), request=Request(headers=(("X-Token", "42"),)), limit=1)

    run(scenario())
    assert seen == ["42"]


def test_a_header_of_the_handshake_that_the_user_names_stands() -> None:
    async def scenario() -> Log:
        async with serving(subprotocols=["wamp"]) as log:
            named = Request(
                headers=(("Sec-WebSocket-Protocol", "soap, wamp"), ("sec-websocket-key", "x3JJHMbDL1EzLkh9GBhXDw=="))
            )
            assert (await talk(log.target, request=named, limit=4, duration_s=10.0)).measured.succeeded == 4
            return log

    assert set(run(scenario()).subprotocols) == {"wamp"}


def test_figures_add_up_interval_by_interval() -> None:
    watch = Watch()

    async def scenario() -> Fired:
        async with serving() as log:
            return await talk(log.target, OPEN, duration_s=0.9, watch=watch)

    fired = run(scenario())
    assert sum(interval.measured.succeeded for interval in watch.intervals) == fired.measured.succeeded
    parts = [i.measured.websocket for i in watch.intervals if i.measured.websocket is not None]
    assert sum(part.sent for part in parts) == socket_of(fired.measured).sent == fired.measured.succeeded


def test_nobody_there_is_a_failure_of_every_message() -> None:
    fired = run(talk(Target("http", "127.0.0.1", 1, "127.0.0.1"), limit=6, duration_s=10.0))
    assert fired.measured.errors == {ErrorKind.CONNECT_REFUSED: 6}
    assert socket_of(fired.measured).sent == 0
    assert re.search(rb"(?i)refused", fired.samples[0].response_head)


@pytest.mark.real_servers
@pytest.mark.parametrize("framework", ["starlette", "sanic"])
def test_a_real_deployment_echoes(framework: str, tmp_path: Path) -> None:
    with running(framework, tmp_path / "log") as server:
        target = Target("http", "127.0.0.1", server.port, "127.0.0.1")
        for shape in (ClosedLoad(8), OpenLoad(4, 500.0)):
            for settings in (SocketSettings(), SocketSettings(size_bytes=200_000, binary=True)):
                fired = run(talk(target, shape, settings, request=Request(path="/ws/echo"), limit=100, duration_s=20.0))
                assert fired.measured.succeeded == 100
