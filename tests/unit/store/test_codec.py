"""Stored records: exact, readable without loadbench, and refused in words when they cannot be read."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, replace

import numpy as np
import pytest

from builders import make_comparison, make_run, make_sample, make_socket_run, make_stream_run
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import ErrorKind, Tally
from loadbench_gui.core.verdict import Comparison
from loadbench_gui.store.codec import CODEC_VERSION, Packed, RecordError, pack, unpack
from loadbench_gui.store.structure import shape_of


def test_a_whole_run_comes_back_exactly() -> None:
    run = make_run(errors={ErrorKind.BAD_STATUS: 3, ErrorKind.READ_TIMEOUT: 1})
    assert unpack(Run, pack(run)) == run


def test_runs_of_streams_and_websockets_come_back_exactly() -> None:
    cut = make_stream_run(errors={ErrorKind.CLOSED_EARLY: 3})
    echo = make_socket_run("echo", planted={"lost": 2}, close_codes={1011: 1, 1006: 4})
    assert unpack(Run, pack(cut)) == cut
    assert unpack(Run, pack(echo)) == echo


def test_a_run_that_was_kept_before_there_were_streams_has_none() -> None:
    document = json.loads(pack(make_run()).structure)
    for part in (document["value"]["measured"], document["value"]["workload"]):
        part.pop("stream")
        part.pop("websocket")
    document["value"]["fitness"].pop("bytes_per_connection")
    old = unpack(Run, Packed(json.dumps(document), pack(make_run()).blobs))
    assert (old.measured.stream, old.workload.websocket, old.fitness.bytes_per_connection) == (None, None, None)
    assert old == make_run()


def test_a_comparison_comes_back_exactly() -> None:
    comparison, _ = make_comparison()
    assert unpack(Comparison, pack(comparison)) == comparison


def test_the_structure_is_json_that_other_programs_can_read() -> None:
    document = json.loads(pack(make_run()).structure)
    assert document["codec"] == CODEC_VERSION
    assert document["value"]["label"]["deployment"] == "fastapi"
    assert document["value"]["workload"]["shape"]["is"] == "OpenLoad"


def test_numpy_numbers_are_stored_as_plain_ones() -> None:
    tally = Tally(issued=int(np.int64(7)), status_codes={int(np.int64(200)): np.int64(7)})  # type: ignore[dict-item]
    restored = unpack(Tally, pack(tally))
    assert (restored.issued, restored.status_codes) == (7, {200: 7})
    assert type(restored.status_codes[200]) is int


@dataclass(frozen=True)
class Older:
    kept: int


@dataclass(frozen=True)
class Newer:
    kept: int
    added: str = "as it was before"


def test_a_field_that_an_old_record_lacks_takes_its_default() -> None:
    assert unpack(Newer, pack(Older(3))) == Newer(3, "as it was before")


def test_a_field_that_is_no_longer_known_is_left_out() -> None:
    assert unpack(Older, pack(Newer(3, "x"))) == Older(3)


def test_a_record_of_a_newer_codec_is_refused_by_its_number() -> None:
    packed = pack(Older(3))
    newer = replace(packed, structure=packed.structure.replace(f'"codec":{CODEC_VERSION}', '"codec":99'))
    with pytest.raises(RecordError, match="codec 99"):
        unpack(Older, newer)


@pytest.mark.parametrize(
    "damaged",
    [
        Packed("not json"),
        Packed("[]"),
        Packed('{"codec":1,"value":{}}'),
        Packed(pack(make_sample()).structure, b"not zlib"),
        Packed(pack(make_sample()).structure, zlib.compress(b"short")),
    ],
)
def test_a_damaged_record_is_refused(damaged: Packed) -> None:
    with pytest.raises(RecordError):
        unpack(type(make_sample()), damaged)


def test_a_type_without_a_rule_is_refused_when_it_is_written_not_when_it_is_read() -> None:
    with pytest.raises(TypeError, match="no rule"):
        shape_of(set[int])
