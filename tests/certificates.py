"""Certificates for tests, made on the spot by the openssl program."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")


@dataclass(frozen=True)
class Certificate:
    """One for the name localhost that vouches for itself: whoever trusts it trusts the server that shows it."""

    path: Path
    server: ssl.SSLContext

    def speaking(self, *protocols: str) -> ssl.SSLContext:
        """A server that shows it and agrees on these protocols alone; on none where none is named."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path, self.path.with_name("key.pem"))
        if protocols:
            context.set_alpn_protocols(list(protocols))
        return context


def make_certificate(folder: Path) -> Certificate:
    key, cert = folder / "key.pem", folder / "cert.pem"
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2")
    _openssl("req", "-x509", *_NEW_KEY, "-nodes", *subject, "-keyout", key, "-out", cert)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return Certificate(cert, context)


@dataclass(frozen=True)
class Issued:
    """A certificate that an authority has signed, and its key."""

    cert: Path
    key: Path

    def server(self, clients: Path | None = None) -> ssl.SSLContext:
        """A server that shows it. clients: the authority whose certificate every client has to show."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        if clients is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(clients)
        return context

    def in_one_file(self) -> Path:
        """The certificate with its key behind it."""
        path = self.cert.with_suffix(".both.pem")
        path.write_bytes(self.cert.read_bytes() + self.key.read_bytes())
        return path

    def encrypted_key(self) -> Path:
        """The key, locked with a passphrase."""
        path = self.key.with_suffix(".locked.pem")
        _openssl("pkey", "-in", self.key, "-aes256", "-passout", "pass:secret", "-out", path)
        return path


@dataclass(frozen=True)
class Authority:
    """Whoever trusts its certificate trusts everything that it has signed."""

    folder: Path
    cert: Path
    key: Path

    def issue(self, name: str, names: str = "DNS:localhost", *, days: int = 2) -> Issued:
        """Sign a certificate. names: its subject alternative names; days: below 0 it has expired already."""
        key, request, cert = (self.folder / f"{name}.{end}" for end in ("key.pem", "csr", "pem"))
        subject = ("-subj", f"/CN={name}", "-addext", f"subjectAltName={names}")
        _openssl("req", *_NEW_KEY, "-nodes", *subject, "-keyout", key, "-out", request)
        signer = ("-CA", self.cert, "-CAkey", self.key, "-CAcreateserial", "-copy_extensions", "copyall")
        _openssl("x509", "-req", "-in", request, *signer, "-days", str(days), "-out", cert)
        return Issued(cert, key)


def make_authority(folder: Path, name: str = "authority") -> Authority:
    cert, key = folder / f"{name}.pem", folder / f"{name}.key.pem"
    _openssl("req", "-x509", *_NEW_KEY, "-nodes", "-subj", f"/CN={name}", "-days", "2", "-keyout", key, "-out", cert)
    return Authority(folder, cert, key)


def _openssl(*arguments: str | Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.fail("openssl is needed to make a certificate: packaging/system-packages.sh test")
    subprocess.run([openssl, *map(str, arguments)], check=True, capture_output=True)
