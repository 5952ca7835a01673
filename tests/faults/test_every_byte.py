"""A connection that ends after any byte of an answer: all places, one after the other, on one server."""

from __future__ import annotations

import pytest

from faults.servers import GOOD, LAST, Visit, serving, shoot
from loadbench_gui.core.plan import EngineName, Expectation
from loadbench_gui.core.snapshot import ErrorKind

LENGTH = b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 26\r\n\r\n" + b"abcdefghijklmnopqrstuvwxyz"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\nhello\r\n0c;note=x\r\n wide world \r\n0\r\nX-Sum: 17\r\n\r\n"
)
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + LENGTH
UNTIL_END = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + b"until the end"

FRAMED = [
    pytest.param(LENGTH, id="length"),
    pytest.param(CHUNKED, id="chunked"),
    pytest.param(INTERIM, id="interim responses first"),
]
BOTH = pytest.mark.parametrize("engine", ["in-app", "workers"])


@BOTH
@pytest.mark.parametrize("answer", [*FRAMED, pytest.param(UNTIL_END, id="until the end")])
def test_a_reset_after_any_byte_is_a_reset_and_right_answers_in_between_succeed(
    answer: bytes, engine: EngineName
) -> None:
    def resets(visit: Visit) -> None:
        if visit.total % 2:
            visit.send(answer[: visit.total // 2])
            visit.reset()
        visit.send(LAST)
        visit.close()

    places = len(answer)
    with serving(resets) as server:
        fired = shoot(server.target(), engine=engine, limit=2 * places)
        assert fired.measured.errors == {ErrorKind.RESET: places}
        assert (fired.measured.succeeded, fired.measured.failed) == (places, places)
        assert server.requests == fired.measured.issued == 2 * places
        assert server.connections == fired.traffic.opened == 2 * places
        assert fired.traffic.stale == 0


@pytest.mark.parametrize("answer", FRAMED)
def test_an_end_after_any_byte_but_the_last_is_closed_early(answer: bytes) -> None:
    def ends(visit: Visit) -> None:
        if visit.total % 2:
            visit.send(answer[: visit.total // 2])
        else:
            visit.send(LAST)
        visit.close()

    places = len(answer)
    with serving(ends) as server:
        fired = shoot(server.target(), limit=2 * places + 1)
        assert fired.measured.errors == {ErrorKind.CLOSED_EARLY: places}
        assert fired.measured.succeeded == places + 1, "the last one was whole"
        assert server.requests == fired.measured.issued == 2 * places + 1


@BOTH
def test_an_end_completes_an_answer_that_nothing_else_delimits_once_its_head_is_there(engine: EngineName) -> None:
    def ends(visit: Visit) -> None:
        visit.send(UNTIL_END[: visit.total // 2] if visit.total % 2 else LAST)
        visit.close()

    head, places = UNTIL_END.index(b"\r\n\r\n") + 4, len(UNTIL_END)
    with serving(ends) as server:
        fired = shoot(server.target(), engine=engine, limit=2 * places)
        assert fired.measured.errors == {ErrorKind.CLOSED_EARLY: head}
        assert fired.measured.succeeded == 2 * places - head
        assert server.requests == fired.measured.issued


@BOTH
@pytest.mark.parametrize("answer", FRAMED)
def test_on_a_used_connection_only_a_loss_before_the_first_byte_is_stale_and_sent_again(
    answer: bytes, engine: EngineName
) -> None:
    """Each connection carries one good answer and then a torn one: place 0 on the first, 1 on the second..."""

    def tears(visit: Visit) -> None:
        if visit.number == 1:
            visit.send(GOOD)
        else:
            visit.send(answer[: visit.connection - 1])
            visit.reset()

    places = len(answer)
    with serving(tears) as server:
        # The request that is lost at place 0 is answered on the second connection, as the first one there.
        fired = shoot(server.target(), engine=engine, limit=2 * places - 1)
        assert fired.measured.errors == {ErrorKind.RESET: places - 1}
        assert (fired.measured.succeeded, fired.traffic.stale) == (places, 1)
        assert server.requests == fired.measured.issued + fired.traffic.stale == 2 * places
        assert server.connections == places


@pytest.mark.parametrize("place", [0, 20, len(LENGTH) - 1])
def test_what_had_been_read_before_a_reset_is_in_the_sample(place: int) -> None:
    def resets(visit: Visit) -> None:
        visit.send(LENGTH[:place])
        visit.reset()

    with serving(resets) as server:
        fired = shoot(server.target(), limit=5, expect=Expectation())
    assert len(fired.samples) == 3
    head, _, body = LENGTH[:place].partition(b"\r\n\r\n")
    head = head or b"(no answer: Connection reset by peer)"
    assert all((s.response_head, s.body_start) == (head, body) for s in fired.samples)
    assert all(s.request.startswith(b"GET / HTTP/1.1\r\n") for s in fired.samples)
