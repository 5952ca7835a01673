"""The wheel and the source archive, each installed as a user would and used far from the source.

Both go into one virtual environment, one after the other: it holds nothing but pip's choice of packages, and bringing
those takes half a minute and the package index. So a module that only development packages bring is missed here. Both
hold the same files, as test_sdist sees to; what takes long is therefore done with the wheel alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from distributions import ROOT
from loadbench_gui import __version__
from program import leftovers_of
from shortened import shortened

pytestmark = [pytest.mark.timeout(600), pytest.mark.real_servers]

NAMES = ("fastapi", "starlette", "sanic")
wheel_alone = pytest.mark.parametrize("kind", ["wheel"], indirect=True, scope="module")

# The window shows itself, is seen, and is closed the way its user would.
WINDOW = """
import sys
from PySide6.QtCore import QTimer
from loadbench_gui.ui import app

original = app.Desk.open

def opened(desk, profile):
    original(desk, profile)
    print("visible", desk.window.isVisible(), flush=True)
    QTimer.singleShot(0, desk.window.close)

app.Desk.open = opened
sys.exit(app.main(["--data-dir", sys.argv[1]]))
"""


@dataclass(frozen=True)
class Installed:
    """A virtual environment that holds loadbench, and a folder far from the source to use it in."""

    environment: Path
    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
        data = {"LOADBENCH_DATA_DIR": str(self.folder / "data"), "LOADBENCH_RUNTIME_DIR": str(self.folder / "run")}
        return {**kept, **data, "QT_QPA_PLATFORM": "offscreen", "NO_COLOR": "1", "COLUMNS": "160"}

    def __call__(self, program: str, *arguments: str) -> str:
        """Run a program of the environment; return what it printed."""
        done = subprocess.run(
            [str(self.environment / "bin" / program), *arguments],
            cwd=self.folder,
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{program} {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout


def pip(environment: Path, *arguments: str) -> None:
    """Let the pip of the tests install into `environment`: the clean one needs none."""
    command = [sys.executable, "-m", "pip", "--python", str(environment / "bin" / "python"), "install", "--quiet"]
    done = subprocess.run(
        # Byte code costs as much time as all the rest.
        [*command, "--no-input", "--no-compile", *arguments],
        # The variable is split at spaces, so it is relative. It also holds for what pip builds with.
        env={**os.environ, "PIP_CONSTRAINT": "constraints.txt", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"pip could not install (it needs its package index):\n{done.stderr}"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    folder = tmp_path_factory.mktemp("clean") / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, capture_output=True)
    pip(folder, str(wheel))
    return folder


@pytest.fixture(scope="module", params=["wheel", "sdist"])
def kind(request: pytest.FixtureRequest, environment: Path, sdist: Path) -> str:
    if request.param == "sdist":
        pip(environment, "--force-reinstall", "--no-deps", str(sdist))
    return str(request.param)


@pytest.fixture
def installed(kind: str, environment: Path, tmp_path: Path) -> Iterator[Installed]:
    folder = tmp_path / kind
    folder.mkdir()
    installed = Installed(environment, folder)
    yield installed
    assert leftovers_of(installed.variables["LOADBENCH_DATA_DIR"]) == []


def test_every_way_to_start_it_says_the_version(installed: Installed) -> None:
    said = f"loadbench {__version__}\n"
    assert installed("loadbench", "--version") == said
    assert installed("loadbench-gui", "--version") == said
    assert installed("python", "-m", "loadbench_gui", "--version") == said


def test_it_runs_from_where_it_was_installed(installed: Installed) -> None:
    place = installed("python", "-c", "import loadbench_gui; print(loadbench_gui.__file__)").strip()
    assert Path(place).is_relative_to(installed.environment)


@wheel_alone
def test_the_packages_agree_with_each_other(installed: Installed) -> None:
    command = [sys.executable, "-m", "pip", "--python", str(installed.environment / "bin" / "python"), "check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_bundled_profile_is_found(installed: Installed) -> None:
    assert "no problems" in installed("loadbench", "profile", "check", "first-look")


@wheel_alone
def test_the_bundled_servers_are_compared(installed: Installed) -> None:
    profile = installed.folder / "short.toml"
    profile.write_text(shortened("first-look", rate=200), "utf-8")
    # So short a one may not be trusted, which is exit code 3; that it ran is what counts here.
    done = subprocess.run(
        [str(installed.environment / "bin" / "loadbench"), "compare", str(profile), "--out", "out", "--json", "-"],
        cwd=installed.folder, env=installed.variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 3), done.stderr
    result = json.loads(done.stdout)
    assert result["tool"]["version"] == __version__
    assert sorted(run["deployment"] for run in result["runs"]) == sorted(NAMES * 2)
    assert all(run["requests"]["succeeded"] > 100 for run in result["runs"])
    assert f"Written by loadbench {__version__}" in (installed.folder / "out" / "report.html").read_text("utf-8")


def test_the_window_opens_and_closes(installed: Installed) -> None:
    assert installed("python", "-c", WINDOW, str(installed.folder / "data")) == "visible True\n"
