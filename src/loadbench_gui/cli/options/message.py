"""What is sent and what must come back: the options that make the requests of the workload."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Final, TypeAlias

import typer

from loadbench_gui.cli.options import values
from loadbench_gui.cli.options.address import encoded
from loadbench_gui.core.request import Expectation, Header, Request
from loadbench_gui.errors import UserError


def further(text: str) -> Request:
    """Parse `WEIGHT METHOD PATH`, as in `0.5 GET /orders?limit=20`."""
    weight, method, path = (*text.split(maxsplit=2), "", "", "")[:3]
    try:
        share = float(weight)
    except ValueError:
        share = 0.0
    if not 0 < share < float("inf") or not path.startswith("/"):
        raise typer.BadParameter(f"{text!r} is no request; write it as 'WEIGHT METHOD PATH', as in '2 GET /orders'.")
    return Request(values.method(method), encoded(path), weight=share)


Method: TypeAlias = Annotated[
    str, typer.Option("-m", "--method", parser=values.method, metavar="METHOD", help="The request's method.")
]
COMPRESSED: Final = ("Accept-Encoding", "gzip")
"""What `--gzip` asks with."""

Headers: TypeAlias = Annotated[
    list[str] | None, typer.Option("-H", "--header", metavar="'NAME: VALUE'", help="A header to send.")
]
Body: TypeAlias = Annotated[
    bytes | None,
    typer.Option("--body", parser=values.body, metavar="TEXT|@FILE", help="What to send as the body."),
]
BodyFile: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--body-file", parser=values.readable_file, metavar="FILE",
        help="Stream this file as the body of each request, however large; it is sent as it is.",
    ),
]  # fmt: skip
Also: TypeAlias = Annotated[
    list[Request] | None,
    typer.Option(
        "--also", parser=further, metavar="'WEIGHT METHOD PATH'",
        help="Mix in another request, drawn WEIGHT times as often as the URL's; same headers, no body.",
    ),
]  # fmt: skip
DataFile: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--data", parser=values.readable_file, metavar="FILE", help="A CSV file that ${row:COLUMN} takes values from."
    ),
]
Gzip: TypeAlias = Annotated[bool, typer.Option("--gzip", help="Ask for compressed answers.")]
ExpectStatus: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--expect-status", parser=values.whole(100, 599), metavar="CODE", help="Any other status is a failure."
    ),
]
ExpectBody: TypeAlias = Annotated[
    str | None, typer.Option("--expect-body", metavar="TEXT", help="Text each body must contain.")
]


def first(
    method: str,
    path: str,
    headers: Sequence[Header],
    body: bytes | None,
    body_file: str,
    *,
    more: Sequence[Header] = (),
) -> Request:
    """Return the request that the URL stands for; more: headers for where none of that name is given.

    Raises `UserError` for two bodies.
    """
    if body is not None and body_file:
        raise UserError("--body and --body-file both give a body: only one can be sent", "Leave one of them out.")
    given = {name.casefold() for name, _ in headers}
    added = (header for header in more if header[0].casefold() not in given)
    return Request(method, path, (*headers, *added), body or b"", body_file)


def others(also: Sequence[Request], headers: Sequence[Header]) -> tuple[Request, ...]:
    """Return the further requests, with the headers that all requests have in common."""
    about_the_body = ("content-type", "content-length", "content-encoding", "transfer-encoding", "expect")
    common = tuple((name, value) for name, value in headers if name.casefold() not in about_the_body)
    return tuple(replace(request, headers=common) for request in also)


def expectation(status: int | None, body: str | None) -> Expectation:
    """Return what counts as success."""
    return Expectation(status, body.encode() if body is not None else None)
