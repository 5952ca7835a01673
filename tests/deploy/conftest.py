"""Real servers for the deploy tests: launched for one test, and checked to be gone after it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from loadbench_gui.core.plan import Deployment, Launch, Ready, Stop

SCRIPTS = Path(__file__).parent / "scripts"
Serve = Callable[..., Deployment]


@pytest.fixture
def scripts() -> Path:
    return SCRIPTS


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    """The folder of this test's guardian records."""
    folder = tmp_path / "runtime"
    folder.mkdir()
    return folder


@pytest.fixture
def serve() -> Serve:
    """Make a deployment of scripts/serve.py that behaves in the given ways."""

    def make(
        *ways: str, port: str = "{port}", path: str = "/", timeout_s: float = 20.0, grace_s: float = 5.0
    ) -> Deployment:
        return Deployment(
            "sample",
            Launch(
                ("{python}", "serve.py", port, *ways),
                ready=Ready(path, timeout_s),
                stop=Stop(grace_s=grace_s),
            ),
        )

    return make
