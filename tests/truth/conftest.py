"""Every test here runs the whole program against a server that knows the truth, and leaves no process behind."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from benchmarks.shipped import Figures, figures

from program import Loadbench

Measure = Callable[..., Figures]


@pytest.fixture
def measure(tmp_path: Path) -> Iterator[Measure]:
    """`loadbench http` (or stream, or ws) with these arguments, as figures out of its result document."""
    program = Loadbench(tmp_path)

    def run(*arguments: str, kind: str = "http") -> Figures:
        done = program(kind, *arguments, "-w", "1", "--json", "-", "--quiet")
        assert done.returncode == 0, done.stderr
        (found,) = json.loads(done.stdout)["runs"]
        return figures(found)

    yield run
    assert program.leftovers() == []
