"""HTTPS: a certificate that nobody vouches for is refused, unless its authority is named or verification is off."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from certificates import Certificate, make_certificate
from engine.servers import adds_up, fire_at, response, says, serving
from loadbench_gui.core.plan import ClosedLoad, EngineName
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.services.generator import Fired


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def fired_over_tls(certificate: Certificate, *, insecure: bool, engine: EngineName) -> tuple[Fired, int]:
    async def scenario() -> tuple[Fired, int]:
        async with serving(says(response()), certificate.server) as server:
            target = replace(server.target, scheme="https", host="localhost")
            fired = await fire_at(
                target, ClosedLoad(2), requests_limit=6, duration_s=10.0, insecure=insecure, engine=engine
            )
            return fired, server.requests

    return asyncio.run(scenario())


@pytest.mark.parametrize("engine", ["in-app", "workers"])
def test_an_unknown_certificate_is_a_tls_error_and_nothing_is_sent(
    certificate: Certificate, engine: EngineName
) -> None:
    fired, asked = fired_over_tls(certificate, insecure=False, engine=engine)
    assert adds_up(fired)
    assert fired.measured.errors == {ErrorKind.TLS: 6}
    assert asked == 0


@pytest.mark.parametrize("engine", ["in-app", "workers"])
def test_with_its_authority_named_requests_go_through(
    certificate: Certificate, engine: EngineName, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    fired, asked = fired_over_tls(certificate, insecure=False, engine=engine)
    assert fired.measured.succeeded == asked == 6


@pytest.mark.parametrize("engine", ["in-app", "workers"])
def test_with_verification_off_requests_go_through(certificate: Certificate, engine: EngineName) -> None:
    fired, asked = fired_over_tls(certificate, insecure=True, engine=engine)
    assert fired.measured.succeeded == asked == 6
    assert fired.traffic.opened == 2
