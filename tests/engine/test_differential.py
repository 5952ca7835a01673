"""Two clients that share no code below the record, against the same servers: what one sees, the other sees."""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import dataclass, field
from typing import Any

import pytest

from engine.clients import HTTPX, fire_by
from engine.firing import adds_up
from engine.servers import Asked, Behaviour, Server, response, says, serving
from loadbench_gui.core.plan import Client, Expectation, Request
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
