"""HTTPS: whom we trust, who we are, and what a person is told when a handshake fails."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread

import pytest

from certificates import Authority, Certificate, make_authority
from engine.firing import adds_up
from engine.servers import fire_at, response, says, serving
from loadbench_gui.core.plan import ClosedLoad, EngineName, Target, Tls
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.errors import UserError
from loadbench_gui.services.generator import Fired

ENGINES: tuple[EngineName, ...] = ("in-app", "workers")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@dataclass
class Done:
    """What came of six requests over two connections, and how many of them the server saw."""

    fired: Fired
    asked: int
    answered_names: list[str | None]

    @property
    def why(self) -> str:
        """What the first sample says to a person."""
        return self.fired.samples[0].response_head.decode()


def fire_tls(
    server: ssl.SSLContext, tls: Tls, *, host: str = "localhost", engine: EngineName = "in-app", timeout_s: float = 10.0
) -> Done:
    names: list[str | None] = []

    def note(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> None:
        names.append(name)

    server.sni_callback = note

    async def scenario() -> Done:
        async with serving(says(response()), server) as served:
            target = replace(served.target, scheme="https", host=host)
            fired = await fire_at(
                target, ClosedLoad(2), limit=6, duration_s=10.0, tls=tls, engine=engine, timeout_s=timeout_s
            )
            return Done(fired, served.requests, names)

    done = asyncio.run(scenario())
    assert adds_up(done.fired)
    return done


@pytest.mark.parametrize("engine", ENGINES)
def test_an_unknown_certificate_is_a_tls_error_and_nothing_is_sent(
    certificate: Certificate, engine: EngineName
) -> None:
    done = fire_tls(certificate.server, Tls(), engine=engine)
    assert done.fired.measured.errors == {ErrorKind.TLS: 6}
    assert done.asked == 0
    assert "the server's certificate is not accepted: self-signed certificate" in done.why


@pytest.mark.parametrize("engine", ENGINES)
def test_with_its_authority_in_the_environment_requests_go_through(
    certificate: Certificate, engine: EngineName, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    done = fire_tls(certificate.server, Tls(), engine=engine)
    assert done.fired.measured.succeeded == done.asked == 6


@pytest.mark.parametrize("engine", ENGINES)
def test_with_its_authority_named_requests_go_through(authority: Authority, engine: EngineName) -> None:
    done = fire_tls(authority.issue("localhost").server(), Tls(ca_file=str(authority.cert)), engine=engine)
    assert done.fired.measured.succeeded == done.asked == 6
    assert done.answered_names == ["localhost", "localhost"]


def test_an_authority_that_is_named_is_trusted_alone(
    authority: Authority, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    done = fire_tls(certificate.server, Tls(ca_file=str(authority.cert)))
    assert done.fired.measured.errors == {ErrorKind.TLS: 6}


@pytest.mark.parametrize("engine", ENGINES)
def test_with_verification_off_requests_go_through(certificate: Certificate, engine: EngineName) -> None:
    done = fire_tls(certificate.server, Tls(insecure=True), engine=engine)
    assert done.fired.measured.succeeded == done.asked == 6
    assert done.fired.traffic.opened == 2


@pytest.mark.parametrize("engine", ENGINES)
def test_an_expired_certificate_is_said_to_be_expired(authority: Authority, engine: EngineName) -> None:
    done = fire_tls(authority.issue("expired", days=-1).server(), Tls(ca_file=str(authority.cert)), engine=engine)
    assert done.fired.measured.errors == {ErrorKind.TLS: 6}
    assert "certificate has expired" in done.why


def test_a_certificate_for_another_host_is_said_to_be_for_another(authority: Authority) -> None:
    done = fire_tls(authority.issue("other", "DNS:other.example").server(), Tls(ca_file=str(authority.cert)))
    assert done.fired.measured.errors == {ErrorKind.TLS: 6}
    assert "Hostname mismatch" in done.why
    assert "localhost" in done.why


def test_a_server_name_of_its_own_is_asked_for_and_verified(authority: Authority) -> None:
    server = authority.issue("other", "DNS:other.example").server()
    done = fire_tls(server, Tls(ca_file=str(authority.cert), server_name="other.example"))
    assert done.fired.measured.succeeded == done.asked == 6
    assert done.answered_names == ["other.example", "other.example"]


def test_an_address_is_verified_against_the_addresses_on_the_certificate(authority: Authority) -> None:
    tls = Tls(ca_file=str(authority.cert))
    right = fire_tls(authority.issue("ip", "IP:127.0.0.1").server(), tls, host="127.0.0.1")
    assert right.fired.measured.succeeded == 6
    assert right.answered_names == [None, None], "an address is no name to ask for (RFC 6066)"
    wrong = fire_tls(authority.issue("name").server(), tls, host="127.0.0.1")
    assert wrong.fired.measured.errors == {ErrorKind.TLS: 6}
    assert "IP address mismatch" in wrong.why


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("together", [True, False], ids=["one file", "two files"])
def test_a_client_certificate_is_shown(authority: Authority, together: bool, engine: EngineName) -> None:
    server = authority.issue("localhost").server(clients=authority.cert)
    client = authority.issue("client", "email:me@example.com")
    own = (
        Tls(ca_file=str(authority.cert), cert_file=str(client.in_one_file()))
        if together
        else Tls(ca_file=str(authority.cert), cert_file=str(client.cert), key_file=str(client.key))
    )
    done = fire_tls(server, own, engine=engine)
    assert done.fired.measured.succeeded == done.asked == 6


@contextmanager
def shaking_hands(context: ssl.SSLContext) -> Iterator[Target]:
    """Shake hands with everybody, as a blocking server does: with an alert where that fails."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    Thread(target=greet, args=(connection,)).start()

        def greet(connection: socket.socket) -> None:
            secured = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            with suppress(OSError):
                secured.do_handshake()
            # What was sent meanwhile is read: otherwise closing would reset the connection.
            with socket.socket(fileno=secured.detach()) as bare, suppress(OSError):
                while bare.recv(4096):
                    pass

        thread = Thread(target=serve)
        thread.start()
        yield Target("https", "localhost", listener.getsockname()[1], "127.0.0.1")
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_server_that_wants_a_client_certificate_is_quoted(
    authority: Authority, engine: EngineName, version: ssl.TLSVersion
) -> None:
    server = authority.issue("localhost").server(clients=authority.cert)
    server.maximum_version = version
    tls = Tls(ca_file=str(authority.cert))
    with shaking_hands(server) as target:
        fired = asyncio.run(fire_at(target, ClosedLoad(1), limit=3, duration_s=10.0, tls=tls, engine=engine))
    assert adds_up(fired)
    assert fired.measured.errors == {ErrorKind.TLS: 3}
    assert b"no TLS: " in fired.samples[0].response_head
    assert b"alert" in fired.samples[0].response_head


def test_a_server_that_is_silent_in_the_handshake_is_a_connect_timeout() -> None:
    async def scenario() -> Fired:
        # What it takes for a request never ends, so it never answers.
        async with serving(says(b"")) as served:
            target = replace(served.target, scheme="https")
            return await fire_at(target, ClosedLoad(1), duration_s=1.0, timeout_s=0.3)

    fired = asyncio.run(scenario())
    assert adds_up(fired)
    assert fired.measured.errors == {ErrorKind.CONNECT_TIMEOUT: fired.measured.timed_out}
    assert fired.measured.timed_out > 0
    assert fired.samples[0].response_head == b"(no answer: no TLS handshake within 0.3 s)"


class _HangsUp(asyncio.Protocol):
    def data_received(self, data: bytes) -> None:
        self.transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport


@pytest.mark.parametrize("engine", ENGINES)
def test_a_server_that_hangs_up_in_the_handshake_is_a_tls_error(engine: EngineName) -> None:
    async def scenario() -> Fired:
        listener = await asyncio.get_running_loop().create_server(_HangsUp, "127.0.0.1", 0)
        async with listener, serving(says(b"")) as served:
            port = listener.sockets[0].getsockname()[1]
            target = replace(served.target, scheme="https", port=port)
            return await fire_at(target, ClosedLoad(1), limit=3, duration_s=5.0, engine=engine)

    fired = asyncio.run(scenario())
    assert fired.measured.errors == {ErrorKind.TLS: 3}
    assert b"in the middle of the TLS handshake" in fired.samples[0].response_head
    assert fired.peak_connections == 0


def test_a_file_that_cannot_be_used_is_found_before_anything_is_sent(tmp_path: Path, certificate: Certificate) -> None:
    with pytest.raises(UserError, match=r"the file of authorities .*none\.pem cannot be read: No such file"):
        fire_tls(certificate.server, Tls(ca_file=str(tmp_path / "none.pem")))
