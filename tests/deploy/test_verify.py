from __future__ import annotations

import asyncio
import gzip
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from certificates import Certificate, make_certificate
from loadbench_gui.core.plan import Expectation, Request, Target
from loadbench_gui.deploy.verify import SHOWN_CHARS, Answer, verify
from loadbench_gui.errors import TargetFault

HELLO = b'{"message": "Hello, World!"}'


def http(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


JSON = http(HELLO, "Content-Type: application/json")


@contextmanager
def answering(data: bytes | None, certificate: Certificate | None = None) -> Iterator[tuple[Target, list[bytes]]]:
    """A server that sends `data` to whoever asks, then closes; None: it accepts and stays silent.

    certificate: it speaks TLS, and a client that does not trust it goes away.
    """
    received: list[bytes] = []
    over = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            if certificate is not None:
                try:
                    connection = certificate.server.wrap_socket(connection, server_side=True)
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
        port = listener.getsockname()[1]
        try:
            yield Target("http", "web.example", port, "127.0.0.1"), received
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
    packed = http(gzip.compress(HELLO), "Content-Type: application/json", "Content-Encoding: gzip")

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
    with answering(JSON, certificate) as (target, received):
        error = fault(Target("https", "localhost", target.port, target.address))
    assert "the certificate of localhost is not trusted" in error.message
    assert "SSL_CERT_FILE" in error.hint
    assert "--insecure" in error.hint
    assert received == []

    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    with answering(JSON, certificate) as (target, _):
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
