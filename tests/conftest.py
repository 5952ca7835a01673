"""What holds for every test: no window on the user's screen, no line in the user's history, no outside help."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

ALONE = (
    "e2e/test_calibrate_command.py",
    "e2e/test_compare_command.py",
    "engine/test_alarms.py",
    "engine/test_differential.py",
    "engine/test_fanout_skew.py",
    "engine/test_stream_rhythm.py",
    "truth",
    "ui/test_real_run.py",
)
"""Tests of what a load cost or how punctual it was: while they run, this machine does nothing else."""

# Before anything imports Qt. A test that wants a real window starts its own display in a process of its own.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# A busy machine makes single examples slow; that says nothing about the code.
settings.register_profile("loadbench", deadline=None)
settings.load_profile("loadbench")


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every test a history of its own, so that none can write to the one of whoever runs them."""
    folder: Path = tmp_path_factory.mktemp("data")
    monkeypatch.setenv("LOADBENCH_DATA_DIR", str(folder))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that are to run alone."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and item.path.relative_to(here).as_posix().startswith(ALONE):
            item.add_marker(pytest.mark.alone)
