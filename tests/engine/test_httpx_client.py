"""What httpx adds to the fast client's abilities, and what it has to do just like it: on real sockets."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import sys
from collections import Counter
from collections.abc import Coroutine
from dataclasses import replace
from hashlib import md5
from pathlib import Path
from typing import Any, TypeVar
from urllib.request import parse_keqv_list

import pytest

from certificates import Certificate, make_certificate
from engine.clients import HTTPX, fire_by
from engine.firing import Watch, adds_up
from engine.listeners import nobody, speaking_first
from engine.origins import Answer, Origin, Seen, hello, origin
from engine.servers import response, says_and_closes, serving
from loadbench_gui.core.plan import Client, ClosedLoad, EngineName, OpenLoad, Request, Target, Tls
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.errors import UserError
from loadbench_gui.services.generator import Fired

T = TypeVar("T")


def run(scenario: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(scenario)


def fired_at(answer: Answer = hello, client: Client = HTTPX, **how: Any) -> tuple[Fired, Origin]:
    async def scenario() -> tuple[Fired, Origin]:
        async with origin(answer) as log:
            fired = await fire_by(client, log.target(), **how)
            assert adds_up(fired)
            return fired, log

    return run(scenario())


# Just like the fast client


REQUESTS = (
    Request(path="/a?b=c%20d&e=[|]"),
    Request(method="POST", path="/in", body=b"text", headers=(("x-Odd-CASE", "1"), ("Accept", "text/plain"))),
    Request(method="PUT", path="/empty"),
    Request(path="/me", headers=(("Host", "other.test"), ("User-Agent", "me/1"))),
)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.path)
def test_the_bytes_on_the_wire_are_those_of_the_fast_client(request_: Request) -> None:
    _, by_fast = fired_at(client=Client(), request=request_, limit=2)
    _, by_httpx = fired_at(request=request_, limit=2)

    def shown(log: Origin) -> list[bytes]:
        return [seen.raw.replace(str(log.port).encode(), b"PORT") + seen.body for seen in log.seen]

    assert shown(by_httpx) == shown(by_fast)


def test_both_clients_draw_the_same_requests_from_the_same_seed() -> None:
    mix: dict[str, Any] = {
        "request": Request(path="/${counter:5}/${uuid}", weight=2),
        "also": (Request(path="/b/${random:1:9}"),),
    }
    _, by_fast = fired_at(client=Client(), limit=40, seed=7, **mix)
    _, by_httpx = fired_at(limit=40, seed=7, **mix)
    assert by_httpx.targets == by_fast.targets
    assert len(set(by_httpx.targets)) > 20


def test_the_address_that_was_looked_up_is_connected_to_whatever_the_name_says() -> None:
    async def scenario() -> tuple[Fired, Origin]:
        async with origin() as log:
            return await fire_by(HTTPX, log.target(host="nobody-knows.invalid")), log

    fired, log = run(scenario())
    assert fired.measured.succeeded == 10
    assert {seen.header("host") for seen in log.seen} == {f"nobody-knows.invalid:{log.port}"}


def test_the_proxies_of_the_environment_are_not_gone_through(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    fired, log = fired_at()
    assert fired.measured.succeeded == len(log.seen) == 10


def test_a_streamed_body_arrives_whole_every_time(tmp_path: Path) -> None:
    body = os.urandom(300_000)
    (tmp_path / "big.bin").write_bytes(body)
    request = Request(method="POST", path="/up", body_file=str(tmp_path / "big.bin"))
    fired, log = fired_at(request=request, limit=3)
    assert fired.measured.succeeded == 3
    assert all(seen.body == body and seen.header("content-length") == "300000" for seen in log.seen)


def test_requests_go_through_a_unix_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "app.sock")

    async def scenario() -> tuple[Fired, Origin]:
        async with origin(unix_path=path) as log:
            return await fire_by(HTTPX, Target("http", "localhost", 80, "", unix_path=path)), log

    fired, log = run(scenario())
    assert fired.measured.succeeded == len(log.seen) == 10
    assert log.connections == fired.traffic.opened == 1
    assert log.seen[0].header("host") == "localhost"


def test_an_open_loop_sends_what_is_due_and_replaces_connections_that_the_server_closed() -> None:
    async def scenario() -> tuple[Fired, int]:
        async with serving(says_and_closes(response())) as server:
            fired = await fire_by(HTTPX, server.target, shape=OpenLoad(2, 40.0), duration_s=0.5, limit=None)
            return fired, server.requests

    fired, asked = run(scenario())
    assert fired.measured.succeeded == asked == 20
    assert fired.traffic.opened == 20
    assert fired.traffic.closed_by_server + fired.traffic.stale == 20


def test_nobody_listening_is_connection_refused() -> None:
    fired = asyncio.run(fire_by(HTTPX, nobody(), shape=ClosedLoad(2), limit=6))
    assert fired.measured.errors == {ErrorKind.CONNECT_REFUSED: 6}
    assert b"refused" in fired.samples[0].response_head


def test_a_server_that_speaks_first_does_not_speak_http() -> None:
    async def scenario() -> Fired:
        async with speaking_first(b"220 ready when you are\r\n") as target:
            return await fire_by(HTTPX, target, limit=2)

    fired = run(scenario())
    assert adds_up(fired)
    assert fired.measured.errors == {ErrorKind.PROTOCOL: 2}


# TLS


def fired_over_tls(certificate: Certificate, tls: Tls, host: str = "localhost", **how: Any) -> tuple[Fired, Origin]:
    async def scenario() -> tuple[Fired, Origin]:
        log = Origin()

        def note(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> None:
            log.server_names.append(name)

        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(certificate.path, certificate.path.with_name("key.pem"))
        server.sni_callback = note
        async with origin(tls=how.pop("server", server)) as running:
            fired = await fire_by(HTTPX, running.target(host, "https"), tls=tls, limit=4, **how)
            running.server_names = log.server_names
            assert adds_up(fired)
            return fired, running

    return run(scenario())


def test_a_certificate_that_nobody_vouches_for_is_a_tls_error_and_nothing_is_sent(certificate: Certificate) -> None:
    fired, log = fired_over_tls(certificate, Tls())
    assert fired.measured.errors == {ErrorKind.TLS: 4}
    assert not log.seen
    assert b"certificate" in fired.samples[0].response_head


def test_a_named_authority_is_trusted_and_handshakes_are_timed(certificate: Certificate) -> None:
    fired, log = fired_over_tls(certificate, Tls(ca_file=str(certificate.path)))
    assert fired.measured.succeeded == len(log.seen) == 4
    assert fired.traffic.opened == fired.traffic.tls.total == fired.traffic.connect.total == 1


def test_the_name_to_ask_for_may_differ_from_the_host(certificate: Certificate) -> None:
    tls = Tls(ca_file=str(certificate.path), server_name="localhost")
    fired, log = fired_over_tls(certificate, tls, host="shop.invalid")
    assert fired.measured.succeeded == 4
    assert log.server_names == ["localhost"]
    assert log.seen[0].header("host") == f"shop.invalid:{log.port}"


def test_a_client_certificate_is_shown(certificate: Certificate, tmp_path: Path) -> None:
    mine = make_certificate(tmp_path)
    strict = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    strict.load_cert_chain(certificate.path, certificate.path.with_name("key.pem"))
    strict.load_verify_locations(mine.path)
    strict.verify_mode = ssl.CERT_REQUIRED
    tls = Tls(ca_file=str(certificate.path), cert_file=str(mine.path), key_file=str(mine.path.with_name("key.pem")))
    fired, _ = fired_over_tls(certificate, tls, server=strict)
    assert fired.measured.succeeded == 4
    fired, log = fired_over_tls(certificate, replace(tls, cert_file="", key_file=""), server=strict)
    assert (fired.measured.failed, log.seen) == (4, [])


# Redirects


def goes_round(seen: Seen) -> bytes:
    if seen.target == "/":
        return response(b"moved", status="302 Found", headers="Location: /there\r\n")
    return response(b"arrived")


def test_redirects_are_followed_and_are_one_exchange() -> None:
    fired, log = fired_at(goes_round, Client("httpx", redirects=True), limit=5)
    assert fired.measured.succeeded == fired.measured.issued == 5
    assert fired.measured.status_codes == {200: 5}
    assert log.targets == ["/", "/there"] * 5
    assert log.connections == fired.traffic.opened == 1


def test_redirects_to_another_server_keep_both_connections() -> None:
    async def scenario() -> tuple[Fired, Origin, Origin]:
        async with origin(lambda _: response(b"arrived")) as there:
            away = f"Location: http://127.0.0.1:{there.port}/there\r\n"
            async with origin(lambda _: response(b"", status="307 Temporary", headers=away)) as here:
                post = Request(method="POST", path="/form", body=b"a=1")
                fired = await fire_by(Client("httpx", redirects=True), here.target(), request=post, limit=5)
                return fired, here, there

    fired, here, there = run(scenario())
    assert fired.measured.succeeded == 5
    assert (here.connections, there.connections, fired.traffic.opened) == (1, 1, 2)
    assert {(seen.method, seen.target, seen.body) for seen in there.seen} == {("POST", "/there", b"a=1")}
    assert {seen.header("host") for seen in there.seen} == {f"127.0.0.1:{there.port}"}


def test_redirects_that_do_not_end_are_given_up() -> None:
    around = response(b"", status="302 Found", headers="Location: /\r\n")
    fired, log = fired_at(lambda _: around, Client("httpx", redirects=True), limit=2)
    assert fired.measured.errors == {ErrorKind.BAD_STATUS: 2}
    assert fired.measured.status_codes == {302: 2}
    assert len(log.seen) == 2 * 21


@pytest.mark.parametrize(
    ("location", "kind"),
    [("http://nobody-knows.invalid/", ErrorKind.DNS), ("ftp://127.0.0.1/", ErrorKind.PROTOCOL)],
)
def test_redirects_that_lead_nowhere_fail(location: str, kind: ErrorKind) -> None:
    away = response(b"", status="302 Found", headers=f"Location: {location}\r\n")
    fired, _ = fired_at(lambda _: away, Client("httpx", redirects=True), limit=2)
    assert fired.measured.errors == {kind: 2}


# Cookies


def counts_visits(seen: Seen) -> bytes:
    """The first visitor on a connection gets the connection's number as a cookie."""
    cookie = seen.header("cookie")
    return response(headers="" if cookie else f"Set-Cookie: who={seen.connection}\r\n")


def test_every_connection_keeps_the_cookies_it_was_given() -> None:
    fired, log = fired_at(counts_visits, Client("httpx", cookies=True), shape=ClosedLoad(3), limit=30)
    assert fired.measured.succeeded == 30
    sent = Counter((seen.connection, seen.header("cookie")) for seen in log.seen)
    assert {cookie for _, cookie in sent} == {None, "who=1", "who=2", "who=3"}
    assert all(count == 1 for (_, cookie), count in sent.items() if cookie is None)
    assert all(cookie == f"who={number}" for number, cookie in sent if cookie is not None)


def test_cookies_outlive_their_connection() -> None:
    def closes(seen: Seen) -> bytes:
        return response(headers="Connection: close\r\n" + ("" if seen.header("cookie") else "Set-Cookie: a=1\r\n"))

    async def scenario() -> list[str | None]:
        async with origin(closes) as log:
            fired = await fire_by(Client("httpx", cookies=True), log.target(), limit=3)
            assert fired.measured.succeeded == fired.traffic.opened == 3
            return [seen.header("cookie") for seen in log.seen]

    assert run(scenario()) == [None, "a=1", "a=1"]


def test_cookies_are_not_kept_unless_asked_for() -> None:
    fired, log = fired_at(counts_visits, Client("httpx", redirects=True), limit=5)
    assert fired.measured.succeeded == 5
    assert {seen.header("cookie") for seen in log.seen} == {None}


# Logins


def test_a_basic_login_is_sent_at_once() -> None:
    _, log = fired_at(client=Client("httpx", auth="basic", credentials="ann:se:cret"), limit=2)
    assert [seen.header("authorization") for seen in log.seen] == ["Basic YW5uOnNlOmNyZXQ="] * 2


def asks_who(seen: Seen) -> bytes:
    """Digest as in RFC 2617: realm and nonce are fixed, the answer is checked."""
    scheme, _, rest = (seen.header("authorization") or "").partition(" ")
    if scheme == "Digest":
        said = parse_keqv_list(rest.split(", "))
        secret = md5(b"ann:here:secret").hexdigest()
        what = md5(f"{seen.method}:{seen.target}".encode()).hexdigest()
        parts = ":".join([secret, said["nonce"], said["nc"], said["cnonce"], said["qop"], what])
        if said["response"] == md5(parts.encode()).hexdigest():
            return response()
    challenge = 'Digest realm="here", nonce="n0", qop="auth", algorithm=MD5'
    return response(b"who?", status="401 Unauthorized", headers=f"WWW-Authenticate: {challenge}\r\n")


def test_a_digest_login_is_asked_for_once_and_remembered() -> None:
    client = Client("httpx", auth="digest", credentials="ann:secret")
    fired, log = fired_at(asks_who, client, limit=5, request=Request(path="/private?x=1"))
    assert fired.measured.succeeded == 5
    assert len(log.seen) == 6
    assert fired.measured.status_codes == {200: 5}


def test_a_digest_login_that_is_refused_is_a_bad_status_with_its_answer() -> None:
    client = Client("httpx", auth="digest", credentials="ann:wrong")
    fired, _ = fired_at(asks_who, client, limit=2)
    assert fired.measured.errors == {ErrorKind.BAD_STATUS: 2}
    assert fired.measured.status_codes == {401: 2}
    assert fired.samples[0].body_start == b"who?"


def test_a_login_without_a_user_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(UserError, match="who logs in"):
        fired_at(client=Client("httpx", auth="digest"))


@pytest.mark.parametrize("asked", [{"http2": True}, {"proxy": "http://127.0.0.1:1"}, {"cookies": True}])
def test_the_fast_client_says_what_it_cannot_do(asked: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="fast client cannot"):
        fired_at(client=Client("fast", **asked))


# From end to end


@pytest.mark.parametrize("engine", ["in-app", "workers"])
def test_a_run_adds_up_wherever_it_is_fired_from(engine: EngineName) -> None:
    watch = Watch()

    async def scenario() -> tuple[Fired, Origin]:
        async with origin() as log:
            fired = await fire_by(
                HTTPX, log.target(), shape=ClosedLoad(4), limit=None, duration_s=1.0, engine=engine, watch=watch
            )
            return fired, log

    fired, log = run(scenario())
    assert adds_up(fired)
    assert fired.measured.succeeded == len(log.seen) > 0
    assert fired.measured.errors == {}
    assert sum(interval.measured.succeeded for interval in watch.intervals) == fired.measured.succeeded
    assert fired.traffic.opened == log.connections == fired.peak_connections == 4
    assert sum(fired.served.values()) == fired.measured.succeeded
    assert len(fired.served) == 4


LOADS = """
import sys
from loadbench_gui.core.plan import Client, ClosedLoad, Expectation, Load, Request, Target, Workload
from loadbench_gui.engine.transport.factory import maker
import loadbench_gui.engine.worker
for name in ("fast", "httpx"):
    workload = Workload("w", "http", Request(), Expectation(), ClosedLoad(1))
    maker(Load(Target("http", "a", 80, "127.0.0.1"), workload, client=Client(name)), mixed=True)
    print(name, *sys.modules)
"""


def test_a_worker_loads_httpx_only_for_loads_that_are_sent_by_it() -> None:
    done = subprocess.run([sys.executable, "-c", LOADS], check=True, capture_output=True, text=True)
    loaded = {line.split()[0]: set(line.split()) for line in done.stdout.splitlines()}
    assert not {"httpx", "httpcore", "h11", "h2", "anyio"} & loaded["fast"]
    assert {"httpcore", "httpx"} <= loaded["httpx"]
    assert not {"PySide6", "scipy", "pydantic", "sqlite3", "typer"} & loaded["httpx"]
