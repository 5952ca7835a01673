"""Every test here runs the whole program, and leaves no process behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from program import Loadbench


@pytest.fixture
def loadbench(tmp_path: Path) -> Iterator[Loadbench]:
    program = Loadbench(tmp_path)
    yield program
    assert program.leftovers() == []
