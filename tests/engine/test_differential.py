"""Two clients that share no code below the record, against the same servers: what one sees, the other sees."""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter_ns
from typing import Any

import pytest

from engine.clients import HTTPX, fire_by
from engine.servers import Asked, Behaviour, Server, adds_up, response, says, serving
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import Client, Expectation, OpenLoad, Request
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.services.generator import Fired

FAST = Client()
LIMIT = 6


@dataclass(frozen=True)
class Case:
    """A server's behaviour and what is asked of it. outcome: the one class of error; None: all succeed."""

    behave: Behaviour
    outcome: ErrorKind | None = None
    how: dict[str, Any] = field(default_factory=dict)


def seen(fired: Fired, server: Server) -> dict[str, object]:
    """Everything that must not depend on the client."""
    measured, traffic = fired.measured, fired.traffic
    return {
        "issued": measured.issued,
        "succeeded": measured.succeeded,
        "failed": measured.failed,
        "timed out": measured.timed_out,
        "errors": dict(measured.errors),
        "status codes": dict(measured.status_codes),
        "asked, by the server's own count": server.requests,
        "connections, by the server's own count": server.connections,
        "opened": traffic.opened,
        "reused": traffic.reused,
        "stale": traffic.stale,
        "closed by the server": traffic.closed_by_server,
        "bytes sent": traffic.bytes_sent,
        "bytes received": traffic.bytes_received,
        "sampled": sorted({sample.kind for sample in fired.samples}),
    }


def both(case: Case) -> tuple[dict[str, object], dict[str, object]]:
    async def by(client: Client) -> dict[str, object]:
        async with serving(case.behave) as server:
            fired = await fire_by(client, server.target, **{"limit": LIMIT, **case.how})
            assert adds_up(fired)
            return seen(fired, server)

    return asyncio.run(by(FAST)), asyncio.run(by(HTTPX))


def then_closes(data: bytes) -> Behaviour:
    def behave(asked: Asked) -> None:
        asked.answer(data)
        asked.transport.close()

    return behave


def then_resets(data: bytes) -> Behaviour:
    def behave(asked: Asked) -> None:
        asked.answer(data)
        asyncio.get_running_loop().call_later(0.02, asked.reset)

    return behave


def in_pieces(data: bytes, size: int) -> Behaviour:
    def behave(asked: Asked) -> None:
        pieces = [data[i : i + size] for i in range(0, len(data), size)]

        def go_on() -> None:
            asked.answer(pieces.pop(0))
            if pieces:
                asyncio.get_running_loop().call_soon(go_on)

        go_on()

    return behave


def closes_after_each(asked: Asked) -> None:
    if asked.number == 1:
        asked.answer(response())
    else:
        asked.transport.close()


def fails_every_third(asked: Asked) -> None:
    asked.answer(response(status="503 Busy") if asked.total % 3 == 0 else response())


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
ANY = {"expect": Expectation()}
HEAD = {"request": Request(method="HEAD")}
POST = {"request": Request(method="POST", path="/in", body=b'{"a":1}', headers=(("Content-Type", "application/json"),))}
SOON = {"timeout_s": 0.3, "limit": 2}


def packed(body: bytes) -> bytes:
    return response(gzip.compress(body, mtime=0), headers="Content-Encoding: gzip\r\n")


CASES = {
    "a length": Case(says(response())),
    "a body that is sent along": Case(says(response()), None, POST),
    "no body": Case(says(response(b""))),
    "chunked": Case(says(CHUNKED), None, {"expect": Expectation(body=b"hello world")}),
    "many reads": Case(says(response(b"x" * 300_000))),
    "byte by byte": Case(in_pieces(HINTS + CHUNKED, 1), None, {"expect": Expectation(body=b"hello world")}),
    "until the end of the connection": Case(then_closes(b"HTTP/1.1 200 OK\r\n\r\nhello")),
    "connection: close": Case(says(response(headers="Connection: close\r\n"))),
    "interim responses": Case(says(b"HTTP/1.1 100 Continue\r\n\r\n" + HINTS + response())),
    "204": Case(says(b"HTTP/1.1 204 No Content\r\n\r\n"), None, ANY),
    "304 with a length": Case(says(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 900\r\n\r\n"), None, ANY),
    "a redirect that is not followed": Case(says(response(status="302 F", headers="Location: /\r\n")), None, ANY),
    "HEAD": Case(says(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"), None, HEAD),
    "a coded body": Case(says(packed(b"hello world")), None, {"expect": Expectation(body=b"hello world")}),
    "a stale connection": Case(closes_after_each),
    "some failures": Case(fails_every_third, ErrorKind.BAD_STATUS),
    "404": Case(says(response(status="404 Not Found")), ErrorKind.BAD_STATUS),
    "a wrong body": Case(says(response(b"no")), ErrorKind.BAD_BODY, {"expect": Expectation(body=b"hello")}),
    "a wrong document": Case(says(response(b"{}")), ErrorKind.BAD_BODY, {"limit": 1, "expect": Expectation(json="[]")}),
    "not the coding it says": Case(
        says(response(b"hello", headers="Content-Encoding: gzip\r\n")),
        ErrorKind.BAD_BODY,
        {"expect": Expectation(body=b"hello")},
    ),
    "a stale connection under a POST": Case(closes_after_each, ErrorKind.STALE, POST),
    "an end at once": Case(lambda asked: asked.transport.close(), ErrorKind.CLOSED_EARLY),
    "an end in the head": Case(then_closes(HALF[:20]), ErrorKind.CLOSED_EARLY),
    "an end in the body": Case(then_closes(HALF), ErrorKind.CLOSED_EARLY),
    "an end in a chunk": Case(then_closes(CHUNKED[:-20]), ErrorKind.CLOSED_EARLY),
    "a reset at once": Case(then_resets(b""), ErrorKind.RESET, {"limit": 2}),
    "a reset in the body": Case(then_resets(HALF), ErrorKind.RESET),
    "no answer": Case(lambda asked: None, ErrorKind.READ_TIMEOUT, SOON),
    "half an answer": Case(says(HALF), ErrorKind.READ_TIMEOUT, SOON),
    "garbage": Case(says(b"\x00\xff\x13 nothing like http\r\n\r\n"), ErrorKind.PROTOCOL),
    "two lengths": Case(says(b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello"), ErrorKind.PROTOCOL),
    "a negative length": Case(says(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), ErrorKind.PROTOCOL),
    "a bad chunk": Case(says(CHUNKED.replace(b"5\r\n", b"x\r\n")), ErrorKind.PROTOCOL),
    "two answers": Case(says(response() + response()), ErrorKind.PROTOCOL),
    "bytes after the answer": Case(says(response() + b"trailing"), ErrorKind.PROTOCOL),
    "a body in the answer to HEAD": Case(says(response()), ErrorKind.PROTOCOL, HEAD),
    "another protocol": Case(
        says(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), ErrorKind.PROTOCOL
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_both_clients_see_the_same(name: str) -> None:
    case = CASES[name]
    fast, httpx = both(case)
    assert httpx == fast
    errors = fast["errors"]
    assert isinstance(errors, dict)
    assert set(errors) == ({case.outcome} if case.outcome else set())
    assert fast["issued"] == case.how.get("limit", LIMIT)


# Figures: held against what the server itself has logged, never against a limit in seconds.

SLOW_S = 0.02
REQUESTS = 60


@dataclass
class Slow:
    """Answers after a while, in two parts. whole_ns, part_ns: what each answer, and its second part, really took."""

    first_s: float
    second_s: float = 0.0
    whole_ns: list[int] = field(default_factory=list)
    part_ns: list[int] = field(default_factory=list)

    def __call__(self, asked: Asked) -> None:
        loop, began_ns = asyncio.get_running_loop(), perf_counter_ns()
        answer = response(b"x" * 2000)

        def begin() -> None:
            first_ns = perf_counter_ns()
            if self.second_s:
                asked.answer(answer[:500])
                loop.call_later(self.second_s, end, first_ns, answer[500:])
            else:
                end(first_ns, answer)

        def end(first_ns: int, rest: bytes) -> None:
            now = perf_counter_ns()
            self.whole_ns.append(now - began_ns)
            self.part_ns.append(now - first_ns)
            asked.answer(rest)

        loop.call_later(self.first_s, begin)


def timed(client: Client, slow: Slow) -> Fired:
    async def scenario() -> Fired:
        async with serving(slow) as server:
            return await fire_by(client, server.target, limit=REQUESTS)

    fired = asyncio.run(scenario())
    assert fired.measured.succeeded == len(slow.whole_ns) == REQUESTS
    return fired


NOISE = 0.10
"""A client's median may be this much above the server's: where our own lag takes a tenth of a latency the generator is
called suspect, so a client that is further off than that may not call itself fit. One connection, so nothing queues."""
ROUNDING = 0.002
"""Histograms keep three digits."""


def agrees(measured: Histogram, logged_ns: list[int], less: float = ROUNDING) -> bool:
    """Whether the medians do.

    less: how much below the server's own median ours may be; a whole exchange cannot be shorter than its answer.
    """
    ours, theirs = measured.quantile(0.5), median(logged_ns) / 1000
    assert ours is not None
    return theirs * (1 - less) <= ours <= theirs * (1 + NOISE)


@pytest.mark.parametrize("client", [FAST, HTTPX], ids=lambda client: client.name)
def test_the_service_time_is_the_server_s_own(client: Client) -> None:
    slow = Slow(SLOW_S)
    measured = timed(client, slow).measured
    assert agrees(measured.service, slow.whole_ns)
    assert agrees(measured.first_byte, slow.whole_ns)


@pytest.mark.parametrize("client", [FAST, HTTPX], ids=lambda client: client.name)
def test_the_parts_of_an_answer_are_timed_apart(client: Client) -> None:
    slow = Slow(SLOW_S, SLOW_S)
    measured = timed(client, slow).measured
    assert agrees(measured.service, slow.whole_ns)
    # The first part may be read late and the second in time.
    assert agrees(measured.download, slow.part_ns, less=NOISE)


@pytest.mark.parametrize("client", [FAST, HTTPX], ids=lambda client: client.name)
def test_a_queue_shows_in_the_scheduled_latency_and_not_in_the_service_time(client: Client) -> None:
    """One connection, twice as many arrivals as it can carry: the wait grows by one answer with every two."""

    async def scenario() -> Fired:
        async with serving(slow) as server:
            shape = OpenLoad(1, 2 / SLOW_S, queue_limit=1000)
            return await fire_by(client, server.target, shape=shape, limit=40)

    slow = Slow(SLOW_S)
    fired = asyncio.run(scenario())
    measured = fired.measured
    assert measured.succeeded == len(slow.whole_ns) == 40
    assert agrees(measured.service, slow.whole_ns)
    longest, waited = measured.scheduled.quantile(1.0), measured.connection_wait.quantile(1.0)
    assert longest is not None
    assert waited is not None
    assert longest >= (sum(slow.whole_ns) - 40 * SLOW_S * 1e9 / 2) / 1000 * (1 - ROUNDING)
    assert waited >= longest / 2
