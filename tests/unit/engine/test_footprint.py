"""What a process says of its own memory."""

from __future__ import annotations

import sys

import pytest

from loadbench_gui.engine.footprint import Footprint

MIB = 1024 * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process its pages in a file")
def test_memory_that_was_taken_since_is_seen_and_memory_given_back_is_no_debt() -> None:
    footprint = Footprint()
    held = bytearray(b"x" * (32 * MIB))
    grown = footprint.grown_bytes()
    assert grown is not None
    assert grown >= 28 * MIB
    later = Footprint()
    del held
    assert later.grown_bytes() is not None
    assert (later.grown_bytes() or 0) < 4 * MIB
