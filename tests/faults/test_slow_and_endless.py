"""Servers that hardly say anything, and servers that never stop: time and memory stay bounded, others go on."""

from __future__ import annotations

import gzip
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from faults.servers import GOOD, LAST, FaultServer, Visit, Watched, serving, shoot
from loadbench_gui.core.plan import ClosedLoad, EngineName, Expectation, OpenLoad, Request
from loadbench_gui.core.snapshot import ErrorKind

MIB = 1 << 20
GIB = 1 << 30
BOTH = pytest.mark.parametrize("engine", ["in-app", "workers"])
OK = b"HTTP/1.1 200 OK\r\n"


@BOTH
@pytest.mark.parametrize("from_the_start", [True, False], ids=["all of it", "after the head"])
def test_a_dribble_of_a_byte_a_second_ends_by_our_timeout_and_other_connections_go_on(
    engine: EngineName, from_the_start: bool
) -> None:
    def dribbles_once(visit: Visit) -> None:
        if visit.total > 1:
            visit.send(GOOD)
            return
        begun = 0 if from_the_start else len(GOOD) - 4
        visit.send(GOOD[:begun])
        for place in range(begun, len(GOOD)):
            visit.send(GOOD[place : place + 1])
            server.notes.append(place)
            server.pause(1.0)

    with serving(dribbles_once) as server:
        fired = shoot(server.target(), ClosedLoad(2), engine=engine, limit=200, timeout_s=1.5)
        assert fired.measured.errors == {ErrorKind.READ_TIMEOUT: 1}
        assert (fired.measured.timed_out, fired.measured.failed) == (1, 0)
        assert fired.measured.succeeded == 199
        assert server.requests == fired.measured.issued == 200
        assert len(server.notes) >= 2, "it was still speaking when we gave up"
        (sample,) = fired.samples
        assert sample.response_head.startswith(b"HTTP"[: len(server.notes)])


def test_a_server_that_answers_in_time_byte_by_byte_is_not_given_up() -> None:
    def hesitates(visit: Visit) -> None:
        for place in range(len(GOOD)):
            visit.send(GOOD[place : place + 1])
            server.pause(0.002)

    with serving(hesitates) as server:
        fired = shoot(server.target(), limit=3, timeout_s=10.0)
        assert fired.measured.succeeded == server.requests == 3


# What never ends. Each server counts what it got rid of before the client went away.


@contextmanager
def flooding(start: bytes, piece: bytes, most_bytes: int = GIB) -> Iterator[FaultServer]:
    """A server whose odd answers never end, or after a gibibyte, and whose even ones are right."""

    def floods(visit: Visit) -> None:
        if visit.total % 2 == 0:
            visit.send(LAST)
            visit.close()
        visit.send(start)
        server.notes.append(visit.flood(piece, most_bytes))
        visit.close()

    with serving(floods) as server:
        yield server


HEADS = {
    "one endless field": (OK + b"X: ", b"y" * MIB),
    "endless fields": (OK, b"X-Field: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n" * 20_000),
    "an endless reason": (b"HTTP/1.1 200 ", b"O" * MIB),
    "an endless name": (OK, b"N" * MIB),
    "endless interim responses": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 40_000),
    "endless early hints": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" * 20_000),
}


@pytest.mark.parametrize(("start", "piece"), HEADS.values(), ids=HEADS)
def test_a_head_of_a_gibibyte_is_a_protocol_error_and_costs_no_memory(start: bytes, piece: bytes) -> None:
    watched = Watched()
    with flooding(start, piece) as server:
        fired = shoot(server.target(), engine="workers", limit=20, watched=watched)
        assert fired.measured.errors == {ErrorKind.PROTOCOL: 10}
        assert fired.measured.succeeded == 10
        assert server.requests == fired.measured.issued == 20
    assert fired.traffic.bytes_received < 10 * MIB
    assert all(sent < GIB / 20 for sent in server.notes), "given up long before the end"
    assert watched.grown_bytes < 16 * MIB


BODIES = {
    "until the end": (OK + b"\r\n", b"b" * MIB),
    "a length of exbibytes": (OK + b"Content-Length: 9999999999999999\r\n\r\n", b"b" * MIB),
    "chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n", (b"1000\r\n" + b"c" * 4096 + b"\r\n") * 200),
    "one chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", b"c" * MIB),
    "a chunk extension": (OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"e" * MIB),
    "a trailer": (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Field: yyyyyyyyyyyyyyyyyyyy\r\n" * 30_000),
}


@pytest.mark.parametrize(("start", "piece"), BODIES.values(), ids=BODIES)
def test_a_body_without_end_times_out_and_costs_no_memory(start: bytes, piece: bytes) -> None:
    watched = Watched()
    with flooding(start, piece, most_bytes=1 << 60) as server:
        fired = shoot(server.target(), engine="workers", limit=3, timeout_s=0.3, watched=watched)
        assert fired.measured.errors == {ErrorKind.READ_TIMEOUT: 2}
        assert fired.measured.succeeded == 1
        assert server.requests == fired.measured.issued == 3
    assert fired.traffic.bytes_received > 16 * MIB, "it was read all the time"
    assert watched.grown_bytes < 16 * MIB


def test_of_a_body_that_is_looked_at_no_more_is_kept_than_is_looked_at() -> None:
    watched = Watched()
    start, piece = BODIES["until the end"]
    with flooding(start, piece, most_bytes=1 << 60) as server:
        fired = shoot(
            server.target(),
            engine="workers",
            limit=3,
            timeout_s=0.5,
            expect=Expectation(body=b"good"),
            watched=watched,
        )
        assert fired.measured.errors == {ErrorKind.READ_TIMEOUT: 2}
        assert server.requests == 3
    assert fired.traffic.bytes_received > 32 * MIB
    assert watched.grown_bytes < 32 * MIB


# Bodies that unfold


def _coded(body: bytes, coding: str) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _bare(body: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(body) + stream.flush()


PAGE = b"<p>" + b"all is good " * 1000
CODED: dict[str, tuple[bytes, bool]] = {
    "gzip": (_coded(gzip.compress(PAGE, mtime=0), "gzip"), True),
    "GZIP with an old name": (_coded(gzip.compress(PAGE, mtime=0), "X-Gzip"), True),
    "deflate": (_coded(zlib.compress(PAGE), "deflate"), True),
    "deflate as some send it": (_coded(_bare(PAGE), "deflate"), True),
    "both": (_coded(gzip.compress(zlib.compress(PAGE), mtime=0), "deflate, gzip"), True),
    "identity": (_coded(PAGE, "identity"), True),
    "another page": (_coded(gzip.compress(b"all is bad", mtime=0), "gzip"), False),
    "not gzip at all": (_coded(PAGE, "gzip"), False),
    "cut short": (_coded(gzip.compress(PAGE, mtime=0)[:-9], "gzip"), False),
    "a wrong sum": (_coded(gzip.compress(PAGE, mtime=0)[:-8] + b"12345678", "gzip"), False),
    "a coding that nobody asked for": (_coded(PAGE, "br"), False),
}


@pytest.mark.parametrize(("answer", "right"), CODED.values(), ids=CODED)
def test_a_coded_body_is_judged_by_its_contents_and_counted_by_its_bytes(answer: bytes, right: bool) -> None:
    def says(visit: Visit) -> None:
        visit.send(answer)

    with serving(says) as server:
        fired = shoot(server.target(), limit=6, expect=Expectation(body=b"good"))
        assert fired.measured.errors == ({} if right else {ErrorKind.BAD_BODY: 6})
        assert fired.measured.issued == server.requests == 6
        assert fired.traffic.bytes_received == 6 * len(answer)


def test_a_coded_body_that_nobody_looks_at_is_not_unfolded() -> None:
    with serving(lambda visit: visit.send(CODED["not gzip at all"][0])) as server:
        assert shoot(server.target(), limit=6).measured.succeeded == 6


def test_json_is_compared_after_unfolding() -> None:
    answer = _coded(gzip.compress(b'{ "a": 1 }', mtime=0), "gzip")
    with serving(lambda visit: visit.send(answer)) as server:
        fired = shoot(server.target(), limit=6, expect=Expectation(json='{"a":1}'))
        assert fired.measured.succeeded == 6


@pytest.mark.parametrize("layers", [1, 2])
def test_a_bomb_is_a_bad_body_and_never_goes_off(layers: int) -> None:
    bomb = gzip.compress(bytes(128 * MIB), 9) if layers == 1 else gzip.compress(gzip.compress(bytes(128 * MIB), 9), 9)
    answer = _coded(bomb, ", ".join(["gzip"] * layers))
    watched = Watched()

    def throws(visit: Visit) -> None:
        visit.send(answer if visit.total % 2 else LAST)
        if visit.total % 2 == 0:
            visit.close()

    with serving(throws) as server:
        fired = shoot(server.target(), engine="workers", limit=10, expect=Expectation(body=b"good"), watched=watched)
        assert fired.measured.errors == {ErrorKind.BAD_BODY: 5}
        assert fired.measured.succeeded == 5
        assert server.requests == 10
    assert watched.grown_bytes < 48 * MIB


# What is not read


POST = Request("POST", body=b"p" * (8 * MIB))


def test_a_server_that_stops_reading_is_a_timeout_and_its_connections_are_ended() -> None:
    """Their buffers are full of what it does not take; nothing of it may be kept once the request is given up."""
    watched = Watched()

    def stops_reading(visit: Visit) -> None:
        if visit.total % 2 == 0:
            visit.send(LAST)
            visit.close()
        server.ending.wait()

    with serving(stops_reading, reads_bodies=False) as server:
        fired = shoot(server.target(), engine="workers", limit=7, request=POST, timeout_s=0.2, watched=watched)
        assert fired.measured.errors == {ErrorKind.READ_TIMEOUT: 4}
        assert fired.measured.succeeded == 3
        assert server.requests == fired.measured.issued == 7
    assert watched.grown_bytes < 48 * MIB


REFUSED = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@BOTH
def test_an_early_refusal_is_its_status_and_the_rest_of_the_body_is_not_sent(engine: EngineName) -> None:
    """The server neither reads the body nor closes, so its connection lives until the client cuts it."""
    watched = Watched()
    huge = Request("POST", body=b"p" * (32 * MIB))
    over = threading.Event()
    ended = threading.Semaphore(0)

    def refuses(visit: Visit) -> None:
        visit.send(REFUSED)
        over.wait(30)
        try:
            while piece := visit.peer.recv(1 << 20):
                server.notes.append(len(piece))
        finally:
            ended.release()

    with serving(refuses, reads_bodies=False) as server:
        fired = shoot(server.target(), engine=engine, limit=5, request=huge, expect=Expectation(), watched=watched)
        assert fired.measured.errors == {ErrorKind.BAD_STATUS: 5}
        assert fired.measured.status_codes == {413: 5}
        assert server.requests == server.connections == fired.measured.issued == 5
        over.set()
        assert all(ended.acquire(timeout=10) for _ in range(5)), "the client ended every connection"
    assert sum(server.notes) < 5 * len(huge.body) / 2
    if engine == "workers":
        assert watched.grown_bytes < 48 * MIB


def test_an_early_answer_before_the_body_was_taken_is_an_answer_and_the_next_request_is_not_mixed_up_with_it() -> None:
    """What follows on such a connection would stand behind the rest of the body: a fresh one is needed, or patience."""

    def answers_first(visit: Visit) -> None:
        visit.send(GOOD)
        size, taken = len(POST.body), len(visit.body)
        while taken < size:
            piece = visit.peer.recv(min(1 << 20, size - taken))
            if not piece:
                return
            taken += len(piece)

    with serving(answers_first, reads_bodies=False) as server:
        fired = shoot(server.target(), limit=10, request=POST, expect=Expectation(body=b"good"))
        assert fired.measured.succeeded == fired.measured.issued == 10
        assert server.requests == 10
        assert all(seen.head.startswith(b"POST / HTTP/1.1\r\n") for seen in server.seen)


def test_a_server_that_refuses_and_is_gone_at_once_is_counted_request_by_request() -> None:
    """It closes with our bytes unread, which resets: the answer may be lost with it, the request may not."""

    def refuses(visit: Visit) -> None:
        visit.send(REFUSED)
        visit.close()

    with serving(refuses, reads_bodies=False) as server:
        fired = shoot(server.target(), limit=10, request=POST, expect=Expectation())
        assert set(fired.measured.errors) <= {ErrorKind.BAD_STATUS, ErrorKind.RESET}
        assert fired.measured.failed == fired.measured.issued == server.requests == 10


def test_in_an_open_loop_a_dribble_keeps_one_connection_and_the_others_carry_the_load() -> None:
    def dribbles_once(visit: Visit) -> None:
        if visit.total > 1:
            visit.send(GOOD)
            return
        for place in range(len(GOOD)):
            visit.send(GOOD[place : place + 1])
            server.pause(1.0)

    with serving(dribbles_once) as server:
        fired = shoot(server.target(), OpenLoad(3, 50.0), duration_s=1.0, timeout_s=0.6)
        assert fired.measured.errors == {ErrorKind.READ_TIMEOUT: 1}
        assert fired.measured.succeeded == 49
        assert server.requests == fired.measured.issued == 50
