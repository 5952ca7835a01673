"""Snapshots as bytes: struct fields and packed histograms, each written and read by one table of field names.

    histogram = length u32 | Histogram.to_bytes
    table     = entries u16 | (key, count u64)...
    part      = 0, or 1 and its fields: what only loads of one protocol have

All little-endian. `Reader` trusts nothing: it raises `ValueError` or `struct.error` for what was not written here.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.snapshot import ErrorKind, SampleExchange, ShardSnapshot, Tally, Traffic, WorkerHealth
from loadbench_gui.core.streaming import StreamTally
from loadbench_gui.core.websocket import SocketTally


@dataclass(frozen=True, slots=True)
class _Fields:
    """Which fields of a record are whole numbers and which are histograms, in the order in which they are written."""

    counts: tuple[str, ...]
    histograms: tuple[str, ...]

    def pack(self, record: object) -> bytes:
        numbers = struct.pack(f"<{len(self.counts)}Q", *(getattr(record, name) for name in self.counts))
        return numbers + b"".join(_block(getattr(record, name).to_bytes()) for name in self.histograms)

    def read(self, reader: Reader) -> dict[str, Any]:
        numbers = reader.take(struct.Struct(f"<{len(self.counts)}Q"))
        return dict(zip(self.counts, numbers, strict=True)) | {name: reader.histogram() for name in self.histograms}


_TALLY: Final = _Fields(
    ("issued", "succeeded", "failed", "timed_out", "censored", "dropped", "unsent"),
    ("service", "scheduled", "dispatch_lag", "connection_wait", "first_byte", "download", "censored_at"),
)
_STREAM: Final = _Fields(
    ("longest_stall_us", "events", "complete", "truncated", "left", "reconnected"),
    ("headers", "first_event", "first_content", "gap", "per_read"),
)
_SOCKET: Final = _Fields(
    ("sent", "received", "lost", "duplicated", "reordered", "stray", "pings_unanswered", "numbered",
     "longest_silence_us"),
    ("rtt", "ping", "gap", "fanout", "skew"),
)  # fmt: skip
_TRAFFIC: Final = _Fields(
    ("completed", "bytes_sent", "bytes_received", "opened", "reused", "stale", "closed_by_server", "open_connections"),
    ("connect", "tls", "upgrade"),
)
_SNAPSHOT: Final = struct.Struct("<IIB")
_HEALTH: Final = struct.Struct("<5d")
_PORT: Final = struct.Struct("<HQ")
_UNKNOWN: Final = -1.0
"""Stands for a time or a size that the system does not tell."""


def pack_snapshot(snapshot: ShardSnapshot) -> bytes:
    """Return a snapshot as bytes."""
    health = snapshot.health
    delay_s = _UNKNOWN if health.run_delay_s is None else health.run_delay_s
    grown = _UNKNOWN if health.grown_bytes is None else float(health.grown_bytes)
    parts = [
        _SNAPSHOT.pack(snapshot.shard, snapshot.index, snapshot.last),
        _pack_tally(snapshot.measured),
        _pack_tally(snapshot.warmup),
        _TRAFFIC.pack(snapshot.traffic),
        _HEALTH.pack(health.work_cpu_s, health.span_s, health.gc_pause_us, delay_s, grown),
        _block(health.loop_busy.to_bytes()),
        struct.pack("<H", len(snapshot.samples)),
        *(_pack_sample(sample) for sample in snapshot.samples),
        struct.pack("<I", len(snapshot.served)),
        *(_PORT.pack(port, count) for port, count in snapshot.served.items()),
    ]
    return b"".join(parts)


def read_snapshot(reader: Reader) -> ShardSnapshot:
    """Return the snapshot that `pack_snapshot` wrote."""
    shard, index, last = reader.take(_SNAPSHOT)
    measured, warmup = _read_tally(reader), _read_tally(reader)
    traffic = Traffic(**_TRAFFIC.read(reader))
    work_cpu_s, span_s, gc_pause_us, delay_s, grown = reader.take(_HEALTH)
    health = WorkerHealth(
        work_cpu_s,
        span_s,
        reader.histogram(),
        gc_pause_us,
        None if delay_s < 0 else delay_s,
        None if grown < 0 else int(grown),
    )
    samples = tuple(_read_sample(reader) for _ in range(reader.u16()))
    served: dict[int, int] = {}
    for _ in range(reader.u32()):
        port, count = reader.take(_PORT)
        served[port] = count
    return ShardSnapshot(shard, index, measured, warmup, traffic, health, samples, last=_flag(last), served=served)


def _pack_tally(tally: Tally) -> bytes:
    return b"".join([
        _TALLY.pack(tally),
        _pack_names(tally.errors),
        _pack_codes(tally.status_codes),
        b"\0" if tally.stream is None else b"\1" + _STREAM.pack(tally.stream),
        b"\0" if tally.websocket is None else b"\1" + _pack_socket(tally.websocket),
    ])  # fmt: skip


def _read_tally(reader: Reader) -> Tally:
    fields = _TALLY.read(reader)
    errors = {ErrorKind(reader.block().decode()): reader.u64() for _ in range(reader.u16())}
    codes = _read_codes(reader)
    stream = StreamTally(**_STREAM.read(reader)) if _flag(reader.u8()) else None
    websocket = _read_socket(reader) if _flag(reader.u8()) else None
    return Tally(**fields, errors=errors, status_codes=codes, stream=stream, websocket=websocket)


def _pack_socket(tally: SocketTally) -> bytes:
    return _SOCKET.pack(tally) + _pack_codes(tally.close_codes)


def _read_socket(reader: Reader) -> SocketTally:
    return SocketTally(**_SOCKET.read(reader), close_codes=_read_codes(reader))


def _pack_names(counts: Mapping[ErrorKind, int]) -> bytes:
    entries = (_block(kind.value.encode()) + struct.pack("<Q", count) for kind, count in counts.items())
    return struct.pack("<H", len(counts)) + b"".join(entries)


def _pack_codes(counts: Mapping[int, int]) -> bytes:
    return struct.pack("<H", len(counts)) + b"".join(struct.pack("<HQ", code, n) for code, n in counts.items())


def _read_codes(reader: Reader) -> dict[int, int]:
    return {reader.u16(): reader.u64() for _ in range(reader.u16())}


def _flag(value: int) -> bool:
    if value > 1:
        raise ValueError("a flag is 0 or 1")
    return bool(value)


def _block(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def _pack_sample(sample: SampleExchange) -> bytes:
    texts = (sample.kind.value.encode(), sample.request, sample.response_head, sample.body_start)
    return struct.pack("<d", sample.at_s) + b"".join(_block(text) for text in texts)


def _read_sample(reader: Reader) -> SampleExchange:
    (at_s,) = reader.take(struct.Struct("<d"))
    kind = ErrorKind(reader.block().decode())
    return SampleExchange(kind, at_s, reader.block(), reader.block(), reader.block())


class Reader:
    """Walks through a frame; reading beyond its end raises `ValueError`."""

    def __init__(self, data: bytes, position: int) -> None:
        self._data = data
        self._at = position
        self._histograms: dict[bytes, Histogram] = {}

    def take(self, layout: struct.Struct) -> tuple[int, ...]:
        """Read what `layout` says."""
        values = layout.unpack_from(self._data, self._at)
        self._at += layout.size
        return values

    def u8(self) -> int:
        """Read one byte."""
        return self.take(struct.Struct("<B"))[0]

    def u16(self) -> int:
        """Read two bytes."""
        return self.take(struct.Struct("<H"))[0]

    def u32(self) -> int:
        """Read four bytes."""
        return self.take(struct.Struct("<I"))[0]

    def u64(self) -> int:
        """Read eight bytes."""
        return self.take(struct.Struct("<Q"))[0]

    def block(self) -> bytes:
        """Read bytes whose number stands before them."""
        (length,) = self.take(struct.Struct("<I"))
        end = self._at + length
        if end > len(self._data):
            raise ValueError(f"{length} bytes are announced, {len(self._data) - self._at} are left")
        block = self._data[self._at : end]
        self._at = end
        return block

    def histogram(self) -> Histogram:
        """Read a histogram. Equal ones are one object: several clocks may have read the same."""
        packed = self.block()
        if packed not in self._histograms:
            self._histograms[packed] = Histogram.from_bytes(packed)
        return self._histograms[packed]

    def rest(self) -> bytes:
        """Read all that is left."""
        rest, self._at = self._data[self._at :], len(self._data)
        return rest

    def must_be_at_end(self) -> None:
        """Raise `ValueError` if anything is left."""
        if self._at != len(self._data):
            raise ValueError(f"{len(self._data) - self._at} bytes too many")
