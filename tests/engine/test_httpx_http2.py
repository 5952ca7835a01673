"""HTTP/2: streams that share connections, over TLS and without, and how it ends when a server does not go along."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from certificates import Certificate
from engine.clients import fire_by
from engine.firing import adds_up
from engine.origins import Behaviour2, Origin, Seen, hello2, origin, origin2
from engine.servers import says, serving
from loadbench_gui.core.plan import Client, ClosedLoad, EngineName, Expectation, OpenLoad, Request, Tls
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.services.generator import Fired

HTTP2 = Client("httpx", http2=True)


def fired_at(behave: Behaviour2 | None = None, client: Client = HTTP2, **how: Any) -> tuple[Fired, Origin]:
    """Fire without TLS: HTTP/2 by prior knowledge."""

    async def scenario() -> tuple[Fired, Origin]:
        async with origin2(behave) as log:
            fired = await fire_by(client, log.target(), **how)
            assert adds_up(fired)
            return fired, log

    return asyncio.run(scenario())


@pytest.mark.parametrize("engine", ["in-app", "workers"])
def test_ten_places_are_streams_of_one_connection(engine: EngineName) -> None:
    fired, log = fired_at(Behaviour2(gather=10), shape=ClosedLoad(10), limit=100, engine=engine)
    assert fired.measured.succeeded == len(log.seen) == 100
    assert log.connections == fired.traffic.opened == fired.peak_connections == 1
    assert log.most_at_once == 10
    assert fired.traffic.reused == 99
    assert list(fired.served.values()) == [100]


def test_more_places_have_more_connections() -> None:
    fired, log = fired_at(shape=ClosedLoad(25), limit=100)
    assert fired.measured.succeeded == 100
    assert log.connections == fired.traffic.opened == 3


def test_a_server_that_allows_fewer_streams_makes_requests_wait_not_fail() -> None:
    fired, log = fired_at(Behaviour2(streams=2), shape=ClosedLoad(10), limit=50)
    assert fired.measured.succeeded == 50
    assert log.most_at_once <= 2


def test_what_is_asked_arrives_the_way_http2_has_it() -> None:
    request = Request(
        method="POST", path="/in?a=1", body=b"x" * 100_000, headers=(("X-Mine", "1"), ("Connection", "close"))
    )
    fired, log = fired_at(request=request, limit=2)
    assert fired.measured.succeeded == 2
    seen = log.seen[0]
    assert (seen.method, seen.target, seen.body) == ("POST", "/in?a=1", b"x" * 100_000)
    assert seen.headers == (
        ("host", f"127.0.0.1:{log.port}"),
        ("x-mine", "1"),
        ("user-agent", "loadbench"),
        ("accept", "*/*"),
        ("content-length", "100000"),
    )


def test_bodies_and_statuses_are_checked_stream_by_stream() -> None:
    def answer(seen: Seen) -> tuple[int, list[tuple[str, str]], bytes] | None:
        return (500 if seen.target == "/bad" else 200), [], b"hello " + seen.target.encode()

    also = (Request(path="/bad"), Request(path="/odd", expect=Expectation(status=200, body=b"nothing like it")))
    fired, log = fired_at(Behaviour2(answer), shape=ClosedLoad(5), limit=60, also=also)
    asked = {path: log.targets.count(path) for path in ("/", "/bad", "/odd")}
    assert min(asked.values()) > 0
    assert fired.measured.succeeded == asked["/"]
    assert fired.measured.errors == {ErrorKind.BAD_STATUS: asked["/bad"], ErrorKind.BAD_BODY: asked["/odd"]}
    assert log.connections == 1


def test_an_open_loop_is_served_by_streams() -> None:
    fired, log = fired_at(shape=OpenLoad(4, 100.0), duration_s=0.5, limit=None)
    assert fired.measured.succeeded == fired.measured.issued == len(log.seen) == 50
    assert log.connections == 1


def test_a_stream_s_time_begins_when_it_was_written_whoever_wrote_it() -> None:
    """From another process, where an answer may be there before the task that asked for it is woken up."""
    fired, log = fired_at(shape=ClosedLoad(4), limit=500, engine="workers")
    assert fired.measured.succeeded == len(log.seen) == 500
    shortest = fired.measured.service.quantile(0.0)
    assert shortest is not None
    assert shortest > 0, "an answer that was read before its request was sent"


def test_a_server_s_own_time_is_in_every_stream_s() -> None:
    fired, log = fired_at(Behaviour2(delay_s=0.02), shape=ClosedLoad(10), limit=100)
    assert log.most_at_once > 1
    shortest = fired.measured.service.quantile(0.0)
    assert shortest is not None
    assert shortest >= 20_000 * 0.99


def test_a_stream_without_an_answer_times_out_alone() -> None:
    def answer(seen: Seen) -> tuple[int, list[tuple[str, str]], bytes] | None:
        return None if seen.target == "/never" else hello2(seen)

    fired, log = fired_at(
        Behaviour2(answer), shape=ClosedLoad(4), limit=40, timeout_s=0.5, also=(Request(path="/never", weight=0.1),)
    )
    never = log.targets.count("/never")
    assert never > 0
    assert fired.measured.errors == {ErrorKind.READ_TIMEOUT: never}
    assert fired.measured.succeeded == 40 - never


def test_streams_that_the_server_resets_are_resets() -> None:
    fired, log = fired_at(Behaviour2(resets=True), shape=ClosedLoad(2), limit=6)
    assert fired.measured.errors == {ErrorKind.RESET: 6}
    assert len(log.seen) == 6
    assert b"reset the stream" in fired.samples[0].response_head


def test_a_connection_that_ends_politely_is_replaced() -> None:
    fired, log = fired_at(Behaviour2(goodbye_after=5), limit=20)
    assert fired.measured.succeeded == 20
    assert log.connections == fired.traffic.opened == 4


def test_over_tls_it_is_agreed_on_in_the_handshake(certificate: Certificate) -> None:
    async def scenario() -> tuple[Fired, Origin]:
        async with origin2(tls=certificate.speaking("h2", "http/1.1")) as log:
            tls = Tls(ca_file=str(certificate.path))
            return await fire_by(HTTP2, log.target("localhost", "https"), shape=ClosedLoad(5), limit=50, tls=tls), log

    fired, log = asyncio.run(scenario())
    assert fired.measured.succeeded == len(log.seen) == 50
    assert log.connections == fired.traffic.tls.total == 1


@pytest.mark.parametrize("protocols", [(), ("http/1.1",)], ids=["silent", "http/1.1 only"])
def test_a_server_without_http2_is_not_measured_in_its_name(certificate: Certificate, protocols: tuple[str]) -> None:
    async def scenario() -> tuple[Fired, Origin]:
        async with origin(tls=certificate.speaking(*protocols)) as log:
            tls = Tls(ca_file=str(certificate.path))
            return await fire_by(HTTP2, log.target("localhost", "https"), limit=3, tls=tls), log

    fired, log = asyncio.run(scenario())
    assert fired.measured.failed == 3
    assert not log.seen
    assert set(fired.measured.errors) <= {ErrorKind.PROTOCOL, ErrorKind.TLS}


def test_http1_in_answer_to_http2_is_a_protocol_error() -> None:
    async def scenario() -> Fired:
        async with serving(says(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")) as server:
            return await fire_by(HTTP2, server.target, limit=3)

    fired = asyncio.run(scenario())
    assert adds_up(fired)
    assert fired.measured.errors == {ErrorKind.PROTOCOL: 3}
    assert b"HTTP/1.1" in fired.samples[0].response_head


def test_places_on_one_connection_keep_their_cookies_apart() -> None:
    def answer(seen: Seen) -> tuple[int, list[tuple[str, str]], bytes] | None:
        fresh = [] if seen.header("cookie") else [("set-cookie", f"who={seen.stream}")]
        return 200, fresh, b"{}"

    client = Client("httpx", http2=True, cookies=True)
    fired, log = fired_at(Behaviour2(answer, gather=4), client, shape=ClosedLoad(4), limit=40)
    assert fired.measured.succeeded == 40
    assert log.connections == 1
    cookies = [seen.header("cookie") for seen in log.seen]
    assert cookies.count(None) == 4
    assert len(set(cookies)) == 5
