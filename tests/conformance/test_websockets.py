"""/ws/echo, /ws/push and /ws/fanout."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK, InvalidStatus, WebSocketException
from websockets.frames import Close
from websockets.sync.client import ClientConnection, connect

from conformance.servers import Server


@contextmanager
def join(server: Server, path: str) -> Iterator[ClientConnection]:
    """Open a WebSocket the way a load generator does: no compression, no proxy, and reading without a limit."""
    with connect(
        server.ws_url + path, compression=None, proxy=None, open_timeout=20, close_timeout=10, max_queue=None
    ) as connection:
        yield connection


def receive(connection: ClientConnection) -> str | bytes:
    return connection.recv(timeout=20)


@pytest.mark.parametrize(
    "message", ["", "hello", "größer als 42 €", "x" * 1_000_000, b"", b"\x00\xff\x80", bytes(1_000_000)]
)
def test_an_echo_returns_the_message_unchanged(server: Server, message: str | bytes) -> None:
    with join(server, "/ws/echo") as connection:
        connection.send(message)
        assert receive(connection) == message


def test_echoes_keep_their_order(server: Server) -> None:
    messages = [f"message {number}" for number in range(500)]
    with join(server, "/ws/echo") as connection:
        for message in messages:
            connection.send(message)
        assert [receive(connection) for _ in messages] == messages


def test_a_ping_is_answered(server: Server) -> None:
    with join(server, "/ws/echo") as connection:
        assert connection.ping().wait(20)


def test_the_client_closes_an_echo_normally(server: Server) -> None:
    with join(server, "/ws/echo") as connection:
        connection.close(1000)
    assert connection.protocol.close_code == 1000


def test_a_push_sends_the_count_and_closes(server: Server) -> None:
    with join(server, "/ws/push?count=20&rate=1000&size=32") as connection:
        received = [json.loads(receive(connection)) for _ in range(20)]
        with pytest.raises(ConnectionClosedOK) as closed:
            receive(connection)
    assert received == [{"index": index, "text": "x" * 32} for index in range(20)]
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000


def test_a_push_is_no_faster_than_its_rate(server: Server) -> None:
    started = time.perf_counter()
    with join(server, "/ws/push?count=6&rate=50") as connection:
        for _ in range(6):
            receive(connection)
    assert time.perf_counter() - started >= 5 * 0.019


def test_a_push_without_a_count_goes_on_until_the_client_leaves(server: Server) -> None:
    with join(server, "/ws/push?rate=2000") as connection:
        indices = [json.loads(receive(connection))["index"] for _ in range(100)]
        connection.close()
    assert indices == list(range(100))
    assert connection.protocol.close_code == 1000


@pytest.mark.parametrize("message", ["published", "ünïcode", b"\x01\x02"])
def test_a_published_message_reaches_every_member_and_its_publisher(server: Server, message: str | bytes) -> None:
    with ExitStack() as stack:
        members = [stack.enter_context(join(server, "/ws/fanout?room=all")) for _ in range(5)]
        settle(members)
        members[2].send(message)
        assert [receive(member) for member in members] == [message] * 5


def test_two_publishers_of_one_room_lose_nothing(server: Server) -> None:
    with ExitStack() as stack:
        first, second, listener = (stack.enter_context(join(server, "/ws/fanout?room=two")) for _ in range(3))
        settle([first, second, listener])
        for number in range(100):
            first.send(f"first {number}")
            second.send(f"second {number}")
        heard = [str(receive(listener)) for _ in range(200)]
    for publisher in ("first", "second"):
        assert [text for text in heard if text.startswith(publisher)] == [f"{publisher} {n}" for n in range(100)]


def test_rooms_do_not_hear_each_other(server: Server) -> None:
    with join(server, "/ws/fanout?room=left") as left, join(server, "/ws/fanout") as lobby:
        left.send("for the left")
        assert receive(left) == "for the left"
        lobby.send("for the lobby")
        assert receive(lobby) == "for the lobby"


def test_a_member_that_leaves_does_not_silence_the_others(server: Server) -> None:
    with ExitStack() as stack:
        members = [stack.enter_context(join(server, "/ws/fanout?room=leaving")) for _ in range(3)]
        settle(members)
        members[0].close()
        for number in range(3):
            members[1].send(f"still here {number}")
        for member in members[1:]:
            assert [receive(member) for _ in range(3)] == [f"still here {number}" for number in range(3)]


@pytest.mark.parametrize("query", ["rate=0", "rate=fast", "count=-1", "size=7"])
def test_a_push_with_an_option_out_of_range_is_not_served(server: Server, query: str) -> None:
    with pytest.raises(WebSocketException) as refused, join(server, f"/ws/push?{query}") as push:
        receive(push)
    assert refusal(refused.value) in {403, 1008}


def test_an_unknown_websocket_is_refused(server: Server) -> None:
    with pytest.raises(WebSocketException) as refused, join(server, "/ws/unknown"):
        pass
    assert refusal(refused.value) in {403, 404}


def settle(members: list[ClientConnection]) -> None:
    """Wait until each member is in the room: a member that hears its own message has joined."""
    for position, member in enumerate(members):
        member.send(f"joined {position}")
        while receive(member) != f"joined {position}":
            pass
    last = f"joined {len(members) - 1}"
    for member in members[:-1]:
        while receive(member) != last:
            pass


def refusal(error: WebSocketException) -> int | None:
    """The HTTP status of a refused upgrade, or the code with which the server closed; None for anything else."""
    match error:
        case InvalidStatus():
            return error.response.status_code
        case ConnectionClosed(rcvd=Close(code=code)):
            return int(code)
        case _:
            return None
