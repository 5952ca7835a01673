"""Versioned frames between a worker and the application: struct fields and packed histograms, nothing that executes.

    frame     = magic "LB" | version u8 | type u8 | payload
    histogram = length u32 | Histogram.to_bytes
    table     = entries u16 | (key, count u64)...

All little-endian. `decode` trusts nothing: whatever bytes arrive, it returns a message or raises `WireError`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import numpy as np

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.snapshot import ErrorKind, SampleExchange, ShardSnapshot, Tally, Traffic, WorkerHealth
from loadbench_gui.errors import Bug

MAGIC: Final = b"LB"
VERSION: Final = 2
LONGEST_FRAME: Final = 32 << 20

_HEAD: Final = struct.Struct("<2sBB")
_COUNTS: Final = struct.Struct("<6Q")
_TRAFFIC: Final = struct.Struct("<8Q")
_SNAPSHOT: Final = struct.Struct("<IIB")
_HEALTH: Final = struct.Struct("<4d")
_PORT: Final = struct.Struct("<HQ")
_UNKNOWN: Final = -1.0
"""Stands for a time that the system does not tell."""
_HISTOGRAMS: Final = (
    "service",
    "scheduled",
    "dispatch_lag",
    "connection_wait",
    "first_byte",
    "download",
    "censored_at",
)


class WireError(Bug):
    """The other end sent bytes that are not a frame of this version."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Worker: connections are open, waiting for the start."""


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


Message: TypeAlias = Ready | Finished | Fault | Begin | Halt | ShardSnapshot
_READY, _FINISHED, _FAULT, _BEGIN, _HALT, _REPORT = range(1, 7)


def encode(message: Message) -> bytes:
    """Return the frame for `message`."""
    match message:
        case Ready():
            return _frame(_READY)
        case Finished(last_ns):
            return _frame(_FINISHED, struct.pack("<Q", last_ns))
        case Fault(text):
            return _frame(_FAULT, text.encode())
        case Begin(start_ns):
            return _frame(_BEGIN, struct.pack("<Q", start_ns))
        case Halt(at_ns):
            return _frame(_HALT, struct.pack("<Q", at_ns))
        case ShardSnapshot():
            return _frame(_REPORT, _pack_snapshot(message))


def decode(data: bytes) -> Message:
    """Return the message in a frame. Raises `WireError` for anything that `encode` did not write."""
    if len(data) < _HEAD.size or len(data) > LONGEST_FRAME:
        raise WireError(f"a worker's frame cannot have {len(data)} bytes")
    magic, version, kind = _HEAD.unpack_from(data)
    if magic != MAGIC or version != VERSION:
        raise WireError(f"not a frame of version {VERSION}: it starts with {data[:4]!r}")
    reader = _Reader(data, _HEAD.size)
    try:
        message = _read(kind, reader)
    except (struct.error, ValueError, OverflowError) as problem:
        raise WireError(f"a damaged frame of type {kind}: {problem}") from problem
    reader.must_be_at_end()
    return message


def _read(kind: int, reader: _Reader) -> Message:
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
            return _read_snapshot(reader)
        case _:
            raise WireError(f"frames of type {kind} do not exist in version {VERSION}")


def _frame(kind: int, payload: bytes = b"") -> bytes:
    return _HEAD.pack(MAGIC, VERSION, kind) + payload


def _block(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def _pack_snapshot(snapshot: ShardSnapshot) -> bytes:
    traffic, health = snapshot.traffic, snapshot.health
    parts = [
        _SNAPSHOT.pack(snapshot.shard, snapshot.index, snapshot.last),
        _pack_tally(snapshot.measured),
        _pack_tally(snapshot.warmup),
        _TRAFFIC.pack(
            traffic.completed,
            traffic.bytes_sent,
            traffic.bytes_received,
            traffic.opened,
            traffic.reused,
            traffic.stale,
            traffic.closed_by_server,
            traffic.open_connections,
        ),
        _block(traffic.connect.to_bytes()),
        _block(traffic.tls.to_bytes()),
        _HEALTH.pack(
            health.work_cpu_s,
            health.span_s,
            health.gc_pause_us,
            _UNKNOWN if health.run_delay_s is None else health.run_delay_s,
        ),
        _block(health.loop_busy.to_bytes()),
        struct.pack("<H", len(snapshot.samples)),
        *(_pack_sample(sample) for sample in snapshot.samples),
        struct.pack("<I", len(snapshot.served)),
        *(_PORT.pack(port, count) for port, count in snapshot.served.items()),
    ]
    return b"".join(parts)


def _read_snapshot(reader: _Reader) -> ShardSnapshot:
    shard, index, last = reader.take(_SNAPSHOT)
    measured, warmup = _read_tally(reader), _read_tally(reader)
    traffic = replace(_traffic(reader.take(_TRAFFIC)), connect=reader.histogram(), tls=reader.histogram())
    work_cpu_s, span_s, gc_pause_us, delay_s = reader.take(_HEALTH)
    health = WorkerHealth(work_cpu_s, span_s, reader.histogram(), gc_pause_us, None if delay_s < 0 else delay_s)
    samples = tuple(_read_sample(reader) for _ in range(reader.u16()))
    served: dict[int, int] = {}
    for _ in range(reader.u32()):
        port, count = reader.take(_PORT)
        served[port] = count
    if last > 1:
        raise ValueError("a flag is 0 or 1")
    return ShardSnapshot(shard, index, measured, warmup, traffic, health, samples, last=bool(last), served=served)


def _traffic(counts: tuple[int, ...]) -> Traffic:
    completed, sent, received, opened, reused, stale, closed, most_open = counts
    return Traffic(completed, sent, received, opened, reused, stale, closed, most_open)


def _pack_tally(tally: Tally) -> bytes:
    counts = (tally.issued, tally.succeeded, tally.failed, tally.timed_out, tally.censored, tally.dropped)
    parts = [_COUNTS.pack(*counts), *(_block(getattr(tally, name).to_bytes()) for name in _HISTOGRAMS)]
    parts.append(struct.pack("<H", len(tally.errors)))
    parts.extend(_block(kind.value.encode()) + struct.pack("<Q", count) for kind, count in tally.errors.items())
    parts.append(struct.pack("<H", len(tally.status_codes)))
    parts.extend(struct.pack("<HQ", status, count) for status, count in tally.status_codes.items())
    return b"".join(parts)


def _read_tally(reader: _Reader) -> Tally:
    issued, succeeded, failed, timed_out, censored, dropped = reader.take(_COUNTS)
    service, scheduled, lag, wait, first, download, censored_at = (reader.histogram() for _ in _HISTOGRAMS)
    errors = {ErrorKind(reader.block().decode()): reader.u64() for _ in range(reader.u16())}
    codes = {reader.u16(): reader.u64() for _ in range(reader.u16())}
    return Tally(
        service=service,
        scheduled=scheduled,
        dispatch_lag=lag,
        connection_wait=wait,
        first_byte=first,
        download=download,
        censored_at=censored_at,
        issued=issued,
        succeeded=succeeded,
        failed=failed,
        timed_out=timed_out,
        censored=censored,
        dropped=dropped,
        errors=errors,
        status_codes=codes,
    )


def _pack_sample(sample: SampleExchange) -> bytes:
    texts = (sample.kind.value.encode(), sample.request, sample.response_head, sample.body_start)
    return struct.pack("<d", sample.at_s) + b"".join(_block(text) for text in texts)


def _read_sample(reader: _Reader) -> SampleExchange:
    (at_s,) = reader.take(struct.Struct("<d"))
    kind = ErrorKind(reader.block().decode())
    return SampleExchange(kind, at_s, reader.block(), reader.block(), reader.block())


class _Reader:
    """Walks through a frame; reading beyond its end raises `ValueError`."""

    def __init__(self, data: bytes, position: int) -> None:
        self._data = data
        self._at = position

    def take(self, layout: struct.Struct) -> tuple[int, ...]:
        values = layout.unpack_from(self._data, self._at)
        self._at += layout.size
        return values

    def u16(self) -> int:
        return self.take(struct.Struct("<H"))[0]

    def u32(self) -> int:
        return self.take(struct.Struct("<I"))[0]

    def u64(self) -> int:
        return self.take(struct.Struct("<Q"))[0]

    def block(self) -> bytes:
        (length,) = self.take(struct.Struct("<I"))
        end = self._at + length
        if end > len(self._data):
            raise ValueError(f"{length} bytes are announced, {len(self._data) - self._at} are left")
        block = self._data[self._at : end]
        self._at = end
        return block

    def histogram(self) -> Histogram:
        histogram = Histogram.from_bytes(self.block())
        if np.any(histogram.counts < 0):
            raise ValueError("a histogram's counts are out of range")
        return histogram

    def rest(self) -> bytes:
        rest, self._at = self._data[self._at :], len(self._data)
        return rest

    def must_be_at_end(self) -> None:
        if self._at != len(self._data):
            raise WireError(f"{len(self._data) - self._at} bytes too many in a frame")
