"""Which app is tested, and that testing it leaves neither a process nor a trace in its folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from installers.places import FROZEN

from smoke.app import NOBODY, App, Frozen


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--app", type=Path, default=FROZEN, help=f"folder of the frozen app ({FROZEN})")


@pytest.fixture(scope="session")
def app(request: pytest.FixtureRequest) -> Iterator[App]:
    """The app; after all tests its folder must be what it was."""
    found = App(request.config.getoption("--app").resolve())
    if not (found.console.exists() and found.window.exists()):
        pytest.fail(f"there is no frozen app in {found.folder}: make freeze first", pytrace=False)
    before = found.files()
    assert len(before) > 1000
    yield found
    assert found.files() == before, "files of the app have changed"


@pytest.fixture
def frozen(app: App, tmp_path: Path) -> Iterator[Frozen]:
    """The app with an empty history; nothing of it may be alive afterwards."""
    program = Frozen(app, tmp_path)
    yield program
    program.wait_until_nothing_is_left()


@pytest.fixture
def everybodys() -> Iterator[Path]:
    """A folder that the user nobody can use; those of pytest belong to whoever runs it."""
    folder = Path(tempfile.mkdtemp(prefix="loadbench smoke "))
    if os.getuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def homeless(app: App, everybodys: Path) -> Frozen:
    """A user whose home does not exist and cannot be made, with nothing set instead."""
    program = Frozen(app, everybodys, as_nobody=True)
    for name in ("LOADBENCH_DATA_DIR", "LOADBENCH_RUNTIME_DIR"):
        del program.environment[name]
    program.environment["HOME"] = "/nonexistent"
    return program


@pytest.fixture(scope="session")
def elsewhere(app: App) -> Iterator[App]:
    """The app copied to a path with a space and letters beyond ASCII, where nobody may write."""
    folder = Path(tempfile.mkdtemp(prefix="loadbench smoke "))
    folder.chmod(0o755)
    copy = App(folder / "Läd-Bänk größer 測試" / "load bench")
    copy.folder.parent.mkdir()
    subprocess.run(["cp", "-a", "--reflink=auto", str(app.folder), str(copy.folder)], check=True)
    subprocess.run(["chmod", "-R", "a-w", str(folder)], check=True)
    before = copy.files()
    yield copy
    after = copy.files()
    subprocess.run(["chmod", "-R", "u+w", str(folder)], check=True)
    shutil.rmtree(folder)
    assert after == before, "files of the copy have changed"
