"""Versioned frames between a worker and the application: struct fields and packed histograms, nothing that executes.

    frame = magic "LB" | version u8 | type u8 | payload

All little-endian; `packing` writes what a snapshot holds. `decode` trusts nothing: whatever bytes arrive, it returns a
message or raises `WireError`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final, TypeAlias

from loadbench_gui.core.snapshot import ShardSnapshot
from loadbench_gui.engine.packing import Reader, pack_snapshot, read_snapshot
from loadbench_gui.errors import Bug

MAGIC: Final = b"LB"
VERSION: Final = 5
LONGEST_FRAME: Final = 32 << 20

_HEAD: Final = struct.Struct("<2sBB")


class WireError(Bug):
    """The other end sent bytes that are not a frame of this version."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Worker: connections are open, waiting for the start."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Worker: so many connections were opened so far; more are on their way."""

    opened: int


@dataclass(frozen=True, slots=True)
class Finished:
    """Worker: the last snapshot was sent. last_ns: when the last request ended."""

    last_ns: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Worker: it cannot go on, and why."""

    text: str


@dataclass(frozen=True, slots=True)
class Begin:
    """Application: fire from `start_ns` (perf_counter_ns) on."""

    start_ns: int


@dataclass(frozen=True, slots=True)
class Halt:
    """Application: stop drawing requests and finish; throughput counts what was answered before `at_ns`."""

    at_ns: int


Message: TypeAlias = Ready | Opening | Finished | Fault | Begin | Halt | ShardSnapshot
_READY, _FINISHED, _FAULT, _BEGIN, _HALT, _REPORT, _OPENING = range(1, 8)


def encode(message: Message) -> bytes:
    """Return the frame for `message`."""
    match message:
        case Ready():
            return _frame(_READY)
        case Opening(opened):
            return _frame(_OPENING, struct.pack("<Q", opened))
        case Finished(last_ns):
            return _frame(_FINISHED, struct.pack("<Q", last_ns))
        case Fault(text):
            return _frame(_FAULT, text.encode())
        case Begin(start_ns):
            return _frame(_BEGIN, struct.pack("<Q", start_ns))
        case Halt(at_ns):
            return _frame(_HALT, struct.pack("<Q", at_ns))
        case ShardSnapshot():
            return _frame(_REPORT, pack_snapshot(message))


def decode(data: bytes) -> Message:
    """Return the message in a frame. Raises `WireError` for anything that `encode` did not write."""
    if len(data) < _HEAD.size or len(data) > LONGEST_FRAME:
        raise WireError(f"a worker's frame cannot have {len(data)} bytes")
    magic, version, kind = _HEAD.unpack_from(data)
    if magic != MAGIC or version != VERSION:
        raise WireError(f"not a frame of version {VERSION}: it starts with {data[:4]!r}")
    reader = Reader(data, _HEAD.size)
    try:
        message = _read(kind, reader)
        reader.must_be_at_end()
    except (struct.error, ValueError, OverflowError) as problem:
        raise WireError(f"a damaged frame of type {kind}: {problem}") from problem
    return message


def _read(kind: int, reader: Reader) -> Message:
    match kind:
        case 1:
            return Ready()
        case 2:
            return Finished(reader.u64())
        case 3:
            return Fault(reader.rest().decode())
        case 4:
            return Begin(reader.u64())
        case 5:
            return Halt(reader.u64())
        case 6:
            return read_snapshot(reader)
        case 7:
            return Opening(reader.u64())
        case _:
            raise WireError(f"frames of type {kind} do not exist in version {VERSION}")


def _frame(kind: int, payload: bytes = b"") -> bytes:
    return _HEAD.pack(MAGIC, VERSION, kind) + payload
