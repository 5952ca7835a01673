"""What a server answered to the one question before a load, as a value."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

BODY_LIMIT_BYTES: Final = 8 * 1024 * 1024
BODY_START_CHARS: Final = 512
SHOWN_CHARS: Final = 120

Mask: TypeAlias = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. problem: "" when it is as expected, else what is wrong, in words.

    digest: SHA-256 of what is compared: JSON in canonical form, anything else byte for byte. Of a stream, of its events
        without what only identifies them; of one that has no end, of what its first event looks like.
    complete: all of it was read (an endless stream is cut off by size or time).
    """

    status: int
    content_type: str
    digest: str
    body_start: str
    headers: tuple[tuple[str, str], ...]
    body_bytes: int = 0
    complete: bool = True
    problem: str = ""

    @property
    def ok(self) -> bool:
        """Whether it is what was expected."""
        return not self.problem


def canonical_json(body: bytes) -> str | None:
    """Return JSON in the one form in which it is compared, or None when it is not JSON."""
    try:
        return json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"))
    except (ValueError, RecursionError):
        return None


def digest_of(*parts: bytes) -> str:
    """Return the SHA-256 of parts, each set apart from the next."""
    found = hashlib.sha256()
    for part in parts:
        found.update(b"%d:" % len(part))
        found.update(part)
    return found.hexdigest()


def shape_of(message: bytes) -> bytes:
    """Return what a message looks like whatever it says: the keys and types of its JSON, or that it has none.

    What a server sends of its own accord differs from one moment to the next; two deployments are alike when the
    messages have the same form.
    """
    try:
        found = json.loads(message)
    except (ValueError, RecursionError):
        return b"no JSON"
    return json.dumps(_shape(found), sort_keys=True).encode()


def _shape(value: Any) -> Any:
    match value:
        case dict():
            return {key: _shape(item) for key, item in value.items()}
        case list():
            return [_shape(value[0])] if value else []
        case bool() | None:
            return "boolean or null"
        case int() | float():
            return "number"
        case _:
            return "text"


def shown(body: bytes) -> str:
    """Return the beginning of a body as a message quotes it; secret values are to be masked before."""
    text = body[:SHOWN_CHARS].decode(errors="replace")
    return repr(text) + (" ..." if len(body) > SHOWN_CHARS else "") if body else "empty"


def masked(text: str, mask: Mask) -> str:
    """Return a header's text without secret values."""
    return mask(text.encode("latin-1", "replace")).decode("latin-1")
