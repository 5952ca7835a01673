"""What is sent and what counts as a right answer. Texts may hold placeholders: see `core.template`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Header: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Expectation:
    """What counts as success. `None` leaves a part unchecked.

    status: the exact status code; None accepts any below 400.
    body: bytes that the response body must contain.
    json: canonical JSON (`json.dumps(..., sort_keys=True, separators=(",", ":"))`) that the body must equal once
        parsed; checked before the load and on a sample during it, not on every response.
    """

    status: int | None = None
    body: bytes | None = None
    json: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it is written on the wire; the target supplies host and port.

    body_file: absolute path of a file that is streamed as the body, in place of `body`; "" for none.
    weight: how often it is drawn, relative to the other requests of its workload.
    expect: what counts as success for this request; None takes the workload's.
    """

    method: str = "GET"
    path: str = "/"
    headers: tuple[Header, ...] = ()
    body: bytes = b""
    body_file: str = ""
    weight: float = 1.0
    expect: Expectation | None = None
