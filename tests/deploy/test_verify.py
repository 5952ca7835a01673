from __future__ import annotations

import asyncio
import gzip
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from certificates import Authority, make_authority, make_certificate
from loadbench_gui.core.plan import Expectation, Request, Target, Tls
from loadbench_gui.deploy.verify import SHOWN_CHARS, Answer, verify
from loadbench_gui.errors import TargetFault, UserError

HELLO = b'{"message": "Hello, World!"}'


def http(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


JSON = http(HELLO, "Content-Type: application/json")


def listening(unix_path: str) -> socket.socket:
    if not unix_path:
        return socket.create_server(("127.0.0.1", 0))
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(unix_path)
    listener.listen()
    return listener


@contextmanager
def answering(
    data: bytes | None, tls: ssl.SSLContext | None = None, unix_path: str = ""
) -> Iterator[tuple[Target, list[bytes]]]:
    """A server that sends `data` to whoever asks, then closes; None: it accepts and stays silent.

    tls: it speaks TLS, and a client that does not trust it goes away. unix_path: where it listens instead of a port.
    """
    received: list[bytes] = []
    over = threading.Event()
    with closing(listening(unix_path)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            if tls is not None:
                try:
                    connection = tls.wrap_socket(connection, server_side=True)
                except OSError:
                    connection.close()
                    return
            with closing(connection):
                received.append(connection.recv(65536))
                if data is None:
                    over.wait()
                else:
                    connection.sendall(data)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            if unix_path:
                yield Target("http", "localhost", 80, "", unix_path=unix_path), received
            else:
                yield Target("http", "web.example", listener.getsockname()[1], "127.0.0.1"), received
        finally:
            over.set()
            thread.join()


def ask(data: bytes, expect: Expectation, request: Request | None = None) -> Answer:
    with answering(data) as (target, _):
        return asyncio.run(verify(target, request or Request(path="/json"), expect))


def test_an_expected_answer_has_no_problem() -> None:
    wanted = json.dumps(json.loads(HELLO), sort_keys=True, separators=(",", ":"))

    answer = ask(JSON, Expectation(status=200, body=b"Hello", json=wanted))

    assert answer.ok
    assert (answer.status, answer.content_type, answer.body_bytes) == (200, "application/json", len(HELLO))
    assert answer.body_start == HELLO.decode()
    assert dict(answer.headers)["content-length"] == "28"


def test_the_request_carries_what_the_load_will_send_and_nothing_else() -> None:
    request = Request("POST", "/items?a=1", (("X-One", "1"),), b"{}")
    with answering(JSON) as (target, received):
        asyncio.run(verify(target, request, Expectation()))

    head, _, body = received[0].partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"POST /items?a=1 HTTP/1.1",
        f"Host: web.example:{target.port}".encode(),
        b"Content-Length: 2",
        b"X-One: 1",
    ]
    assert body in (b"{}", b"")


def test_json_is_compared_by_meaning_and_anything_else_byte_for_byte() -> None:
    spaced = http(b'{ "message":"Hello, World!" }', "Content-Type: application/json; charset=utf-8")
    digest = ask(JSON, Expectation()).digest

    assert ask(spaced, Expectation()).digest == digest
    assert ask(http(HELLO), Expectation()).digest != ask(http(HELLO + b" "), Expectation()).digest


def test_a_compressed_answer_is_compared_by_its_content() -> None:
    packed = http(gzip.compress(HELLO, mtime=0), "Content-Type: application/json", "Content-Encoding: gzip")

    assert ask(packed, Expectation(body=b"Hello")).digest == ask(JSON, Expectation()).digest


SHOWN = repr(HELLO.decode())


@pytest.mark.parametrize(
    ("data", "expect", "problem"),
    [
        (JSON, Expectation(status=201), f"status 200 instead of 201; the body begins {SHOWN}"),
        (http(b"", status="404 Not Found"), Expectation(), "status 404; the body begins empty"),
        (JSON, Expectation(body=b"Bye"), f"the body does not contain 'Bye'; it begins {SHOWN}"),
        (
            JSON,
            Expectation(json='{"message":"Bye"}'),
            """the JSON is '{"message":"Hello, World!"}' instead of '{"message":"Bye"}'""",
        ),
        (http(b"<html>"), Expectation(json="{}"), "the body is not JSON; it begins '<html>'"),
    ],
)
def test_a_wrong_answer_is_a_value_in_words(data: bytes, expect: Expectation, problem: str) -> None:
    assert ask(data, expect).problem == problem


def test_an_expected_error_status_is_no_problem() -> None:
    assert ask(http(b"", status="404 Not Found"), Expectation(status=404)).ok


def fault(target: Target, timeout_s: float = 5.0) -> TargetFault:
    with pytest.raises(TargetFault) as caught:
        asyncio.run(verify(target, Request(path="/x"), Expectation(), timeout_s=timeout_s))
    return caught.value


def test_a_refused_connection_says_what_to_check() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]

    error = fault(Target("http", "web.example", port, "127.0.0.1"))

    assert error.message == f"http://web.example:{port} refuses connections"
    assert "Check that the server runs" in error.hint


def test_silence_ends_at_the_timeout() -> None:
    with answering(None) as (target, _):
        error = fault(target, timeout_s=0.2)

    assert error.message == f"no answer to GET {target.url}/x within 0.2 s"
    assert "raise the timeout" in error.hint


def test_a_connection_closed_without_an_answer_is_named() -> None:
    with answering(b"") as (target, _):
        error = fault(target)

    assert "closed the connection instead of answering" in error.message
    assert "expects https://" in error.hint


def test_something_that_does_not_speak_http_is_named() -> None:
    with answering(b"220 mail ready\r\n") as (target, _):
        error = fault(target)

    assert "did not answer GET" in error.message
    assert "in HTTP: BadStatusLine" in error.message
    assert "another protocol" in error.hint


def test_plain_http_behind_https_is_named() -> None:
    with answering(JSON) as (target, _):
        error = fault(Target("https", target.host, target.port, target.address))

    assert "no TLS with https://web.example" in error.message
    assert "write http://" in error.hint


def test_a_certificate_that_nobody_vouches_for_is_refused_until_its_authority_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path)
    with answering(JSON, certificate.server) as (target, received):
        error = fault(Target("https", "localhost", target.port, target.address))
    assert "the certificate of localhost is not trusted" in error.message
    assert "SSL_CERT_FILE" in error.hint
    assert "--insecure" in error.hint
    assert received == []

    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    with answering(JSON, certificate.server) as (target, _):
        secured = Target("https", "localhost", target.port, target.address)
        assert asyncio.run(verify(secured, Request(path="/json"), Expectation())).ok


def test_an_endless_body_is_cut_off_at_the_deadline() -> None:
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly the beginning"
    hold = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with closing(connection):
                connection.sendall(endless)
                hold.wait()

        thread = threading.Thread(target=serve)
        thread.start()
        target = Target("http", "web.example", listener.getsockname()[1], "127.0.0.1")
        work = partial(verify, target, Request(), Expectation(body=b"only"), timeout_s=0.2)
        answer = asyncio.run(work())
        hold.set()
        thread.join()

    assert answer.ok
    assert not answer.complete
    assert answer.body_start == "only the beginning"


def test_what_is_quoted_of_an_answer_is_masked_before_it_is_cut() -> None:
    def mask(data: bytes) -> bytes:
        return data.replace(b"hush", b"***")

    body = b"x" * (SHOWN_CHARS - 2) + b"hush"
    secret = http(body, "X-Echo: hush", "Content-Type: text/hush")
    for expect in (Expectation(status=201), Expectation(body=b"never"), Expectation(json='{"a":1}')):
        with answering(secret) as (target, _):
            answer = asyncio.run(verify(target, Request(), expect, mask=mask))
        assert answer.problem
        assert "hu" not in answer.problem + answer.body_start + str(answer.headers) + answer.content_type
        assert answer.body_bytes == len(body)
    with answering(http(b'{"a": "hush"}')) as (target, _):
        answer = asyncio.run(verify(target, Request(), Expectation(json='{"a":1}'), mask=mask))
    assert "***" in answer.problem
    assert "hush" not in answer.problem


def test_a_unix_socket_is_asked_like_any_other_server(tmp_path: Path) -> None:
    place = str(tmp_path / "s")
    with answering(JSON, unix_path=place) as (target, received):
        answer = asyncio.run(verify(target, Request(path="/json"), Expectation(body=b"Hello")))
    assert answer.ok
    assert received[0].startswith(b"GET /json HTTP/1.1\r\nHost: localhost\r\n")

    left_behind = fault(target)
    assert left_behind.message == f"nobody listens on the socket {place}"
    assert "left the file behind" in left_behind.hint


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


def ask_tls(server: ssl.SSLContext, tls: Tls, host: str = "localhost") -> Answer:
    with answering(JSON, server) as (target, _):
        secured = Target("https", host, target.port, target.address)
        return asyncio.run(verify(secured, Request(path="/json"), Expectation(), tls=tls))


def test_tls_settings_are_those_of_the_load(authority: Authority) -> None:
    server, mine = authority.issue("other", "DNS:other.example,IP:127.0.0.1"), authority.issue("me", "email:m@e")
    ca_file = str(authority.cert)

    assert ask_tls(server.server(), Tls(ca_file=ca_file, server_name="other.example")).ok
    assert ask_tls(server.server(), Tls(ca_file=ca_file), host="127.0.0.1").ok
    assert ask_tls(server.server(), Tls(insecure=True)).ok
    own = Tls(ca_file=ca_file, server_name="other.example", cert_file=str(mine.cert), key_file=str(mine.key))
    assert ask_tls(server.server(clients=authority.cert), own).ok
    with pytest.raises(TargetFault, match="the certificate of localhost is not trusted: Hostname mismatch"):
        ask_tls(server.server(), Tls(ca_file=ca_file))


def test_an_expired_certificate_is_named_so(authority: Authority) -> None:
    with pytest.raises(TargetFault, match="is not trusted: certificate has expired"):
        ask_tls(authority.issue("expired", days=-1).server(), Tls(ca_file=str(authority.cert)))


def test_a_server_that_wants_a_certificate_from_its_clients_is_named_so(authority: Authority) -> None:
    server = authority.issue("localhost").server(clients=authority.cert)
    server.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(TargetFault, match="does not accept us") as caught:
        ask_tls(server, Tls(ca_file=str(authority.cert)))
    assert "--cert" in caught.value.hint


def test_a_file_of_certificates_that_cannot_be_used_is_the_users(tmp_path: Path) -> None:
    target = Target("https", "localhost", 9, "127.0.0.1")
    with pytest.raises(UserError, match=r"none\.pem cannot be read"):
        asyncio.run(verify(target, Request(), Expectation(), tls=Tls(ca_file=str(tmp_path / "none.pem"))))


class _Reads:
    """Takes a head and the body that it announces, or only the head, and answers."""

    def __init__(self, answer: bytes, *, body: bool) -> None:
        self._answer, self._body = answer, body
        self.received = b""

    def serve(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with closing(connection), connection.makefile("rb") as stream:
            head = b"".join(iter(stream.readline, b"\r\n"))
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            self.received = stream.read(length) if self._body else b""
            connection.sendall(self._answer)


def upload(server: _Reads, request: Request, expect: Expectation) -> Answer:
    with closing(listening("")) as listener:
        thread = threading.Thread(target=server.serve, args=(listener,))
        thread.start()
        target = Target("http", "web.example", listener.getsockname()[1], "127.0.0.1")
        try:
            return asyncio.run(verify(target, request, expect))
        finally:
            thread.join()


def test_a_file_is_sent_as_the_body(tmp_path: Path) -> None:
    file = tmp_path / "body.bin"
    file.write_bytes(bytes(range(256)) * 5000)
    server = _Reads(JSON, body=True)
    assert upload(server, Request("PUT", "/x", body_file=str(file)), Expectation()).ok
    assert server.received == file.read_bytes()


def test_a_server_that_refuses_the_body_before_it_is_sent_has_answered(tmp_path: Path) -> None:
    file = tmp_path / "body.bin"
    with file.open("wb") as out:
        out.truncate(64 << 20)
    refusal = http(b"too large", "Connection: close", status="413 Content Too Large")
    answer = upload(_Reads(refusal, body=False), Request("PUT", "/x", body_file=str(file)), Expectation())
    assert answer.status == 413
    assert "status 413" in answer.problem


def test_a_body_that_is_not_there_is_the_users(tmp_path: Path) -> None:
    target = Target("http", "localhost", 9, "127.0.0.1")
    with pytest.raises(UserError, match=r"none\.bin cannot be sent: No such file"):
        asyncio.run(verify(target, Request("PUT", body_file=str(tmp_path / "none.bin")), Expectation()))
