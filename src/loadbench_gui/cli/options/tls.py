"""Whom to trust and who to be: the options that make the TLS settings."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from loadbench_gui.cli.options import values

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
