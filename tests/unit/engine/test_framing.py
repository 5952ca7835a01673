"""Requests as bytes, and where odd responses end."""

from __future__ import annotations

import pytest

from loadbench_gui.core.plan import Expectation, Request, Target
from loadbench_gui.core.template import encode
from loadbench_gui.engine.transport.check import Check
from loadbench_gui.engine.transport.framing import codings, final_head, is_framed, says_close

HERE = Target("http", "example.test", 8080, "127.0.0.1")


def test_a_request_gets_the_headers_it_does_not_name() -> None:
    assert encode(Request(), HERE.authority) == (
        b"GET / HTTP/1.1\r\nHost: example.test:8080\r\nUser-Agent: loadbench\r\nAccept: */*\r\n\r\n"
    )


def test_a_request_keeps_the_headers_it_names() -> None:
    request = Request("POST", "/a", (("host", "b"), ("Accept", "text/plain"), ("User-Agent", "me")), b"xyz")
    assert encode(request, HERE.authority) == (
        b"POST /a HTTP/1.1\r\nhost: b\r\nAccept: text/plain\r\nUser-Agent: me\r\nContent-Length: 3\r\n\r\nxyz"
    )


def test_a_post_without_a_body_says_so() -> None:
    assert b"Content-Length: 0\r\n" in encode(Request("POST"), HERE.authority)


@pytest.mark.parametrize(
    ("head", "framed"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\ncontent-length : 3\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nX-Content-Length: 3\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", True),
    ],
)
def test_a_body_that_nothing_announces_ends_with_the_connection(head: bytes, framed: bool) -> None:
    assert is_framed(head) is framed


def test_interim_heads_are_left_out() -> None:
    pieces = [b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 20", b"0 OK\r\n\r\nbody"]
    assert final_head(pieces) == (b"HTTP/1.1 200 OK\r\n\r\n", b"body")


def test_empty_lines_before_a_head_are_no_head() -> None:
    assert final_head([b"\r\n\r\nHTTP/1.1 200 OK\r\n\r\nbody"]) == (b"HTTP/1.1 200 OK\r\n\r\n", b"body")


def test_codings_come_in_the_order_in_which_they_were_applied_whatever_the_number_of_fields() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: Deflate, identity\r\nX: y\r\ncontent-encoding:gzip\r\n\r\n"
    assert codings(head) == [b"deflate", b"gzip"]
    assert codings(b"HTTP/1.1 200 OK\r\nX: content-encoding: gzip\r\n\r\n") == []


def test_close_is_a_word_of_the_connection_header() -> None:
    assert says_close(b"HTTP/1.1 200 OK\r\nConnection: foo, Close\r\n\r\n")
    assert not says_close(b"HTTP/1.1 200 OK\r\nConnection: enclosed\r\nX: close\r\n\r\n")


@pytest.mark.parametrize(
    ("status", "wanted", "wrong"), [(200, None, False), (404, None, True), (404, 404, False), (204, 200, True)]
)
def test_a_status_is_right_when_it_is_the_expected_or_no_error(status: int, wanted: int | None, wrong: bool) -> None:
    assert Check(Expectation(status=wanted)).status_is_wrong(status) is wrong


def test_json_that_does_not_parse_is_wrong() -> None:
    check = Check(Expectation(json="[1]"))
    assert check.body_is_wrong(b"[1")
    assert check.body_is_wrong(b"[" * 100_000)
    assert not check.body_is_wrong(b" [ 1 ] ")
