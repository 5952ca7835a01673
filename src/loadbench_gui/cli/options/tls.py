"""Whom to trust and who to be: the options that make the TLS settings, tried before anything is sent."""

from __future__ import annotations

import ssl
from typing import Annotated, Final, TypeAlias

import typer

from loadbench_gui.cli.options import values
from loadbench_gui.core.plan import Tls
from loadbench_gui.errors import UserError

PEM_HINT: Final = "Give it in PEM: text that starts with -----BEGIN."

Insecure: TypeAlias = Annotated[bool, typer.Option("--insecure", help="Do not verify the server's certificate.")]
CaFile: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--cacert", parser=values.readable_file, metavar="FILE",
        help="Trust the authorities in this PEM file, in place of the system's.",
    ),
]  # fmt: skip
CertFile: TypeAlias = Annotated[
    str | None,
    typer.Option("--cert", parser=values.readable_file, metavar="FILE", help="The client's own certificate, in PEM."),
]
KeyFile: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--key", parser=values.readable_file, metavar="FILE", help="Its key in PEM, where it is not in the same file."
    ),
]
ServerName: TypeAlias = Annotated[
    str | None,
    typer.Option("--sni", metavar="NAME", help="The name to ask for and to verify, in place of the URL's."),
]


def settings(insecure: bool, ca_file: str, cert_file: str, key_file: str, server_name: str) -> Tls:
    """Return the TLS settings. Raises `UserError` for a file that OpenSSL cannot use."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_file:
        _try_authorities(context, ca_file)
    if key_file and not cert_file:
        raise UserError("--key is the key of a certificate, and there is none", "Give the certificate with --cert.")
    if cert_file:
        _try_certificate(context, cert_file, key_file)
    return Tls(insecure, ca_file, cert_file, key_file, server_name)


def _try_authorities(context: ssl.SSLContext, ca_file: str) -> None:
    try:
        context.load_verify_locations(ca_file)
    except ssl.SSLError:
        raise UserError(f"there is no certificate in {ca_file}", PEM_HINT) from None


def _try_certificate(context: ssl.SSLContext, cert_file: str, key_file: str) -> None:
    asked: list[bool] = []

    def passphrase() -> str:
        asked.append(True)
        return ""

    try:
        context.load_cert_chain(cert_file, key_file or None, passphrase)
    except (ssl.SSLError, ValueError) as problem:
        if asked:
            message = f"the key in {key_file or cert_file} is locked with a passphrase"
            raise UserError(message, "Nobody is there to type it: openssl pkey -in KEY -out UNLOCKED") from None
        if isinstance(problem, ssl.SSLError) and problem.reason == "KEY_VALUES_MISMATCH":
            raise UserError(f"the key in {key_file or cert_file} is not that of {cert_file}", "Give its own.") from None
        both = f"{cert_file} and {key_file} are" if key_file else f"{cert_file} is"
        raise UserError(f"{both} not a certificate with its key", f"{PEM_HINT} The key may be in --key FILE.") from None
