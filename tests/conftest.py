"""What holds for every test: no window on the user's screen, no line in the user's history, no outside help."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

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
