"""What servers do to clients, and what we call it: each behaviour on a real socket."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from engine.firing import adds_up
from engine.listeners import nobody, speaking_first
from engine.servers import Asked, Behaviour, fire_at, response, says, says_and_closes, serving
from loadbench_gui.core.plan import ClosedLoad, Expectation, OpenLoad
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.services.generator import Fired

T = TypeVar("T")
ONE = ClosedLoad(1)


def run(scenario: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(scenario)


def fired_at(behave: Behaviour, limit: int | None = 10, **how: Any) -> tuple[Fired, int]:
    """Fire `limit` requests at a server that behaves so; return what came of it and the server's own count."""

    async def scenario() -> tuple[Fired, int]:
        async with serving(behave) as server:
            how.setdefault("duration_s", 5.0)
            fired = await fire_at(server.target, how.pop("shape", ONE), limit=limit, **how)
            assert adds_up(fired)
            return fired, server.requests

    return run(scenario())


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
TRAILED = CHUNKED.removesuffix(b"\r\n") + b"Digest: abc\r\nX-Sum: 1\r\n\r\n"
EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
OLD = b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (response(), 200),
        (response(b""), 200),
        (CHUNKED, 200),
        (TRAILED, 200),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 900\r\n\r\n", 304),
        (b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", 304),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + EARLY_HINTS + response(), 200),
        (EARLY_HINTS * 3 + TRAILED, 200),
        (OLD, 200),
        (response(b"x" * 300_000), 200),
    ],
    ids=[
        "length",
        "empty",
        "chunked",
        "chunked with a trailer",
        "204",
        "304 with a length",
        "304 in chunks",
        "interim responses first",
        "hints before chunks with a trailer",
        "HTTP/1.0 that keeps the connection",
        "many reads",
    ],
)
def test_complete_answers_of_every_framing_are_successes_on_one_connection(answer: bytes, status: int) -> None:
    fired, asked = fired_at(says(answer), expect=Expectation())
    assert fired.measured.succeeded == asked == 10
    assert fired.measured.status_codes == {status: 10}
    assert (fired.traffic.opened, fired.traffic.reused) == (1, 9)
    assert fired.traffic.bytes_received == 10 * len(answer)


@pytest.mark.parametrize("size", [1, 7, 40])
def test_an_answer_in_pieces_is_one_answer(size: int) -> None:
    answer = b"HTTP/1.1 100 Continue\r\n\r\n" + EARLY_HINTS + TRAILED

    def in_pieces(asked: Asked) -> None:
        loop = asyncio.get_running_loop()
        pieces = [answer[i : i + size] for i in range(0, len(answer), size)]

        def next_piece() -> None:
            asked.answer(pieces.pop(0))
            if pieces:
                loop.call_soon(next_piece)

        next_piece()

    fired, asked = fired_at(in_pieces, expect=Expectation(body=b"hello world"))
    assert fired.measured.succeeded == asked == 10


def test_a_response_that_ends_with_the_connection_is_complete() -> None:
    def until_the_end(asked: Asked) -> None:
        asked.answer(b"HTTP/1.1 200 OK\r\n\r\nhello")
        asked.transport.close()

    fired, asked = fired_at(until_the_end, expect=Expectation(body=b"hello"))
    assert fired.measured.succeeded == asked == fired.traffic.opened == 10
    assert fired.traffic.closed_by_server == 10


@pytest.mark.parametrize("version", [b"HTTP/1.0", b"HTTP/1.1"])
def test_a_body_that_only_the_end_delimits_may_come_in_many_reads(version: bytes) -> None:
    """Also without a word about the connection, as HTTP/1.0 allows, and after an interim response."""

    def until_the_end(asked: Asked) -> None:
        asked.answer(EARLY_HINTS + version + b" 200 OK\r\n\r\n" + b"x" * 200_000)
        asked.transport.write(b"the end")
        asked.transport.close()

    fired, asked = fired_at(until_the_end, limit=5, expect=Expectation(body=b"xthe end"))
    assert fired.measured.succeeded == asked == fired.traffic.closed_by_server == 5


def test_connection_close_is_obeyed() -> None:
    fired, asked = fired_at(says(response(headers="Connection: close\r\n")))
    assert fired.measured.succeeded == asked == fired.traffic.opened == 10
    assert fired.traffic.reused == 0


@pytest.mark.parametrize("announced", [b"Content-Length: 5000", b"Transfer-Encoding: chunked", b"X-Nothing: 1"])
@pytest.mark.parametrize("before", [b"", EARLY_HINTS], ids=["at once", "after hints"])
def test_the_answer_to_head_has_no_body_whatever_it_announces(announced: bytes, before: bytes) -> None:
    head = before + b"HTTP/1.1 200 OK\r\n" + announced + b"\r\n\r\n"
    fired, asked = fired_at(says(head), method="HEAD")
    assert fired.measured.succeeded == asked == 10
    assert fired.traffic.opened == 1


def test_a_body_in_the_answer_to_head_is_a_protocol_error() -> None:
    fired, _ = fired_at(says(response()), method="HEAD", limit=3)
    assert fired.measured.errors == {ErrorKind.PROTOCOL: 3}


def test_a_changing_date_changes_nothing() -> None:
    """The byte-for-byte fast path may only be taken for equal bytes; every other answer is parsed."""

    def dated(asked: Asked) -> None:
        asked.answer(response(str(asked.total).encode(), headers=f"Date: {asked.total // 3}\r\n"))

    fired, asked = fired_at(dated, limit=100)
    assert fired.measured.succeeded == asked == 100


def test_equal_answers_with_one_failure_among_them_are_told_apart() -> None:
    def fails_sometimes(asked: Asked) -> None:
        asked.answer(response(status="500 Oops") if asked.total % 10 == 0 else response())

    fired, asked = fired_at(fails_sometimes, limit=100)
    assert (fired.measured.succeeded, asked) == (90, 100)
    assert fired.measured.errors == {ErrorKind.BAD_STATUS: 10}
    assert fired.measured.status_codes == {200: 90, 500: 10}


@pytest.mark.parametrize("seed", range(4))
def test_a_mixture_of_answers_in_random_pieces_is_counted_answer_by_answer(seed: int) -> None:
    """Recognised whole or parsed, in one read or in ten: the record is the same."""
    draw = random.Random(seed)
    answers = [
        (response(), 200),
        (response(), 200),
        (response(b"other"), 200),
        (CHUNKED, 200),
        (EARLY_HINTS + response(), 200),
        (response(status="404 Not Found"), 404),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204),
    ]
    sent: Counter[int] = Counter()

    def mixes(asked: Asked) -> None:
        answer, status = draw.choice(answers)
        sent[status] += 1
        cut = draw.randrange(len(answer)) if draw.random() < 0.5 else 0
        asked.answer(answer[:cut])
        asyncio.get_running_loop().call_soon(asked.answer, answer[cut:])

    fired, asked = fired_at(mixes, limit=200, shape=ClosedLoad(3), expect=Expectation())
    assert fired.measured.status_codes == sent
    assert asked == fired.measured.issued == 200
    assert fired.measured.errors == {ErrorKind.BAD_STATUS: sent[404]}


def test_wrong_contents_are_failures_with_samples() -> None:
    def lies(asked: Asked) -> None:
        asked.answer(response(b'{"hello":"nobody"}') if asked.total % 2 else response())

    fired, _ = fired_at(lies, limit=20, expect=Expectation(status=200, body=b"world"))
    assert fired.measured.errors == {ErrorKind.BAD_BODY: 10}
    assert fired.measured.succeeded == 10
    assert len(fired.samples) == 3
    sample = fired.samples[0]
    assert sample.kind is ErrorKind.BAD_BODY
    assert sample.request.startswith(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:")
    assert sample.response_head.startswith(b"HTTP/1.1 200 OK")
    assert sample.body_start == b'{"hello":"nobody"}'


def test_json_is_compared_by_meaning() -> None:
    fired, _ = fired_at(says(response(b'{ "b": 1, "a": [true] }')), expect=Expectation(json='{"a":[true],"b":1}'))
    assert fired.measured.succeeded == 10
    fired, _ = fired_at(says(response(b'{"b": 1, "a": [1]}')), limit=1, expect=Expectation(json='{"a":[true],"b":1}'))
    assert fired.measured.errors == {ErrorKind.BAD_BODY: 1}


def _garbage() -> list[Any]:
    huge_chunk = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"
    return [
        pytest.param(b"\x00\xff\x13 nothing like http\r\n\r\n", id="garbage"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello", id="two lengths"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", id="negative length"),
        pytest.param(huge_chunk, id="a chunk beyond 64 bits"),
        pytest.param(response() + response(), id="two answers to one request"),
        pytest.param(response() + b"trailing", id="bytes after the answer"),
        pytest.param(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", id="upgrade"),
        pytest.param(b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + response(), id="upgrade to nothing"),
    ]


@pytest.mark.parametrize("answer", _garbage())
def test_what_is_not_one_http_answer_is_a_protocol_error(answer: bytes) -> None:
    fired, asked = fired_at(says(answer), limit=3)
    assert fired.measured.errors == {ErrorKind.PROTOCOL: 3}
    assert asked == 3


def test_an_endless_head_is_given_up() -> None:
    def endless(asked: Asked) -> None:
        asked.answer(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (i, b"y" * 1000) for i in range(500)))

    fired, _ = fired_at(endless, limit=2)
    assert fired.measured.errors == {ErrorKind.PROTOCOL: 2}
    assert fired.traffic.bytes_received < 1_200_000


HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"


def test_an_end_in_the_middle_of_an_answer_is_closed_early() -> None:
    def ends(asked: Asked) -> None:
        asked.answer(HALF)
        asked.transport.close()

    fired, asked = fired_at(ends, limit=4)
    assert fired.measured.errors == {ErrorKind.CLOSED_EARLY: 4}
    assert asked == 4


def test_a_reset_in_the_middle_of_an_answer_is_a_reset() -> None:
    def resets(asked: Asked) -> None:
        asked.answer(HALF)
        asyncio.get_running_loop().call_later(0.02, asked.reset)

    fired, asked = fired_at(resets, limit=4)
    assert fired.measured.errors == {ErrorKind.RESET: 4}
    assert fired.samples[0].body_start == b"half"
    assert asked == 4


def test_a_server_that_closes_at_once_is_closed_early_not_stale() -> None:
    fired, asked = fired_at(lambda asked: asked.transport.close(), limit=4)
    assert fired.measured.errors == {ErrorKind.CLOSED_EARLY: 4}
    assert (asked, fired.traffic.stale) == (4, 0)


def _closes_after_each(asked: Asked) -> None:
    if asked.number == 1:
        asked.answer(response())
    else:
        asked.transport.close()


def test_a_stale_connection_is_tried_once_more_on_a_fresh_one() -> None:
    fired, asked = fired_at(_closes_after_each, limit=10)
    assert fired.measured.succeeded == 10
    assert fired.traffic.stale == 9
    assert asked == 19


def test_a_stale_connection_fails_a_request_that_may_not_be_repeated() -> None:
    fired, asked = fired_at(_closes_after_each, limit=10, method="POST")
    assert fired.measured.errors == {ErrorKind.STALE: 5}
    assert fired.measured.succeeded == 5
    assert asked == 10


def test_a_connection_lost_long_after_the_request_is_a_failure_not_a_stale_connection() -> None:
    def crashes_over_the_second(asked: Asked) -> None:
        if asked.number == 1:
            asked.answer(response())
        else:
            asyncio.get_running_loop().call_later(0.3, asked.reset)

    fired, asked = fired_at(crashes_over_the_second, limit=4)
    assert fired.measured.errors == {ErrorKind.RESET: 2}
    assert (fired.measured.succeeded, fired.traffic.stale, asked) == (2, 0, 4)


def test_connections_that_end_under_requests_are_said_aloud() -> None:
    fired, _ = fired_at(_closes_after_each, limit=10)
    (caveat,) = [caveat for caveat in fired.fitness.caveats if caveat.code == "stale_connections"]
    assert "9 of 10 requests" in caveat.message
    assert fired.fitness.verdict == "suspect"


def test_connections_that_last_for_one_request_count_among_those_open_at_once() -> None:
    answer = response(headers="Connection: close\r\n")
    fired, _ = fired_at(says(answer), limit=None, shape=ClosedLoad(4), duration_s=0.3)
    assert fired.peak_connections == 4


def test_no_answer_is_a_timeout_counted_once_and_never_a_latency() -> None:
    fired, asked = fired_at(lambda asked: None, limit=2, shape=ClosedLoad(2), timeout_s=0.2)
    assert fired.measured.errors == {ErrorKind.READ_TIMEOUT: 2}
    assert (fired.measured.timed_out, fired.measured.failed, asked) == (2, 0, 2)
    assert fired.measured.service.total == 0


def test_nobody_listening_is_connection_refused() -> None:
    fired = asyncio.run(fire_at(nobody(), ClosedLoad(2), limit=6, duration_s=5.0))
    assert fired.measured.errors == {ErrorKind.CONNECT_REFUSED: 6}
    assert fired.measured.failed == fired.measured.issued == 6
    assert fired.samples[0].kind is ErrorKind.CONNECT_REFUSED


def test_a_server_that_closes_idle_connections_costs_a_connection_not_a_failure() -> None:
    async def scenario() -> tuple[Fired, int]:
        async with serving(says_and_closes(response())) as server:
            fired = await fire_at(server.target, OpenLoad(2, 40.0), duration_s=0.5)
            return fired, server.requests

    fired, asked = run(scenario())
    assert fired.measured.succeeded == asked == 20
    assert fired.traffic.opened == 20
    # On a busy machine an arrival may be written before the close is read; it is then sent once more.
    assert fired.traffic.closed_by_server + fired.traffic.stale == 20


PLAIN = b"220 ready when you are\r\n"


def test_a_plain_server_behind_https_is_a_tls_error() -> None:
    async def scenario() -> Fired:
        async with speaking_first(PLAIN) as target:
            return await fire_at(replace(target, scheme="https", host="localhost"), ONE, limit=2, duration_s=5.0)

    assert run(scenario()).measured.errors == {ErrorKind.TLS: 2}


def test_a_server_that_speaks_first_does_not_speak_http() -> None:
    async def scenario() -> Fired:
        async with speaking_first(PLAIN) as target:
            return await fire_at(target, ONE, limit=2, duration_s=5.0)

    fired = run(scenario())
    assert adds_up(fired)
    assert fired.measured.errors == {ErrorKind.PROTOCOL: 2}
