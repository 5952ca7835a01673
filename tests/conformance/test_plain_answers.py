"""Routes that answer at once or after a wait."""

from __future__ import annotations

import select
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from conformance.servers import Server


@pytest.mark.parametrize(
    ("path", "content_type", "body"),
    [
        ("/health", "application/json", b'{"status":"ok"}'),
        ("/plaintext", "text/plain; charset=utf-8", b"Hello, World!"),
        ("/json", "application/json", b'{"message":"Hello, World!"}'),
        ("/delay/0", "application/json", b'{"waited_ms":0}'),
        ("/delay/20", "application/json", b'{"waited_ms":20}'),
        ("/blocking/0", "application/json", b'{"blocked_ms":0}'),
        ("/blocking/20", "application/json", b'{"blocked_ms":20}'),
    ],
)
def test_every_framework_answers_byte_for_byte_the_same(
    http: httpx.Client, path: str, content_type: str, body: bytes
) -> None:
    answer = http.get(path)
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, content_type, body)
    assert answer.headers["content-length"] == str(len(body))


def test_a_connection_is_kept_alive(server: Server) -> None:
    request = b"GET /json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        for _ in range(3):
            connection.sendall(request)
            received = b""
            while not received.endswith(b"}"):
                received += connection.recv(65536)
            assert received.startswith(b"HTTP/1.1 200")
            assert b"connection: close" not in received.lower()


def test_a_delay_takes_at_least_as_long_as_asked(http: httpx.Client) -> None:
    started = time.perf_counter()
    http.get("/delay/100")
    assert time.perf_counter() - started >= 0.099


def test_others_are_served_during_a_delay(server: Server, http: httpx.Client) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as waiting:
        waiting.sendall(b"GET /delay/5000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answers = [http.get("/json").status_code for _ in range(3)]
        answered, _, _ = select.select([waiting], [], [], 0)
    assert answers == [200, 200, 200]
    assert answered == []


def test_blocking_requests_are_served_one_after_the_other(http: httpx.Client) -> None:
    started = time.perf_counter()
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: http.get("/blocking/50").status_code, range(8)))
    assert statuses == [200] * 8
    assert time.perf_counter() - started >= 8 * 0.05


@pytest.mark.parametrize("value", ["soon", "-1", "30001", "1.5"])
@pytest.mark.parametrize("route", ["delay", "blocking"])
def test_a_wait_that_is_no_number_in_range_is_refused(http: httpx.Client, route: str, value: str) -> None:
    answer = http.get(f"/{route}/{value}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/json")
    assert [problem["loc"] for problem in answer.json()["detail"]] == [["path", "ms"]]


@pytest.mark.parametrize("path", ["/", "/nothing", "/json/more", "/ws"])
def test_an_unknown_path_is_not_found(http: httpx.Client, path: str) -> None:
    assert http.get(path).status_code == 404


@pytest.mark.parametrize(("method", "path"), [("POST", "/json"), ("GET", "/items"), ("GET", "/upload")])
def test_a_wrong_method_is_not_allowed(http: httpx.Client, method: str, path: str) -> None:
    assert http.request(method, path).status_code == 405
