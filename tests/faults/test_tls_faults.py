"""Certificates that must not be believed, and TLS connections that end where they should not."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable

import pytest

from faults.certs import Certificates, make_certificates
from faults.servers import GOOD, LAST, Behaviour, FaultServer, Gone, Greeting, Visit, serving, shoot
from faults.test_every_byte import CHUNKED, LENGTH, UNTIL_END
from loadbench_gui.core.plan import ClosedLoad, EngineName, Expectation, Tls
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.services.generator import Fired
from resets import reset

BOTH = pytest.mark.parametrize("engine", ["in-app", "workers"])
BAD = ["expired", "wrong_host", "self_signed"]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls"))


def shoot_tls(server: FaultServer, shown: Certificates, engine: EngineName, limit: int, **how: float) -> Fired:
    """Fire over TLS, trusting the authority and nobody else, one connection in a closed loop."""
    target = server.target("https", "localhost")
    trust = Tls(ca_file=str(shown.authority))
    return shoot(target, ClosedLoad(1), engine=engine, limit=limit, expect=Expectation(), tls=trust, **how)  # type: ignore[arg-type]


def _says_last(visit: Visit) -> None:
    visit.send(LAST)
    visit.goodbye()


# Certificates


@BOTH
def test_a_good_certificate_is_believed(shown: Certificates, engine: EngineName) -> None:
    with serving(_says_last, tls=shown.good) as server:
        fired = shoot_tls(server, shown, engine, 5)
        assert fired.measured.succeeded == server.requests == 5


@pytest.mark.parametrize("name", BAD)
def test_a_bad_certificate_is_a_tls_error_and_no_request_is_sent(shown: Certificates, name: str) -> None:
    with serving(_says_last, tls=getattr(shown, name)) as server:
        fired = shoot_tls(server, shown, "in-app", 4)
        assert fired.measured.errors == {ErrorKind.TLS: 4}
        assert (fired.measured.issued, server.requests) == (4, 0)
        assert server.connections >= 4
        assert fired.traffic.opened == 0


@BOTH
def test_a_bad_certificate_among_good_ones_costs_the_requests_that_met_it(
    shown: Certificates, engine: EngineName
) -> None:
    def in_turn(number: int) -> ssl.SSLContext:
        context: ssl.SSLContext = getattr(shown, BAD[number // 2 % 3]) if number % 2 else shown.good
        return context

    with serving(_says_last, tls=in_turn) as server:
        # The first connection is opened ahead of the first request, which then finds a good one.
        fired = shoot_tls(server, shown, engine, 12)
        assert fired.measured.errors == {ErrorKind.TLS: 6}
        assert fired.measured.succeeded == server.requests == 6


def test_with_verification_off_every_certificate_is_taken(shown: Certificates) -> None:
    for name in BAD:
        with serving(_says_last, tls=getattr(shown, name)) as server:
            fired = shoot(server.target("https", "localhost"), limit=3, tls=Tls(insecure=True))
            assert fired.measured.succeeded == server.requests == 3


@BOTH
def test_a_server_that_wants_a_certificate_we_do_not_have_fails_every_request(
    shown: Certificates, engine: EngineName, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """With TLS 1.3 the refusal comes after our end of the handshake. A request that is written by then is reset, and
    that may be noticed before the refusal is read."""
    strict = make_certificates(tmp_path_factory.mktemp("strict"))
    strict.good.verify_mode = ssl.CERT_REQUIRED
    with serving(_says_last, tls=strict.good) as server:
        fired = shoot_tls(server, strict, engine, 4)
        assert set(fired.measured.errors) <= {ErrorKind.TLS, ErrorKind.RESET}
        assert (fired.measured.failed, server.requests) == (4, 0)


# In the handshake


def _answers(data: bytes = b"", end: Callable[[socket.socket], None] = socket.socket.close) -> Greeting:
    """Take the client's hello, say this, and end."""

    def greet(peer: socket.socket) -> None:
        if peer.recv(1 << 16):
            peer.sendall(data)
            end(peer)
        raise Gone

    return greet


def _says_nothing(peer: socket.socket) -> None:
    while peer.recv(1 << 16):
        pass
    raise Gone


START_OF_A_RECORD = b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"
ALERT = b"\x15\x03\x03\x00\x02\x02\x28"
PLAIN = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"

HANDSHAKES: dict[str, tuple[Greeting, ErrorKind]] = {
    "closed": (_answers(), ErrorKind.TLS),
    "reset": (_answers(end=reset), ErrorKind.RESET),
    "cut in a record": (_answers(START_OF_A_RECORD), ErrorKind.TLS),
    "refused by an alert": (_answers(ALERT), ErrorKind.TLS),
    "answered in plain text": (_answers(PLAIN), ErrorKind.TLS),
    "never answered": (_says_nothing, ErrorKind.CONNECT_TIMEOUT),
}


@BOTH
@pytest.mark.parametrize(("greet", "kind"), HANDSHAKES.values(), ids=HANDSHAKES)
def test_a_handshake_that_is_cut_has_its_class_and_the_next_one_succeeds(
    shown: Certificates, greet: Greeting, kind: ErrorKind, engine: EngineName
) -> None:
    turn = threading.Lock()
    turns = 0

    def every_other(peer: socket.socket) -> None:
        nonlocal turns
        with turn:
            turns += 1
            is_odd = turns % 2
        if is_odd:
            greet(peer)

    with serving(_says_last, tls=shown.good, greet=every_other) as server:
        fired = shoot_tls(server, shown, engine, 6, timeout_s=0.4)
        assert fired.measured.errors == {kind: 3}
        assert fired.measured.succeeded == server.requests == 3
        assert (fired.measured.timed_out == 3) is (kind is ErrorKind.CONNECT_TIMEOUT)


# After it


@BOTH
@pytest.mark.parametrize("answer", [LENGTH, CHUNKED], ids=["length", "chunked"])
def test_an_encrypted_connection_cut_after_any_byte_is_closed_early(
    shown: Certificates, answer: bytes, engine: EngineName
) -> None:
    def cuts(visit: Visit) -> None:
        if visit.number == 1:
            visit.send(GOOD)
        else:
            visit.send(answer[: visit.connection])
            visit.close()

    places = len(answer) - 1
    with serving(cuts, tls=shown.good) as server:
        fired = shoot_tls(server, shown, engine, 2 * places)
        assert fired.measured.errors == {ErrorKind.CLOSED_EARLY: places}
        assert fired.measured.succeeded == places
        assert server.requests == fired.measured.issued == 2 * places
        assert server.connections == places


@BOTH
def test_a_body_until_the_end_is_whole_only_if_the_server_took_its_leave(
    shown: Certificates, engine: EngineName
) -> None:
    """Anybody on the way can end TCP, only the server can send close_notify (RFC 9112, section 9.8)."""
    head = UNTIL_END.index(b"\r\n\r\n") + 4

    def ends(visit: Visit) -> None:
        place = (visit.total - 1) // 3
        match visit.total % 3:
            case 1:
                visit.send(UNTIL_END[: head + place])
                visit.close()
            case 2:
                visit.send(UNTIL_END[: head + place])
                visit.goodbye()
            case _:
                _says_last(visit)

    places = len(UNTIL_END) - head + 1
    with serving(ends, tls=shown.good) as server:
        fired = shoot_tls(server, shown, engine, 3 * places)
        assert fired.measured.errors == {ErrorKind.CLOSED_EARLY: places}
        assert fired.measured.succeeded == 2 * places
        assert server.requests == fired.measured.issued == 3 * places


@BOTH
def test_a_goodbye_in_the_middle_of_an_answer_is_closed_early(shown: Certificates, engine: EngineName) -> None:
    def leaves(visit: Visit) -> None:
        visit.send(LENGTH[:-3])
        visit.goodbye()

    with serving(leaves, tls=shown.good) as server:
        fired = shoot_tls(server, shown, engine, 4)
        assert fired.measured.errors == {ErrorKind.CLOSED_EARLY: 4}
        assert server.requests == 4


def half_of_eight(shown: Certificates, engine: EngineName, fail: Behaviour) -> dict[ErrorKind, int]:
    """What comes of it where every other answer, from the first on, fails so; the rest succeed."""

    def behave(visit: Visit) -> None:
        if visit.total % 2 == 0:
            _says_last(visit)
        fail(visit)

    with serving(behave, tls=shown.good) as server:
        fired = shoot_tls(server, shown, engine, 8)
        assert fired.measured.succeeded == 4
        assert server.requests == 8
    return dict(fired.measured.errors)


@BOTH
def test_a_reset_in_the_middle_is_a_reset(shown: Certificates, engine: EngineName) -> None:
    def resets(visit: Visit) -> None:
        visit.send(LENGTH[:-3])
        visit.reset()

    assert half_of_eight(shown, engine, resets) == {ErrorKind.RESET: 4}


@BOTH
@pytest.mark.parametrize(
    "garbage", [b"\x17\x03\x03\x00\x20" + b"g" * 32, b"HTTP/1.1 200 OK\r\n\r\n"], ids=["a forged record", "plain text"]
)
def test_bytes_that_are_not_the_servers_are_a_tls_error(
    shown: Certificates, garbage: bytes, engine: EngineName
) -> None:
    def is_hijacked(visit: Visit) -> None:
        visit.send(LENGTH[:30])
        visit.raw(garbage)
        visit.hold()

    assert half_of_eight(shown, engine, is_hijacked) == {ErrorKind.TLS: 4}


@BOTH
def test_an_end_between_two_requests_is_no_fault_of_a_request(shown: Certificates, engine: EngineName) -> None:
    def serves_twice(visit: Visit) -> None:
        if visit.number < 3:
            visit.send(GOOD)
        else:
            visit.close()

    with serving(serves_twice, tls=shown.good) as server:
        fired = shoot_tls(server, shown, engine, 10)
        assert fired.measured.succeeded == fired.measured.issued == 10
        assert fired.traffic.stale == 4
        assert server.requests == fired.measured.issued + fired.traffic.stale


@BOTH
def test_a_server_that_announces_the_end_and_does_not_end_is_left(shown: Certificates, engine: EngineName) -> None:
    """Our close_notify must not wait for its own for ever: each answer would keep one more connection open."""
    left = threading.Semaphore(0)

    def stays(visit: Visit) -> None:
        visit.send(LAST)
        try:
            # Past TLS: its own reading would answer a close_notify.
            while socket.socket.recv(visit.peer, 1 << 16):
                pass
        except OSError:
            pass
        left.release()
        raise Gone

    with serving(stays, tls=shown.good) as server:
        fired = shoot_tls(server, shown, engine, 5)
        assert fired.measured.succeeded == server.requests == 5
        assert all(left.acquire(timeout=10) for _ in range(5))
