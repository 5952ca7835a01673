"""Settings of the generator that only make sense together: who can do what, and who logs in with what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from loadbench_gui.profile.files import certificate_checks, file_checks
from loadbench_gui.profile.problems import KeyPath
from loadbench_gui.profile.wording import Finding

_ONLY_HTTPX = ("http2", "proxy", "redirects", "cookies")
_HERE: KeyPath = ("generator",)


def client_checks(generator: Mapping[str, Any], base: Path | None) -> Iterator[Finding]:
    """Yield what is wrong between the keys of `[generator]`."""
    if generator.get("client", "fast") == "fast":
        yield from _beyond_fast(generator)
    yield from _login(generator)
    if generator.get("insecure") is True and "ca_file" in generator:
        hint = "Leave out insecure, and the authorities in that file are what is trusted."
        yield Finding((*_HERE, "ca_file"), "has no effect where any certificate is accepted", hint)
    if base is not None:
        for key in ("ca_file", "cert_file", "key_file"):
            yield from file_checks(_HERE, generator, key, base)
        yield from certificate_checks(_HERE, generator, base)


def _beyond_fast(generator: Mapping[str, Any]) -> Iterator[Finding]:
    for key in _ONLY_HTTPX:
        if generator.get(key):
            yield Finding((*_HERE, key), "is beyond the fast client", 'Add client = "httpx".')
    if generator.get("auth") == "digest":
        hint = 'Add client = "httpx", or write auth = "basic".'
        yield Finding((*_HERE, "auth"), "digest is beyond the fast client", hint)


def _login(generator: Mapping[str, Any]) -> Iterator[Finding]:
    logs_in = generator.get("auth", "none") != "none"
    if logs_in and "credentials" not in generator:
        yield Finding((*_HERE, "auth"), "needs credentials", 'Add credentials = "user:${env:PASSWORD}".')
    if "credentials" in generator and not logs_in:
        yield Finding((*_HERE, "credentials"), "are not used", 'Add auth = "basic" or auth = "digest".')
