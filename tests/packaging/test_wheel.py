"""The wheel carries everything the program needs, and finds it without the source around it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_profiles_resources_and_migrations_are_inside_and_nothing_compiled(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "loadbench_gui/_data/profiles/first-look.toml",
        "loadbench_gui/_data/resources/deployments/sanic/app.py",
        "loadbench_gui/_data/resources/report/report.html.j2",
        "loadbench_gui/store/migrations/0001_history.sql",
        "loadbench_gui/py.typed",
    ):
        assert needed in names
    assert [name for name in names if name.endswith(".pyc") or "__pycache__" in name] == []


def test_an_installed_wheel_finds_its_profiles_far_from_the_source(wheel: Path, tmp_path: Path) -> None:
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    zipfile.ZipFile(wheel).extractall(site)
    # -P and a path of our own: the editable install of the checkout must not answer in its place.
    program = (
        f"import sys; sys.path.insert(0, {str(site)!r})\n"
        "import loadbench_gui; assert loadbench_gui.__file__.startswith(sys.path[0])\n"
        "from loadbench_gui.cli.main import main; sys.exit(main(['profile', 'check', 'first-look']))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], cwd=elsewhere, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "no problems" in done.stdout
