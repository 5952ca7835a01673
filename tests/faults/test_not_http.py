"""Answers that are not one HTTP/1.1 answer: each in its class, and the right ones in between succeed."""

from __future__ import annotations

from typing import Any

import pytest

from faults.servers import GOOD, LAST, Visit, serving, shoot
from loadbench_gui.core.plan import ClosedLoad, Expectation, OpenLoad, Request
from loadbench_gui.core.snapshot import ErrorKind

OK = b"HTTP/1.1 200 OK\r\n"
HEAD = OK + b"Content-Length: 5\r\n"
CHUNKS = OK + b"Transfer-Encoding: chunked\r\n\r\n"
HTTP2 = b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64"

PROTOCOL, CLOSED_EARLY = ErrorKind.PROTOCOL, ErrorKind.CLOSED_EARLY
BAD_STATUS, BAD_BODY = ErrorKind.BAD_STATUS, ErrorKind.BAD_BODY

WRONG: dict[str, tuple[bytes, ErrorKind]] = {
    # Chunk sizes
    "a negative chunk": (CHUNKS + b"-1\r\nx\r\n0\r\n\r\n", PROTOCOL),
    "a chunk beyond 64 bits": (CHUNKS + b"10000000000000000\r\nx", PROTOCOL),
    "a chunk with a prefix": (CHUNKS + b"0x5\r\nhello\r\n0\r\n\r\n", PROTOCOL),
    "no number of a chunk": (CHUNKS + b"five\r\nhello\r\n0\r\n\r\n", PROTOCOL),
    "an empty chunk size": (CHUNKS + b"\r\nhello\r\n0\r\n\r\n", PROTOCOL),
    "no line end after a chunk": (CHUNKS + b"5\r\nhello0\r\n\r\n", PROTOCOL),
    "a chunk longer than it says": (CHUNKS + b"5\r\nhello world\r\n0\r\n\r\n", PROTOCOL),
    "bare line feeds after chunks": (CHUNKS + b"5\nhello\n0\n\n", PROTOCOL),
    "a nul in a chunk extension": (CHUNKS + b"5;\x00\r\nhello\r\n0\r\n\r\n", PROTOCOL),
    "a length in the trailer": (CHUNKS + b"0\r\nContent-Length: 5\r\n\r\n", PROTOCOL),
    # Lengths
    "a length that is too short": (HEAD + b"\r\nhello world", PROTOCOL),
    "a length that is too long": (OK + b"Content-Length: 50\r\n\r\nhello", CLOSED_EARLY),
    "a negative length": (OK + b"Content-Length: -5\r\n\r\nhello", PROTOCOL),
    "a length with a sign": (OK + b"Content-Length: +5\r\n\r\nhello", PROTOCOL),
    "a length in hex": (OK + b"Content-Length: 0x5\r\n\r\nhello", PROTOCOL),
    "no length at all": (OK + b"Content-Length:\r\n\r\nhello", PROTOCOL),
    "a length beyond 64 bits": (OK + b"Content-Length: 18446744073709551616\r\n\r\nhello", PROTOCOL),
    "two lengths that agree": (HEAD + b"Content-Length: 5\r\n\r\nhello", PROTOCOL),
    "two lengths that differ": (HEAD + b"Content-Length: 6\r\n\r\nhello", PROTOCOL),
    "two lengths in one line": (OK + b"Content-Length: 5, 5\r\n\r\nhello", PROTOCOL),
    "a length and chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", PROTOCOL),
    "chunks and a length": (CHUNKS[:-2] + b"Content-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n", PROTOCOL),
    "a body with a 204": (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", PROTOCOL),
    "a body with a 304": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello", PROTOCOL),
    # More than was asked for
    "two answers": (GOOD + GOOD, PROTOCOL),
    "garbage after the answer": (GOOD + b"\x00\x01garbage", PROTOCOL),
    "garbage after an answer that closes": (LAST + b"garbage", PROTOCOL),
    "an answer after an answer that closes": (LAST + GOOD, PROTOCOL),
    # Something else
    "garbage": (b"\x80\x02\x13\x37\r\n\r\n", PROTOCOL),
    "a page without a head": (b"<html>as in HTTP/0.9</html>\r\n", PROTOCOL),
    "HTTP/2 frames": (HTTP2, PROTOCOL),
    "a preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", PROTOCOL),
    "a TLS alert": (b"\x15\x03\x01\x00\x02\x02\x46", PROTOCOL),
    "a request": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", PROTOCOL),
    "only empty lines": (b"\r\n\r\n\r\n", CLOSED_EARLY),
    # Status lines
    "version 2.0": (b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", PROTOCOL),
    "version 0.9": (b"HTTP/0.9 200 OK\r\nContent-Length: 0\r\n\r\n", PROTOCOL),
    "version 1.7": (b"HTTP/1.7 200 OK\r\nContent-Length: 0\r\n\r\n", PROTOCOL),
    "another protocol": (b"RTSP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", PROTOCOL),
    "a lower-case protocol": (b"http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", PROTOCOL),
    "a status of two digits": (b"HTTP/1.1 20 OK\r\n\r\n", PROTOCOL),
    "a status of four digits": (b"HTTP/1.1 2000 OK\r\n\r\n", PROTOCOL),
    "a status below 100": (b"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n", PROTOCOL),
    "a negative status": (b"HTTP/1.1 -200 OK\r\n\r\n", PROTOCOL),
    "a status in words": (b"HTTP/1.1 OK\r\n\r\n", PROTOCOL),
    "no status": (b"HTTP/1.1\r\n\r\n", PROTOCOL),
    "a status that nobody knows": (b"HTTP/1.1 799 Odd\r\nContent-Length: 0\r\n\r\n", BAD_STATUS),
    # Header fields
    "a nul in a value": (HEAD + b"X: a\x00b\r\n\r\nhello", PROTOCOL),
    "a nul in a name": (HEAD + b"X\x00: ab\r\n\r\nhello", PROTOCOL),
    "a folded line": (HEAD + b"X: a\r\n b\r\n\r\nhello", PROTOCOL),
    "a folded length": (OK + b"Content-Length:\r\n 5\r\n\r\nhello", PROTOCOL),
    "a field without a colon": (HEAD + b"nothing\r\n\r\nhello", PROTOCOL),
    "a field without a name": (HEAD + b": x\r\n\r\nhello", PROTOCOL),
    "a space before the colon": (OK + b"Content-Length : 5\r\n\r\nhello", PROTOCOL),
    "bare line feeds": (b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", PROTOCOL),
    # Interim responses
    "an upgrade that nobody wanted": (b"HTTP/1.1 101 Up\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", PROTOCOL),
    "an upgrade to nothing": (b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + GOOD, PROTOCOL),
    "an interim response and the end": (b"HTTP/1.1 100 Continue\r\n\r\n", CLOSED_EARLY),
    "an interim response with a body": (b"HTTP/1.1 103 Early\r\nContent-Length: 5\r\n\r\nhello" + GOOD, PROTOCOL),
    # Right as HTTP, wrong as an answer
    "an error": (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", BAD_STATUS),
    "another body": (HEAD + b"\r\nhello", BAD_BODY),
}
RIGHT: dict[str, bytes] = {
    "an odd reason": OK.replace(b"OK", b"\x00\xff odd") + b"Content-Length: 4\r\n\r\ngood",
    "no reason": b"HTTP/1.1 200\r\nContent-Length: 4\r\n\r\ngood",
    "empty lines before": b"\r\n\r\n" + LAST,
    "empty lines behind": LAST + b"\r\n",
    "latin letters in a value": LAST.replace(b"\r\n\r\n", b"\r\nX: \xe4\r\n\r\n"),
    "an upgrade that is offered": LAST.replace(b"close", b"close, upgrade\r\nUpgrade: h2c"),
    "a length with spaces": OK + b"Content-Length:   4  \r\n\r\ngood",
    "a word that holds the word chunked": OK + b"Transfer-Encoding: xchunked\r\n\r\ngood",
    "version 1.0 with chunks": CHUNKS.replace(b"1.1", b"1.0") + b"4\r\ngood\r\n0\r\n\r\n",
    "a trailer": CHUNKS + b"4\r\ngood\r\n0\r\nX-Sum: 1\r\n\r\n",
    "a trailer that closes": CHUNKS + b"4\r\ngood\r\n0\r\nConnection: close\r\n\r\n",
}


def _rows(table: dict[str, Any]) -> list[Any]:
    return [pytest.param(row, id=name) for name, row in table.items()]


def _go_on(visit: Visit, kind: ErrorKind) -> None:
    """Serve on after what is right as HTTP, end what is to end early, and see the client end the rest."""
    match kind:
        case ErrorKind.BAD_STATUS | ErrorKind.BAD_BODY:
            pass
        case ErrorKind.CLOSED_EARLY:
            visit.close()
        case _:
            visit.hold()


@pytest.mark.parametrize("row", _rows(WRONG))
def test_each_wrong_answer_is_in_its_class_and_right_ones_in_between_succeed(row: tuple[bytes, ErrorKind]) -> None:
    answer, kind = row

    def alternates(visit: Visit) -> None:
        if visit.total % 2:
            visit.send(answer)
            _go_on(visit, kind)
            return
        visit.send(LAST)
        visit.close()

    with serving(alternates) as server:
        fired = shoot(server.target(), limit=10, expect=Expectation(body=b"good"))
        assert fired.measured.errors == {kind: 5}
        assert fired.measured.succeeded == 5
        assert server.requests == fired.measured.issued == 10
        assert len(fired.samples) == 3


@pytest.mark.parametrize("answer", _rows(RIGHT))
def test_what_is_odd_but_clear_is_a_success(answer: bytes) -> None:
    def says(visit: Visit) -> None:
        visit.send(answer)
        visit.close()

    with serving(says) as server:
        fired = shoot(server.target(), limit=6, expect=Expectation(body=b"good"))
        assert fired.measured.succeeded == server.requests == 6


@pytest.mark.parametrize("engine", ["in-app", "workers"])
def test_all_of_them_in_one_run_are_told_apart_and_counted(engine: Any) -> None:
    """Several connections, every wrong answer in turn, in worker processes as well: the server's log decides."""
    rows = list(WRONG.values())

    def in_turn(visit: Visit) -> None:
        answer, kind = rows[(visit.total - 1) // 2 % len(rows)]
        if visit.total % 2 == 0:
            visit.send(LAST)
            visit.close()
        server.notes.append(kind)
        visit.send(answer)
        _go_on(visit, kind)

    with serving(in_turn) as server:
        limit = 4 * len(rows)
        fired = shoot(
            server.target(), ClosedLoad(4), engine=engine, workers=2, limit=limit, expect=Expectation(body=b"good")
        )
        assert server.requests == fired.measured.issued == limit
        assert fired.measured.errors == {kind: server.notes.count(kind) for kind in set(server.notes)}
        assert fired.measured.succeeded == limit // 2
        assert fired.traffic.stale == 0
        assert len(fired.samples) == sum(min(3, count) for count in fired.measured.errors.values())


def test_a_second_answer_that_comes_when_nothing_was_asked_ends_the_connection_and_nothing_else() -> None:
    """Between two requests bytes cannot belong to an answer; the next request would take them for its own."""

    def says_twice(visit: Visit) -> None:
        visit.send(GOOD)
        server.pause(0.02)
        visit.send(GOOD)
        visit.hold()

    with serving(says_twice) as server:
        fired = shoot(server.target(), OpenLoad(1, 10.0), limit=5, expect=Expectation(body=b"good"))
        assert fired.measured.succeeded == server.requests == server.connections == 5
        assert fired.traffic.reused == 0


def test_a_server_that_does_not_see_heads_breaks_no_head_request() -> None:
    def forgets(visit: Visit) -> None:
        visit.send(GOOD if visit.total % 2 else LAST.removesuffix(b"good"))
        visit.hold()

    with serving(forgets) as server:
        fired = shoot(server.target(), limit=6, request=Request("HEAD"))
        assert fired.measured.errors == {PROTOCOL: 3}
        assert fired.measured.succeeded == 3
        assert server.requests == 6
