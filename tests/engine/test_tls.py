"""HTTPS against a certificate that nobody vouches for: refused, unless verification was switched off."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from engine.servers import adds_up, fire_at, response, says, serving
from loadbench_gui.core.plan import ClosedLoad, EngineName
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.services.generator import Fired


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is needed to make a certificate")
    folder: Path = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
    files = ["-keyout", str(key), "-out", str(cert)]
    subprocess.run([*command, *subject, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


def fired_over_tls(certificate: ssl.SSLContext, *, insecure: bool, engine: EngineName) -> tuple[Fired, int]:
    async def scenario() -> tuple[Fired, int]:
        async with serving(says(response()), certificate) as server:
            target = replace(server.target, scheme="https", host="localhost")
            fired = await fire_at(
                target, ClosedLoad(2), requests_limit=6, duration_s=10.0, insecure=insecure, engine=engine
            )
            return fired, server.requests

    return asyncio.run(scenario())


@pytest.mark.parametrize("engine", ["in-app", "workers"])
def test_an_unknown_certificate_is_a_tls_error_and_nothing_is_sent(
    certificate: ssl.SSLContext, engine: EngineName
) -> None:
    fired, asked = fired_over_tls(certificate, insecure=False, engine=engine)
    assert adds_up(fired)
    assert fired.measured.errors == {ErrorKind.TLS: 6}
    assert asked == 0


@pytest.mark.parametrize("engine", ["in-app", "workers"])
def test_with_verification_off_requests_go_through(certificate: ssl.SSLContext, engine: EngineName) -> None:
    fired, asked = fired_over_tls(certificate, insecure=True, engine=engine)
    assert fired.measured.succeeded == asked == 6
    assert fired.traffic.opened == 2
