"""What holds for every test: no window on the user's screen, no line in the user's history, no outside help."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from thorough import part_of

ALONE = (
    "e2e/test_compare_command.py",
    "engine/test_alarms.py",
    "engine/test_differential_times.py",
    "engine/test_fanout_skew.py",
    "engine/test_stream_rhythm.py",
    "truth",
)
"""Tests of what a load cost or how punctual it was: while they run, this machine does nothing else."""

# Before anything imports Qt. A test that wants a real window starts its own display in a process of its own.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# A busy machine makes single examples slow; that says nothing about the code.
settings.register_profile("loadbench", deadline=None, max_examples=part_of(200))
settings.load_profile("loadbench")


@pytest.fixture(scope="session")
def _folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folders that are not there yet. Making one for each test, few of which use it, takes ever longer."""
    above = tmp_path_factory.mktemp("data")
    return (above / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def _own_folders(_folders: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every test a history and a lock of its own, so that it neither writes to nor waits for anybody else's."""
    folder = next(_folders)
    monkeypatch.setenv("LOADBENCH_DATA_DIR", str(folder))
    monkeypatch.setenv("LOADBENCH_RUNTIME_DIR", str(folder / "run"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that are to run alone."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.path.relative_to(here).as_posix().startswith(ALONE):
            item.add_marker(pytest.mark.alone)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two for each processor: a test waits for others as long as it computes."""
    processors = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return min(8, 2 * processors)
