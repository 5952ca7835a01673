"""Values <-> the two columns that hold them: readable JSON, and compressed bytes for the histograms.

Nothing is ever unpickled: a history file is data, also when it came by mail.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Final, TypeVar

from loadbench_gui.store.structure import shape_of

T = TypeVar("T")

CODEC_VERSION: Final = 1
"""Rises when old records need more than defaults to be read; `unpack` then learns how."""

_FAST: Final = 1
"""zlib level: most of the gain (counts are mostly zero bytes) at a tenth of the default's CPU time."""

NO_BLOBS: Final = zlib.compress(b"", _FAST)


class RecordError(ValueError):
    """A stored record cannot be read: damaged, or written by a newer loadbench."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A value as it is stored. structure: JSON text. blobs: zlib-compressed histograms and bytes."""

    structure: str
    blobs: bytes = NO_BLOBS


def pack(value: object) -> Packed:
    """Encode a frozen dataclass of core. Raises `TypeError` for a field type without a rule."""
    pool = bytearray()
    tree = shape_of(type(value)).encode(value, pool)
    text = json.dumps({"codec": CODEC_VERSION, "value": tree}, separators=(",", ":"), ensure_ascii=False)
    return Packed(text, zlib.compress(bytes(pool), _FAST))


def unpack(kind: type[T], packed: Packed) -> T:
    """Decode a `kind` from what `pack` wrote. Raises `RecordError`."""
    try:
        document = json.loads(packed.structure)
        codec = document["codec"]
        value = None
        if codec <= CODEC_VERSION:
            value = shape_of(kind).decode(document["value"], zlib.decompress(packed.blobs))
    except (ValueError, TypeError, KeyError, AttributeError, zlib.error) as error:
        raise RecordError(f"not a readable {kind.__name__}: {error}") from error
    if not isinstance(value, kind):
        raise RecordError(f"it was written in codec {codec}, newer than {CODEC_VERSION}")
    return value
