"""A request with its texts taken apart into literal parts and placeholders; nothing is bytes yet."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from loadbench_gui.core.request import Request
from loadbench_gui.core.template.head import is_json
from loadbench_gui.core.template.syntax import Choice, FromRow, Placeholder, parse

Parts: TypeAlias = tuple[str | Placeholder, ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """The parts of a request that may vary.

    headers: one text per header of the request, in its order. body: the bytes as they are where nothing varies.
    """

    path: Parts
    headers: tuple[Parts, ...]
    body: Parts | bytes

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the data file that it takes values from."""
        texts = (self.path, *self.headers, () if isinstance(self.body, bytes) else self.body)
        return tuple(part.column for text in texts for part in text if isinstance(part, FromRow))


def parse_request(request: Request) -> Parsed:
    """Take `request` apart. Raises `TemplateError`."""
    headers = tuple(parse(value) for _, value in request.headers)
    return Parsed(parse(request.path), headers, _body(request))


def columns_of(requests: Iterable[Request]) -> tuple[str, ...]:
    """Return the columns that the placeholders of `requests` name, in order of first use. Raises `TemplateError`."""
    return tuple(dict.fromkeys(column for one in requests for column in parse_request(one).columns))


def _body(request: Request) -> Parts | bytes:
    if b"${" not in request.body:
        return request.body
    parts = parse(request.body.decode("utf-8", "surrogateescape"))
    return tuple(_unquoted(part) for part in parts) if is_json(request) else parts


def _unquoted(part: str | Placeholder) -> str | Placeholder:
    """Undo within a placeholder what JSON did to quotes and backslashes when the body was written."""
    match part:
        case Choice(options):
            return replace(part, options=tuple(_from_json(option) for option in options))
        case FromRow(column):
            return replace(part, column=_from_json(column))
        case _:
            return part


def _from_json(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text
