"""Whose certificates are trusted: the authorities that a TLS client of ours verifies servers against.

OpenSSL looks in places that were fixed where Python was built. A packaged app runs on systems that keep their
authorities elsewhere, or keep none: then every server would look like a forgery. So these are tried in order: what
`SSL_CERT_FILE` and `SSL_CERT_DIR` name, or else OpenSSL's own places (on Windows its certificate store as well); the
bundles of well-known systems; last, the authorities that Mozilla trusts, which ship with loadbench.
"""

from __future__ import annotations

import os
import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from loadbench_gui.errors import UserError

FILE_VARIABLE: Final = "SSL_CERT_FILE"
FOLDER_VARIABLE: Final = "SSL_CERT_DIR"

BUNDLES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # Fedora, RHEL
    "/etc/pki/tls/certs/ca-bundle.crt",  # older Fedora and RHEL
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # Alpine, macOS, BSD
)

# In a folder OpenSSL finds a certificate by the hash of its subject, and sees no file of another name.
_HASHED: Final = re.compile(r"[0-9a-f]{8}\.\d+")


@dataclass(frozen=True, slots=True)
class Authorities:
    """Where the authorities are from, in words.

    problem: what was asked for and could not be had, "" where there is none.
    """

    source: str
    problem: str = ""

    def __str__(self) -> str:
        return f"{self.source}; {self.problem}" if self.problem else self.source


def client_context(
    *, insecure: bool = False, ca_file: str = "", cert_file: str = "", key_file: str = ""
) -> ssl.SSLContext:
    """Return a context for a TLS client: servers are verified against the authorities unless `insecure`.

    ca_file: authorities that take the place of the system's. cert_file, key_file: the client's own certificate and its
    key, which may be in the same file. All in PEM. Raises `UserError` for a file that cannot be used.
    Reading the authorities takes tens of milliseconds: make one and keep it.
    """
    if ca_file:
        context = _trusting(ca_file)
    elif insecure:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    else:
        context = ssl.create_default_context()
        if not _has_any(context):
            _fall_back(context)
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if cert_file:
        _show(context, cert_file, key_file or cert_file)
    elif key_file:
        raise UserError(f"the key {key_file} comes without a certificate", "Name the client certificate it belongs to.")
    return context


def authorities() -> Authorities:
    """Return where the authorities of `client_context` are from, here and now."""
    context = ssl.create_default_context()
    if _has_any(context):
        # A context that has some from neither file nor folder has them from the store of Windows.
        places = [place for place in (_file(), *_folders()) if _holds_some(place)]
        source = ", ".join(places) or "the certificate store of the system"
    else:
        source = _fall_back(context)
    return Authorities(source, "; ".join(_unheard()))


def _fall_back(context: ssl.SSLContext) -> str:
    """Give `context` the authorities of the first bundle there is; return which that was."""
    for bundle in BUNDLES:
        if _load(context, bundle):
            return bundle
    # Imported only here: a worker starts lean.
    import certifi

    context.load_verify_locations(certifi.where())
    return "the list that ships with loadbench, because this system has none where it was looked for"


def _has_any(context: ssl.SSLContext) -> bool:
    """Whether it can verify anything. A folder is read once a server shows its certificate, so what is in it counts."""
    return context.cert_store_stats()["x509"] > 0 or any(_holds_some(folder) for folder in _folders())


def _file() -> str:
    return os.environ.get(FILE_VARIABLE, ssl.get_default_verify_paths().openssl_cafile)


def _folders() -> list[str]:
    named = os.environ.get(FOLDER_VARIABLE, ssl.get_default_verify_paths().openssl_capath)
    return [folder for folder in named.split(os.pathsep) if folder]


def _holds_some(place: str) -> bool:
    path = Path(place)
    try:
        if path.is_dir():
            return any(_HASHED.fullmatch(entry.name) for entry in path.iterdir())
    except OSError:
        return False
    return _load(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), place)


def _load(context: ssl.SSLContext, file: str) -> bool:
    try:
        context.load_verify_locations(file)
    except OSError:  # an SSLError is one as well: not a certificate
        return False
    return True


def _unheard() -> list[str]:
    """Return what the two variables name in vain: OpenSSL itself passes over that in silence."""
    named = [(FILE_VARIABLE, _file()), *((FOLDER_VARIABLE, folder) for folder in _folders())]
    return [
        f"{variable} names {place or 'nothing'}, where no certificate can be read"
        for variable, place in named
        if variable in os.environ and not _holds_some(place)
    ]


def _trusting(ca_file: str) -> ssl.SSLContext:
    """Return a context that trusts the authorities in `ca_file` and no others."""
    _expect(ca_file, b"CERTIFICATE-----", "certificate", "the file of authorities")
    try:
        return ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError as error:
        raise _damaged("the file of authorities", ca_file, error) from None


def _show(context: ssl.SSLContext, cert_file: str, key_file: str) -> None:
    """Let `context` show the client's own certificate to a server that asks for one."""
    _expect(cert_file, b"CERTIFICATE-----", "certificate", "the client certificate")
    _expect(key_file, b"PRIVATE KEY-----", "private key", "the client's key")

    def ask() -> str:
        raise UserError(
            f"the client's key {key_file} is encrypted",
            f"Give one that is not: openssl pkey -in {key_file} -out plain-key.pem",
        )

    try:
        context.load_cert_chain(cert_file, key_file, ask)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise UserError(
                f"the key {key_file} does not belong to the client certificate {cert_file}",
                "Name the key it came with.",
            ) from None
        raise _damaged("the client certificate", f"{cert_file} with the key {key_file}", error) from None


def _expect(file: str, mark: bytes, thing: str, what: str) -> None:
    """Raise `UserError` unless `file` can be read and holds a `thing` in PEM, as its `mark` shows."""
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise UserError(f"{what} {file} cannot be read: {error.strerror}", "Check its path and permissions.") from None
    if mark not in content:
        raise UserError(f"{what} {file} holds no {thing} in PEM", f"It has a line that ends in {mark.decode()}.")


def _damaged(what: str, file: str, error: ssl.SSLError) -> UserError:
    reason = (error.reason or str(error)).replace("_", " ").lower()
    return UserError(f"{what} {file} is damaged: {reason}", "Look at it with: openssl x509 -noout -text -in FILE")
