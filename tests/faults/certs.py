"""An authority and the certificates it gave out, good and bad, made on the spot by the openssl program."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


@dataclass(frozen=True)
class Certificates:
    """What servers show. authority: whom clients are told to trust; it vouches for all but `self_signed`."""

    authority: Path
    good: ssl.SSLContext
    expired: ssl.SSLContext
    wrong_host: ssl.SSLContext
    self_signed: ssl.SSLContext


def make_certificates(folder: Path) -> Certificates:
    authority, key = folder / "authority.pem", folder / "authority.key"
    _openssl("req", "-x509", *_KEY, "-keyout", str(key), "-out", str(authority), "-subj", "/CN=Authority", "-days", "2")
    return Certificates(
        authority,
        good=_given(folder, "good", "localhost", 2),
        # A negative number of days is the only way to the past that every version of openssl knows.
        expired=_given(folder, "expired", "localhost", -1),
        wrong_host=_given(folder, "elsewhere", "elsewhere.test", 2),
        self_signed=_self_signed(folder),
    )


def _given(folder: Path, name: str, host: str, days: int) -> ssl.SSLContext:
    key, asked, cert, names = (folder / f"{name}.{end}" for end in ("key", "csr", "pem", "ext"))
    names.write_text(f"subjectAltName=DNS:{host}\n")
    _openssl("req", *_KEY, "-keyout", str(key), "-out", str(asked), "-subj", f"/CN={host}")
    by = ["-CA", str(folder / "authority.pem"), "-CAkey", str(folder / "authority.key"), "-CAcreateserial"]
    _openssl("x509", "-req", "-in", str(asked), *by, "-days", str(days), "-extfile", str(names), "-out", str(cert))
    return _server(cert, key)


def _self_signed(folder: Path) -> ssl.SSLContext:
    cert, key = folder / "self.pem", folder / "self.key"
    host = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    _openssl("req", "-x509", *_KEY, "-keyout", str(key), "-out", str(cert), *host, "-days", "2")
    return _server(cert, key)


def _server(cert: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


def _openssl(*words: str) -> None:
    program = shutil.which("openssl")
    if program is None:
        pytest.fail("openssl is needed to make certificates: packaging/system-packages.sh test")
    subprocess.run([program, *words], check=True, capture_output=True)
