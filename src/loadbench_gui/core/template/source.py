"""Where a shard's requests come from: which of the workload's requests is next, and its bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from loadbench_gui.core.plan import Target, Workload
from loadbench_gui.core.request import Expectation, Header, Request
from loadbench_gui.core.template import draws, head
from loadbench_gui.core.template.draws import Ints
from loadbench_gui.core.template.inputs import NO_INPUTS, Inputs, Rows
from loadbench_gui.core.template.parsed import Parts, parse_request
from loadbench_gui.core.template.sequence import sequence
from loadbench_gui.core.template.text import (
    Encode,
    Text,
    compiled,
    in_body,
    in_head,
    in_header,
    in_json,
    in_path,
    plain,
)  # fmt: skip
from loadbench_gui.errors import Bug


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a connection has to know of one request of the workload.

    wire: the whole request when it never varies, else None. It ends with the body, or with the head where the body is
    streamed. head_only: the answer has no body. idempotent: may be sent again when a kept connection turns out closed.
    body_file: streamed after the head, `body_file_bytes` of it; "" for none.
    expects_continue: it carries `Expect: 100-continue`.
    """

    wire: bytes | None
    head_only: bool
    idempotent: bool
    expect: Expectation
    body_file: str = ""
    body_file_bytes: int = 0
    expects_continue: bool = False


class RequestSource:
    """The requests index, index + count, ... of a load as bytes: one object per shard.

    requests: one per request of the workload, in its order. is_constant: there is one, and it never varies.
    next: returns which of `requests` this shard's next one is, and its bytes. It never ends.
    Memory does not grow with the number of requests.
    """

    __slots__ = ("is_constant", "next", "requests")

    next: Callable[[], tuple[int, bytes]]

    def __init__(
        self,
        workload: Workload,
        target: Target,
        seed: int,
        index: int = 0,
        count: int = 1,
        inputs: Inputs = NO_INPUTS,
        always: tuple[Header, ...] = (),
    ) -> None:
        """Take the workload apart.

        always: literal headers for every request that does not name them itself.
        Raises `TemplateError` for what is wrong with a placeholder.
        """
        parts = _parts(workload, seed, inputs)
        texts = tuple(_wire(part, target.authority, always, inputs) for part in parts)
        self.requests = tuple(
            _compiled(part.request, text, workload, inputs) for part, text in zip(parts, texts, strict=True)
        )
        self.is_constant = len(parts) == 1 and self.requests[0].wire is not None
        self.next = sequence(texts, _weights(workload), seed, index, count).__next__


def rendered(
    workload: Workload, seed: int, index: int = 0, count: int = 1, inputs: Inputs = NO_INPUTS
) -> Iterator[tuple[int, Request]]:
    """Yield the same sequence as concrete requests, for a client that writes the bytes itself. It never ends.

    Only the headers that the workload names are in them. Raises `TemplateError` like `RequestSource`.
    """
    series = [_Concrete(part) for part in _parts(workload, seed, inputs)]
    return sequence(series, _weights(workload), seed, index, count)


def first_requests(workload: Workload, inputs: Inputs = NO_INPUTS, seed: int = 0) -> tuple[Request, ...]:
    """Return every request of the workload as its first would be: concrete, to be sent as it is.

    `deploy.verify` asks with these before the load. Raises `TemplateError` for all that `RequestSource` would.
    """
    start = np.zeros(1, np.int64)
    return tuple(next(_Concrete(part).at(start)) for part in _parts(workload, seed, inputs))


def _weights(workload: Workload) -> list[float]:
    return [request.weight for request in workload.requests]


@dataclass(frozen=True, slots=True)
class _Parts:
    """A request whose path, header values and body are taken apart."""

    request: Request
    path: Text
    headers: tuple[tuple[str, Text], ...]
    body: Text


def _parts(workload: Workload, seed: int, inputs: Inputs) -> tuple[_Parts, ...]:
    return tuple(_taken_apart(one, seed, number, inputs.rows) for number, one in enumerate(workload.requests))


def _taken_apart(request: Request, seed: int, number: int, rows: Rows) -> _Parts:
    def text(parts: Parts, place: int, literal: Encode, value: Encode) -> Text:
        return compiled(parts, literal, value, draws.stream_key(seed, number, place), rows)

    parsed = parse_request(request)
    value = in_json if head.is_json(request) else in_body
    body = plain(parsed.body) if isinstance(parsed.body, bytes) else text(parsed.body, 1, in_body, value)
    names = [name for name, _ in request.headers]
    values = [text(parts, place, in_head, in_header) for place, parts in enumerate(parsed.headers, 2)]
    return _Parts(request, text(parsed.path, 0, in_head, in_path), tuple(zip(names, values, strict=True)), body)


@dataclass(frozen=True, slots=True)
class _Concrete:
    """One request as values."""

    parts: _Parts

    @property
    def literal(self) -> None:
        """What varies is not looked into: the client costs far more."""

    def at(self, places: Ints) -> Iterator[Request]:
        """Yield it for each of `places`."""
        parts = self.parts
        columns = [value.at(places) for _, value in parts.headers]
        names = [name for name, _ in parts.headers]
        for path, body, *values in zip(parts.path.at(places), parts.body.at(places), *columns, strict=True):
            headers = tuple((name, value.decode("latin-1")) for name, value in zip(names, values, strict=True))
            yield replace(parts.request, path=path.decode("latin-1"), headers=headers, body=body)


@dataclass(frozen=True, slots=True)
class _Framed:
    """A head that ends with `Content-Length: `, and a body of varying length."""

    head: Text
    body: Text

    @property
    def literal(self) -> None:
        """It varies."""

    def at(self, places: Ints) -> Iterator[bytes]:
        """Yield head, length and body for each of `places`."""
        for head_bytes, body in zip(self.head.at(places), self.body.at(places), strict=True):
            yield b"%b%d\r\n\r\n%b" % (head_bytes, len(body), body)


def _wire(parts: _Parts, authority: str, always: tuple[Header, ...], inputs: Inputs) -> Text | _Framed:
    request = parts.request
    before, after = head.added(request.headers, authority, always)
    text = plain(f"{request.method} ") + parts.path + plain(" HTTP/1.1\r\n") + _lines(before)
    for name, value in parts.headers:
        text += plain(f"{name}: ") + value + plain("\r\n")
    text += _lines(after)
    if head.needs_length(request):
        text += plain("Content-Length: ")
        if parts.body.varies:
            return _Framed(text, parts.body)
        text += plain(f"{_body_bytes(parts, inputs)}\r\n")
    return text + plain("\r\n") + parts.body


def _lines(headers: tuple[Header, ...]) -> Text:
    return plain("".join(f"{name}: {value}\r\n" for name, value in headers))


def _body_bytes(parts: _Parts, inputs: Inputs) -> int:
    return _file_bytes(parts.request, inputs) if parts.request.body_file else len(parts.body.literal or b"")


def _file_bytes(request: Request, inputs: Inputs) -> int:
    if request.body_file and request.body_file not in inputs.body_bytes:
        raise Bug(f"nobody looked how large {request.body_file} is")
    return inputs.body_bytes.get(request.body_file, 0)


def _compiled(request: Request, text: Text | _Framed, workload: Workload, inputs: Inputs) -> Compiled:
    return Compiled(
        wire=text.literal,
        head_only=request.method.upper() == "HEAD",
        idempotent=head.is_idempotent(request),
        expect=workload.expect if request.expect is None else request.expect,
        body_file=request.body_file,
        body_file_bytes=_file_bytes(request, inputs),
        expects_continue=head.expects_continue(request),
    )
