"""Frames: what goes in comes out, and nothing that arrives can do harm."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loadbench_gui.core.histogram import BUCKET_COUNT, Histogram
from loadbench_gui.core.snapshot import ErrorKind, SampleExchange, ShardSnapshot, Tally, Traffic, WorkerHealth
from loadbench_gui.core.streaming import StreamTally
from loadbench_gui.core.websocket import SocketTally
from loadbench_gui.engine import wire

counts = st.integers(0, 2**63)
kinds = st.sampled_from(list(ErrorKind))
seconds = st.floats(0, 1e6)


@st.composite
def histograms(draw: st.DrawFn) -> Histogram:
    table = draw(st.dictionaries(st.integers(0, BUCKET_COUNT - 1), st.integers(1, 2**40), max_size=8))
    buckets = np.array(sorted(table), np.int64)
    return Histogram(buckets, np.array([table[int(b)] for b in buckets], np.int64))


codes = st.dictionaries(st.integers(0, 65535), counts, max_size=4)
streams = st.builds(StreamTally, *[histograms()] * 5, *[counts] * 6)
sockets = st.builds(
    SocketTally,
    *[histograms()] * 5,
    *[counts] * 6,
    close_codes=codes,
    pings_unanswered=counts,
    numbered=counts,
    longest_silence_us=counts,
)
tallies = st.builds(
    Tally,
    *[histograms()] * 7,
    *[counts] * 6,
    errors=st.dictionaries(kinds, counts, max_size=4),
    status_codes=codes,
    stream=st.none() | streams,
    websocket=st.none() | sockets,
)
samples = st.builds(SampleExchange, kinds, seconds, st.binary(), st.binary(), st.binary())
snapshots = st.builds(
    ShardSnapshot,
    shard=st.integers(0, 1000),
    index=st.integers(0, 2**31),
    measured=tallies,
    warmup=tallies,
    traffic=st.builds(Traffic, *[counts] * 8, *[histograms()] * 3),
    health=st.builds(
        WorkerHealth, seconds, seconds, histograms(), seconds, st.none() | seconds, st.none() | st.integers(0, 2**50)
    ),
    samples=st.lists(samples, max_size=2).map(tuple),
    last=st.booleans(),
    served=st.dictionaries(st.integers(0, 65535), counts, max_size=4),
)
messages = st.one_of(
    st.just(wire.Ready()),
    st.builds(wire.Halt, st.integers(0, 2**64 - 1)),
    st.builds(wire.Begin, counts),
    st.builds(wire.Opening, counts),
    st.builds(wire.Finished, counts),
    st.builds(wire.Fault, st.text()),
    snapshots,
)


@given(messages)
def test_what_is_encoded_is_what_is_decoded(message: wire.Message) -> None:
    assert wire.decode(wire.encode(message)) == message


@given(st.binary(max_size=200))
@example(b"")
@example(b"LB\x04\x06" + b"\xff" * 100)
def test_any_bytes_are_a_message_or_a_wire_error(data: bytes) -> None:
    for frame in (data, b"LB\x04" + data):
        try:
            wire.decode(frame)
        except wire.WireError as problem:
            assert problem.message  # noqa: PT017 - either outcome is right; nothing else may be raised


@given(snapshots, st.data())
def test_a_damaged_snapshot_is_refused_or_another_snapshot(snapshot: ShardSnapshot, data: st.DataObject) -> None:
    frame = bytearray(wire.encode(snapshot))
    position = data.draw(st.integers(0, len(frame) - 1))
    frame[position] ^= data.draw(st.integers(1, 255))
    try:
        decoded = wire.decode(bytes(frame))
    except wire.WireError:
        return
    assert isinstance(decoded, ShardSnapshot | wire.Fault)


@given(snapshots, st.data())
def test_a_frame_cut_short_is_refused(snapshot: ShardSnapshot, data: st.DataObject) -> None:
    frame = wire.encode(snapshot)
    with pytest.raises(wire.WireError):
        wire.decode(frame[: data.draw(st.integers(0, len(frame) - 1))])


def test_another_version_is_refused_by_name() -> None:
    frame = bytearray(wire.encode(wire.Ready()))
    frame[2] = wire.VERSION + 1
    with pytest.raises(wire.WireError, match="not a frame of version 5"):
        wire.decode(bytes(frame))
