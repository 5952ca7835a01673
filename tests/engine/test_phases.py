"""Where the time goes: connecting, the TLS handshake, the wait for the first byte, the download after it."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from certificates import Certificate
from engine.firing import adds_up
from engine.servers import Asked, Behaviour, fire_at, response, says, serving
from loadbench_gui.core.plan import ClosedLoad, EngineName, Expectation, Target, Tls
from loadbench_gui.deploy.resolve import resolve
from loadbench_gui.services.generator import Fired

ENGINES: tuple[EngineName, ...] = ("in-app", "workers")


def fire_phases(behave: Behaviour, tls: ssl.SSLContext | None = None, engine: EngineName = "in-app") -> Fired:
    async def scenario() -> Fired:
        async with serving(behave, tls) as server:
            target = server.target if tls is None else replace(server.target, scheme="https", host="localhost")
            insecure = tls is not None
            return await fire_at(target, ClosedLoad(3), limit=30, duration_s=20.0, insecure=insecure, engine=engine)

    fired = asyncio.run(scenario())
    assert adds_up(fired)
    assert fired.measured.succeeded == 30
    return fired


@pytest.mark.parametrize("engine", ENGINES)
def test_every_connection_has_its_time_and_a_plain_one_no_handshake(engine: EngineName) -> None:
    closing_each = response(headers="Connection: close\r\n")
    traffic = fire_phases(says(closing_each), engine=engine).traffic
    assert traffic.connect.total == traffic.opened >= 30
    assert traffic.tls.total == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_an_encrypted_connection_has_both(certificate: Certificate, engine: EngineName) -> None:
    traffic = fire_phases(says(response()), certificate.server, engine).traffic
    assert traffic.connect.total == traffic.tls.total == traffic.opened == 3


HANDSHAKE_S = 0.15


@contextmanager
def slow_to_shake_hands(context: ssl.SSLContext) -> Iterator[Target]:
    """Accept at once, and let the handshake wait."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            time.sleep(HANDSHAKE_S)
            with suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
                while secured.recv(4096):
                    secured.sendall(response())

        thread = threading.Thread(target=serve)
        thread.start()
        yield Target("https", "localhost", listener.getsockname()[1], "127.0.0.1")
        thread.join()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_slow_handshake_is_not_a_slow_connection(certificate: Certificate, engine: EngineName) -> None:
    with slow_to_shake_hands(certificate.server) as target:
        shape, tls = ClosedLoad(1), Tls(insecure=True)
        fired = asyncio.run(fire_at(target, shape, limit=5, duration_s=20.0, tls=tls, engine=engine))
    assert fired.measured.succeeded == 5
    connect_us, tls_us = fired.traffic.connect.max_us, fired.traffic.tls.min_us
    assert connect_us is not None
    assert tls_us is not None
    assert tls_us >= 0.98e6 * HANDSHAKE_S
    assert connect_us < tls_us


def test_the_first_byte_and_the_download_after_it_are_told_apart() -> None:
    pause_s = 0.03

    def pauses(asked: Asked) -> None:
        whole = response()
        asked.answer(whole[:50])
        asyncio.get_running_loop().call_later(pause_s, asked.answer, whole[50:])

    measured = fire_phases(pauses).measured
    assert measured.first_byte.total == measured.download.total == measured.service.total == 30
    # The clocks of event loops are a millisecond coarse.
    assert measured.download.count_at_or_below(1e6 * (pause_s - 0.002)) == 0
    assert measured.first_byte.at_rank(15) < measured.download.at_rank(15)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_servers_ports_for_us_are_those_that_we_report(engine: EngineName) -> None:
    seen: dict[int, int] = {}

    def notes(asked: Asked) -> None:
        port = asked.transport.get_extra_info("peername")[1]
        seen[port] = seen.get(port, 0) + 1
        asked.answer(response())

    assert fire_phases(notes, engine=engine).served == seen


async def answer_at(address: str, family: socket.AddressFamily) -> asyncio.Server:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                host = next(line for line in head.split(b"\r\n") if line.startswith(b"Host: "))
                writer.write(response(host))
        writer.close()

    return await asyncio.start_server(serve, address, 0, family=family)


def link_local() -> str:
    """Return an address of this machine that means nothing without its zone."""
    table = Path("/proc/net/if_inet6")
    lines = table.read_text(encoding="ascii").splitlines() if table.exists() else []
    for line in lines:
        digits, *_, name = line.split()
        if digits.startswith("fe80"):
            return ":".join(digits[i : i + 4] for i in range(0, 32, 4)) + f"%{name}"
    pytest.skip(f"no link-local address on this machine ({sys.platform})")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["loopback", "link-local"])
def test_ipv6_is_reached_with_and_without_a_zone(kind: str, engine: EngineName) -> None:
    host = "::1" if kind == "loopback" else link_local()

    async def scenario() -> tuple[Fired, Target]:
        async with await answer_at(host, socket.AF_INET6) as server:
            target = resolve(f"http://[{host}]:{server.sockets[0].getsockname()[1]}/")
            expect = Expectation(body=f"Host: {target.authority}".encode())
            fired = await fire_at(target, ClosedLoad(2), expect=expect, limit=20, duration_s=20.0, engine=engine)
            return fired, target

    fired, target = asyncio.run(scenario())
    assert fired.measured.succeeded == 20
    assert "%" not in target.host
    assert ("%" in target.address) == (kind == "link-local")
