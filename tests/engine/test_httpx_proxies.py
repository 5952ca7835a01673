"""Through a proxy: whole URLs to plain servers, tunnels to encrypted ones, and a proxy that says no."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from certificates import Certificate
from engine.clients import fire_by
from engine.firing import adds_up
from engine.origins import Origin, origin, origin2
from engine.proxies import Proxy, proxying
from loadbench_gui.core.plan import Attach, Client, ClosedLoad, Deployment, EngineName, Request, Target, Tls
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.deploy.server import attach
from loadbench_gui.errors import UserError
from loadbench_gui.services.generator import Fired


async def through(proxy: Proxy, target: Target, url: str = "", *, http2: bool = False, **how: Any) -> Fired:
    fired = await fire_by(Client("httpx", http2=http2, proxy=url or proxy.url()), target, **how)
    assert adds_up(fired)
    return fired


@pytest.mark.parametrize("engine", ["in-app", "workers"])
def test_a_plain_target_is_asked_for_by_its_whole_url(engine: EngineName) -> None:
    async def scenario() -> tuple[Fired, Origin, Proxy]:
        async with origin() as log, proxying() as proxy:
            request = Request(path="/a?b=1")
            how: dict[str, Any] = {"shape": ClosedLoad(3), "limit": 12, "engine": engine}
            return await through(proxy, log.target("shop.invalid"), request=request, **how), log, proxy

    fired, log, proxy = asyncio.run(scenario())
    assert fired.measured.succeeded == len(log.seen) == len(proxy.forwarded) == 12
    assert set(proxy.forwarded) == {f"http://shop.invalid:{log.port}/a?b=1"}
    assert {seen.header("host") for seen in log.seen} == {f"shop.invalid:{log.port}"}
    assert proxy.connections == fired.traffic.opened == 3
    assert not fired.served, "whoever answered, it was not the process at the other end of our sockets"


def test_an_encrypted_target_is_reached_by_a_tunnel(certificate: Certificate) -> None:
    async def scenario() -> tuple[Fired, Origin, Proxy]:
        async with origin(tls=certificate.speaking("http/1.1")) as log, proxying() as proxy:
            target, tls = log.target("localhost", "https"), Tls(ca_file=str(certificate.path))
            return await through(proxy, target, tls=tls, shape=ClosedLoad(2), limit=10), log, proxy

    fired, log, proxy = asyncio.run(scenario())
    assert fired.measured.succeeded == len(log.seen) == 10
    assert proxy.tunnels == [f"localhost:{log.port}"] * 2
    assert not proxy.forwarded
    assert fired.traffic.opened == fired.traffic.tls.total == 2
    assert fired.traffic.reused == 8


def test_a_forged_certificate_behind_a_tunnel_is_a_tls_error(certificate: Certificate) -> None:
    async def scenario() -> tuple[Fired, Origin]:
        async with origin(tls=certificate.speaking("http/1.1")) as log, proxying() as proxy:
            return await through(proxy, log.target("localhost", "https"), limit=3), log

    fired, log = asyncio.run(scenario())
    assert fired.measured.errors == {ErrorKind.TLS: 3}
    assert fired.traffic.opened == len(log.seen) == 0


def test_http2_goes_through_a_tunnel(certificate: Certificate) -> None:
    async def scenario() -> tuple[Fired, Origin, Proxy]:
        async with origin2(tls=certificate.speaking("h2")) as log, proxying() as proxy:
            target, tls = log.target("localhost", "https"), Tls(ca_file=str(certificate.path))
            return await through(proxy, target, http2=True, tls=tls, shape=ClosedLoad(4), limit=20), log, proxy

    fired, log, proxy = asyncio.run(scenario())
    assert fired.measured.succeeded == len(log.seen) == 20
    assert log.connections == len(proxy.tunnels) == fired.traffic.opened == 1


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_proxy_itself_may_be_encrypted(certificate: Certificate, scheme: str) -> None:
    server = certificate.speaking("http/1.1") if scheme == "https" else None

    async def scenario() -> tuple[Fired, Origin, Proxy]:
        async with origin(tls=server) as log, proxying(certificate.speaking("http/1.1")) as proxy:
            url, tls = proxy.url("https", "localhost"), Tls(ca_file=str(certificate.path))
            return await through(proxy, log.target("localhost", scheme), url, tls=tls, limit=6), log, proxy

    fired, log, proxy = asyncio.run(scenario())
    assert fired.measured.succeeded == len(log.seen) == 6
    assert len(proxy.tunnels) == (scheme == "https")
    assert fired.traffic.opened == proxy.connections == 1


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_is_logged_in_to_by_its_url(certificate: Certificate, scheme: str) -> None:
    server = certificate.speaking("http/1.1") if scheme == "https" else None
    login = "Basic YW5uOnMgZWNyZXQ="

    async def scenario() -> tuple[Fired, Origin]:
        async with origin(tls=server) as log, proxying(login=login) as proxy:
            tls = Tls(ca_file=str(certificate.path))
            url = proxy.url(user="ann:s%20ecret")
            return await through(proxy, log.target("localhost", scheme), url, tls=tls, limit=4), log

    fired, log = asyncio.run(scenario())
    assert fired.measured.succeeded == len(log.seen) == 4
    assert {seen.header("proxy-authorization") for seen in log.seen} == {None}


def test_a_proxy_that_refuses_a_tunnel_is_a_connection_that_failed(certificate: Certificate) -> None:
    async def scenario() -> tuple[Fired, Origin]:
        async with origin(tls=certificate.speaking("http/1.1")) as log, proxying(login="Basic nobody") as proxy:
            return await through(proxy, log.target("localhost", "https"), limit=3), log

    fired, log = asyncio.run(scenario())
    assert fired.measured.errors == {ErrorKind.CONNECT_FAILED: 3}
    assert b"the proxy answered 407" in fired.samples[0].response_head
    assert not log.seen


def test_a_proxy_that_refuses_a_plain_request_has_answered_it() -> None:
    async def scenario() -> Fired:
        async with origin() as log, proxying(login="Basic nobody") as proxy:
            return await through(proxy, log.target(), limit=3)

    fired = asyncio.run(scenario())
    assert fired.measured.errors == {ErrorKind.BAD_STATUS: 3}
    assert fired.measured.status_codes == {407: 3}


def test_a_proxy_that_is_not_there_is_connection_refused() -> None:
    async def scenario() -> tuple[Fired, Origin]:
        async with proxying() as proxy:
            url = proxy.url()
        async with origin() as log:
            return await through(proxy, log.target(), url, limit=3), log

    fired, log = asyncio.run(scenario())
    assert fired.measured.errors == {ErrorKind.CONNECT_REFUSED: 3}
    assert not log.seen


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_name_that_only_the_proxy_knows_is_never_looked_up_here(
    certificate: Certificate, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = certificate.speaking("http/1.1") if scheme == "https" else None
    looked_up: list[object] = []
    look_up = socket.getaddrinfo

    def noted(host: Any, *more: Any, **how: Any) -> Any:
        looked_up.append(host)
        return look_up(host, *more, **how)

    monkeypatch.setattr(socket, "getaddrinfo", noted)

    async def scenario() -> tuple[Fired, Origin]:
        async with origin(tls=tls) as log, proxying() as proxy:
            url = f"{scheme}://something.invalid:{log.port}"
            server = await attach(Deployment("there", Attach(url)), look=False, proxied=True)
            assert (server.target.address, server.pid) == ("", None)
            return await through(proxy, server.target, limit=4, tls=Tls(insecure=tls is not None)), log

    fired, log = asyncio.run(scenario())
    assert fired.measured.succeeded == len(log.seen) == 4
    assert {seen.header("host") for seen in log.seen} == {f"something.invalid:{log.port}"}
    assert "something.invalid" not in looked_up


def test_where_nobody_knows_the_proxy_either_each_request_says_so() -> None:
    target = Target("http", "something.invalid", 80, "")
    fired = asyncio.run(fire_by(Client("httpx", proxy="http://proxy.invalid:3128"), target, limit=3))
    assert fired.measured.errors == {ErrorKind.DNS: 3}


@pytest.mark.parametrize(
    ("client", "target", "words"),
    [
        (Client("httpx", proxy="socks5://127.0.0.1:1"), Target("http", "a", 80, "127.0.0.1"), "socks5"),
        (Client("httpx", proxy="http://[::1"), Target("http", "a", 80, "127.0.0.1"), "not a proxy"),
        (Client("httpx", True, "http://127.0.0.1:1"), Target("http", "a", 80, "127.0.0.1"), "HTTP/1.1"),
        (Client("httpx", proxy="http://127.0.0.1:1"), Target("http", "localhost", 80, "", "/tmp/a.sock"), "Unix"),
    ],
)
def test_what_no_proxy_can_do_is_refused_before_anything_is_sent(client: Client, target: Target, words: str) -> None:
    with pytest.raises(UserError, match=words):
        asyncio.run(fire_by(client, target))
