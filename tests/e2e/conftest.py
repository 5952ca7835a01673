"""Every test here runs the whole program, and leaves no process behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from accounting import EventServer, serving_events
from program import Loadbench


@pytest.fixture
def loadbench(tmp_path: Path) -> Iterator[Loadbench]:
    program = Loadbench(tmp_path)
    yield program
    assert program.leftovers() == []


@pytest.fixture(scope="module")
def accountant() -> Iterator[EventServer]:
    """One server of streams and WebSockets for all tests of a module."""
    with serving_events() as server:
        yield server


@pytest.fixture
def server(accountant: EventServer) -> EventServer:
    """That server, with nothing on its account."""
    accountant.log()
    return accountant
