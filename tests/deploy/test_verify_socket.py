"""The question before a load of WebSockets: each mode is tried once, and what is wrong is said."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol
from websockets.utils import accept_key

from certificates import make_authority
from loadbench_gui.core.plan import Request, SocketSettings, Target, Tls
from loadbench_gui.deploy.answer import Answer
from loadbench_gui.deploy.verify_socket import verify_socket
from loadbench_gui.errors import TargetFault

Handler = Callable[[ServerConnection], None]


@contextmanager
def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> Iterator[Target]:
    """A server that does on each WebSocket what `handler` does, and then closes it."""

    def first(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        return next(iter(offered), None)

    with serve(handler, "127.0.0.1", 0, ssl=tls, select_subprotocol=first) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            port = server.socket.getsockname()[1]
            yield Target("https" if tls else "http", "localhost", port, "127.0.0.1")
        finally:
            server.shutdown()
            thread.join()


def look(
    handler: Handler, settings: SocketSettings, request: Request | None = None, *, timeout_s: float = 5.0
) -> Answer:
    with serving(handler) as target:
        return asyncio.run(verify_socket(target, request or Request(path="/ws"), settings, timeout_s=timeout_s))


def echo(line: ServerConnection) -> None:
    for message in line:
        line.send(message)


def silence(line: ServerConnection) -> None:
    for _ in line:
        pass


@pytest.mark.parametrize(
    "settings",
    [
        SocketSettings(),
        SocketSettings(size_bytes=0),
        SocketSettings(size_bytes=200_000, binary=True, fragments=7),
        SocketSettings(message='{"a": "ä"}'.encode(), fragments=3),
        SocketSettings("fanout", size_bytes=64),
        SocketSettings("fanout", message=b"news"),
        SocketSettings("hold", ping_every_s=1.0),
    ],
    ids=lambda settings: f"{settings.mode}-{len(settings.message) or settings.size_bytes}",
)
def test_what_comes_back_as_it_was_sent_is_right(settings: SocketSettings) -> None:
    answer = look(echo, settings)

    assert answer.problem == ""
    assert answer.status == 101


def test_a_message_that_is_pushed_is_right() -> None:
    answer = look(lambda line: line.send('{"index": 0, "text": "news"}'), SocketSettings("push"))

    assert answer.ok
    assert answer.body_start == '{"index": 0, "text": "news"}'


def test_hello_is_sent_before_anything_is_waited_for() -> None:
    def subscribed(line: ServerConnection) -> None:
        line.send(f"welcome, {line.recv()!r}")

    assert look(subscribed, SocketSettings("push", hello=b"join")).body_start == "welcome, 'join'"


def test_hello_is_binary_where_messages_are_as_it_is_in_the_load() -> None:
    def subscribed(line: ServerConnection) -> None:
        line.send(f"welcome, {line.recv()!r}")

    answer = look(subscribed, SocketSettings("push", hello=b"join", binary=True))
    assert answer.body_start == "welcome, b'join'"


def test_the_handshake_has_the_headers_and_subprotocols_of_the_load() -> None:
    seen: list[dict[str, str]] = []

    def note(line: ServerConnection) -> None:
        assert line.request is not None
        seen.append({"path": line.request.path, **dict(line.request.headers.raw_items())})
        echo(line)

    request = Request(path="/ws?room=1", headers=(("Authorization", "Bearer x"), ("Host", "chat.example")))
    answer = look(note, SocketSettings(subprotocols=("chat.v2", "chat.v1"), compress=True), request)

    assert answer.ok
    assert dict(answer.headers)["sec-websocket-protocol"] == "chat.v2"
    assert seen[0]["path"] == "/ws?room=1"
    assert seen[0]["Host"] == "chat.example"
    assert seen[0]["Authorization"] == "Bearer x"
    assert seen[0]["Sec-WebSocket-Protocol"] == "chat.v2, chat.v1"
    assert "permessage-deflate" in seen[0]["Sec-WebSocket-Extensions"]
    assert "User-Agent" not in seen[0]


def test_other_messages_on_the_way_are_passed_over() -> None:
    def chatty(line: ServerConnection) -> None:
        line.send("welcome")
        line.ping()
        echo(line)

    assert look(chatty, SocketSettings()).ok


def altered(line: ServerConnection) -> None:
    for message in line:
        line.send(str(message).upper())


def as_bytes(line: ServerConnection) -> None:
    for message in line:
        line.send(str(message).encode())


def dropping(line: ServerConnection) -> None:
    line.socket.shutdown(socket.SHUT_RDWR)


def masking(line: ServerConnection) -> None:
    """Send a frame that is masked, as only clients do."""
    line.socket.sendall(b"\x81\x82\0\0\0\0hi")
    silence(line)


def refusing(line: ServerConnection) -> None:
    line.close(1008, "no ticket")


@pytest.mark.parametrize(
    ("handler", "settings", "problem"),
    [
        (silence, SocketSettings(), "the message did not come back within 0.3 s"),
        (silence, SocketSettings("push"), "no message came within 0.3 s"),
        (silence, SocketSettings("fanout"), "the publication did not come to its sender within 0.3 s"),
        (
            altered,
            SocketSettings(message=b"abc"),
            "the message did not come back as it was sent (text 'abc'); what came is text 'ABC'",
        ),
        (
            as_bytes,
            SocketSettings(message=b"abc"),
            "the message did not come back as it was sent (text 'abc'); what came is binary 'abc'",
        ),
        (dropping, SocketSettings("hold"), "the server closed the connection"),
        (dropping, SocketSettings("push"), "the server closed the connection before any message came"),
        (masking, SocketSettings("push"), "the server breaks the protocol: incorrect masking before any message came"),
        (refusing, SocketSettings("hold"), "the server closed with 1008 (no ticket)"),
        (refusing, SocketSettings("push"), "the server closed with 1008 (no ticket) before any message came"),
        (refusing, SocketSettings(), "the message did not come back: the server closed with 1008 (no ticket)"),
    ],
)
def test_what_is_wrong_with_a_websocket_is_said(handler: Handler, settings: SocketSettings, problem: str) -> None:
    assert look(handler, settings, timeout_s=0.3).problem == problem


@contextmanager
def attending(attend: Callable[[socket.socket, bytes], None]) -> Iterator[Target]:
    """A server that does this with its one connection and the head that came on it, and closes."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with closing(connection):
                attend(connection, connection.recv(65536))

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield Target("http", "web.example", listener.getsockname()[1], "127.0.0.1")
        finally:
            thread.join()


def answering(data: bytes) -> AbstractContextManager[Target]:
    """A server that answers any handshake with `data`, and closes."""
    return attending(lambda connection, _: connection.sendall(data))


def closes_at_once(connection: socket.socket, head: bytes) -> None:
    """Its answer to the handshake already has its close frame behind it."""
    (key,) = (line[19:] for line in head.decode().splitlines() if line.startswith("Sec-WebSocket-Key: "))
    answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    close = b"\x88\x08" + (1008).to_bytes(2, "big") + b"ticket"
    connection.sendall(f"{answer}Sec-WebSocket-Accept: {accept_key(key)}\r\n\r\n".encode() + close)
    connection.recv(65536)


def test_a_server_that_closes_with_its_answer_is_heard_before_anything_is_sent() -> None:
    with attending(closes_at_once) as target:
        answer = asyncio.run(verify_socket(target, Request(), SocketSettings(hello=b"join")))

    assert answer.problem == "the message did not come back: the server closed with 1008 (ticket)"


def test_a_refused_handshake_says_with_what() -> None:
    with answering(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nno ticket") as target:
        answer = asyncio.run(verify_socket(target, Request(), SocketSettings()))

    assert answer.problem == "status 403 instead of 101; the body begins 'no ticket'"
    assert answer.status == 403


def test_an_upgrade_that_does_not_fit_its_question_is_none() -> None:
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    with answering(head + b"Sec-WebSocket-Accept: AAAA\r\n\r\n") as target:
        answer = asyncio.run(verify_socket(target, Request(), SocketSettings()))

    assert answer.problem.startswith("the handshake's answer is wrong: ")
    assert "Sec-WebSocket-Accept" in answer.problem


@pytest.mark.parametrize(
    ("data", "message"), [(b"220 mail ready\r\n\r\n", "did not answer GET"), (b"", "closed the connection instead")]
)
def test_whoever_does_not_speak_http_is_a_fault_of_the_target(data: bytes, message: str) -> None:
    with answering(data) as target, pytest.raises(TargetFault, match=message):
        asyncio.run(verify_socket(target, Request(), SocketSettings()))


def test_a_websocket_may_be_encrypted(tmp_path: Path) -> None:
    authority = make_authority(tmp_path)
    with serving(echo, authority.issue("localhost").server()) as target:
        tls = Tls(ca_file=str(authority.cert))
        assert asyncio.run(verify_socket(target, Request(), SocketSettings(), tls=tls)).ok
    with serving(echo, authority.issue("localhost").server()) as target, pytest.raises(TargetFault, match="trusted"):
        asyncio.run(verify_socket(target, Request(), SocketSettings()))


def test_pushed_messages_are_told_apart_by_their_form_and_echoes_not_by_their_identifiers() -> None:
    def pushes(*messages: object) -> Handler:
        return lambda line: line.send(json.dumps(messages[0]))

    first, later = ({"index": number, "text": "x" * number} for number in (1, 9))
    settings = SocketSettings("push")
    assert look(pushes(first), settings).digest == look(pushes(later), settings).digest
    assert look(pushes(first), settings).digest != look(pushes({"index": "1"}), settings).digest
    assert look(echo, SocketSettings()).digest == look(echo, SocketSettings()).digest


def test_what_is_quoted_of_a_message_is_masked() -> None:
    def tells(line: ServerConnection) -> None:
        for _ in line:
            line.send("the word is hush")

    with serving(tells) as target:
        work = verify_socket(
            target, Request(), SocketSettings(), timeout_s=0.3, mask=lambda data: data.replace(b"hush", b"***")
        )
        answer = asyncio.run(work)

    assert "the word is ***" in answer.problem
    assert "hush" not in answer.problem + answer.body_start


def test_the_websocket_is_closed_in_good_order() -> None:
    codes: list[int | None] = []

    def note(line: ServerConnection) -> None:
        try:
            while True:
                line.send(line.recv())
        except ConnectionClosed as closed:
            codes.append(closed.rcvd.code if closed.rcvd is not None else None)

    look(note, SocketSettings())

    assert codes == [1000]
