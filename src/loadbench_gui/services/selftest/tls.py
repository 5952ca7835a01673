"""TLS: certificates of authorities are found, and whom nobody vouches for is refused."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from loadbench_gui import trust
from loadbench_gui.assets import asset_dir
from loadbench_gui.core.plan import ClosedLoad
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.deploy.threads import in_thread
from loadbench_gui.errors import EnvironmentFault
from loadbench_gui.services.selftest.loopback import serving
from loadbench_gui.services.selftest.outcome import require
from loadbench_gui.services.selftest.scratch import Scratch
from loadbench_gui.services.selftest.traffic import counts_agree, fired_at

REQUESTS: Final = 4


async def authorities(_: Scratch) -> str:
    """Load the authorities that https targets are verified with."""
    found = await in_thread(trust.authorities)
    context = await in_thread(trust.client_context)
    require(context.verify_mode is ssl.CERT_REQUIRED and context.check_hostname, "https targets would not be verified")
    return f"{found}; {' '.join(ssl.OPENSSL_VERSION.split()[:2])}"


async def encrypted_traffic(_: Scratch) -> str:
    """Fire at an HTTPS server whose certificate nobody vouches for; then take it for granted; then vouch for it."""
    certificate, key = (
        asset_dir("resources") / "selftest" / f"localhost-{name}.pem" for name in ("certificate", "key")
    )
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        served.load_cert_chain(certificate, key)
    except OSError as problem:
        raise EnvironmentFault(
            f"the test certificate that ships with loadbench cannot be read: {problem}", "Reinstall loadbench."
        ) from problem
    with _without_reports(asyncio.get_running_loop()):
        await _refused(served)
        await _answered(served, insecure=True)
        with _vouched_for(certificate):
            await _answered(served, insecure=False)
    return "an unknown certificate is refused, accepted with --insecure or when vouched for"


async def _refused(served: ssl.SSLContext) -> None:
    async with serving(served) as server:
        fired = await fired_at(server.target(tls=True), ClosedLoad(2), engine="in-app", requests_limit=REQUESTS)
    require(
        dict(fired.measured.errors) == {ErrorKind.TLS: REQUESTS} and server.requests == 0,
        f"a certificate that nobody vouches for was not refused: {fired.measured.succeeded} requests succeeded, "
        f"errors {dict(fired.measured.errors)}",
    )


async def _answered(served: ssl.SSLContext, *, insecure: bool) -> None:
    async with serving(served) as server:
        fired = await fired_at(
            server.target(tls=True), ClosedLoad(2), engine="in-app", requests_limit=REQUESTS, insecure=insecure
        )
    counts_agree(fired, server, REQUESTS)


@contextmanager
def _vouched_for(certificate: Path) -> Iterator[None]:
    """Let OpenSSL find our certificate where it looks for authorities."""
    before = os.environ.get(trust.FILE_VARIABLE)
    os.environ[trust.FILE_VARIABLE] = str(certificate)
    try:
        yield
    finally:
        if before is None:
            del os.environ[trust.FILE_VARIABLE]
        else:
            os.environ[trust.FILE_VARIABLE] = before


@contextmanager
def _without_reports(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Handshakes fail here on purpose; the loop would report each of them."""
    before = loop.get_exception_handler()

    def heed(asking: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        if not isinstance(context.get("exception"), ssl.SSLError | ConnectionError):
            asking.default_exception_handler(context)

    loop.set_exception_handler(heed)
    try:
        yield
    finally:
        loop.set_exception_handler(before)
