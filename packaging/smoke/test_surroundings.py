"""Where people put the app and who runs it: odd paths and locales, read-only folders, two versions at once."""

from __future__ import annotations

import json
import py_compile
import re
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from installers import places

from program import serving
from smoke.app import App, Frozen, first_look


def test_a_stranger_measures_from_a_folder_that_is_read_only_and_oddly_named(elsewhere: App, everybodys: Path) -> None:
    program = Frozen(elsewhere, everybodys, as_nobody=True)
    program.environment |= {"LC_ALL": "POSIX", "LANG": "C"}
    with pytest.raises(PermissionError):
        as_the_program_would(program, elsewhere.folder / "trace")
    profile = program.profile(first_look(), "größer.toml")
    for name in ("fastapi", "starlette", "sanic"):
        out = everybodys / f"Bericht ü {name}"
        done = program("run", profile, "--deployment", name, "--out", str(out), "-q")
        assert done.returncode in (0, 3), done.stderr
        assert "Traceback" not in done.stderr
        (run,) = json.loads((out / "result.json").read_text("utf-8"))["runs"]
        assert run["requests"]["succeeded"] > 50
        assert run["launch"]["observed"]["event loop"] == "uvloop"
    program.wait_until_nothing_is_left()


def as_the_program_would(program: Frozen, path: Path) -> None:
    """Try to write a file with the program's own rights."""
    done = program("-c", f"open({str(path)!r}, 'w')")
    if "PermissionError" in done.stderr:
        raise PermissionError
    assert done.returncode == 0, done.stderr


def test_a_home_that_cannot_be_written_is_said_with_what_to_set(homeless: Frozen) -> None:
    with serving("ok") as target:
        done = homeless("http", target.url, "-c", "1", "-n", "5")
        assert target.close() == 0
    assert done.returncode == 5
    assert "cannot use the data folder /nonexistent/.local/share/loadbench" in " ".join(done.stderr.split())
    assert "LOADBENCH_DATA_DIR" in done.stderr
    assert "Traceback" not in done.stderr


def test_with_a_data_folder_named_it_needs_no_home(homeless: Frozen) -> None:
    homeless.environment["LOADBENCH_RUNTIME_DIR"] = str(homeless.folder / "running")
    with serving("ok") as target:
        done = homeless("http", target.url, "-c", "1", "-n", "5", "--data-dir", "kept", "-q")
    assert done.returncode == 0, done.stderr
    assert (homeless.folder / "kept" / "history.db").exists()


# -- a second version beside it


@pytest.fixture(scope="module")
def newer(app: App, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The same app as version 9.9.9."""
    copy = App(tmp_path_factory.mktemp("newer") / "loadbench")
    subprocess.run(["cp", "-a", "--reflink=auto", str(app.folder), str(copy.folder)], check=True)
    source = copy.folder.parent / "__init__.py"
    text = (places.SOURCE / "__init__.py").read_text("utf-8")
    source.write_text(re.sub(r'__version__ = ".*"', '__version__ = "9.9.9"', text), encoding="utf-8")
    (compiled,) = copy.folder.rglob("loadbench_gui/__init__.pyc")
    py_compile.compile(str(source), str(compiled), doraise=True)
    yield copy
    shutil.rmtree(copy.folder)


def test_two_versions_run_side_by_side_and_share_a_history(app: App, newer: App, tmp_path: Path) -> None:
    old, new = Frozen(app, tmp_path), Frozen(newer, tmp_path)
    assert new("--version").stdout == "loadbench 9.9.9\n"
    with serving("ok") as target:
        process = old.start("http", target.url, "-c", "1", "-d", "60s", "-q", "--json", "old.json")
        old.wait_for_intervals(1)
        listed = json.loads(new("history", "list", "--json", "-").stdout)
        assert [run["sealed"] for run in listed["runs"]] == [False]
        refused = new("http", target.url, "-c", "1", "-n", "5")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 130
        assert refused.returncode == 5
        assert f"another loadbench is measuring on this machine: a run of {target.url} (pid {process.pid}" in words(
            refused.stderr
        )
        done = new("http", target.url, "-c", "1", "-n", "5", "-q", "--json", "new.json")
        assert done.returncode == 0, done.stderr
    versions = [
        json.loads((tmp_path / name).read_text("utf-8"))["tool"]["version"] for name in ("old.json", "new.json")
    ]
    assert versions == [places.version(), "9.9.9"]
    old.wait_until_nothing_is_left()


def test_a_history_that_is_newer_than_the_app_is_refused_and_left_alone(frozen: Frozen) -> None:
    assert frozen("history", "list").returncode == 0
    path = frozen.folder / "data" / "history.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 999")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = path.read_bytes()
    done = frozen("history", "list")
    assert done.returncode == 5
    assert "was written by a newer loadbench (schema 999" in words(done.stderr)
    assert "Traceback" not in done.stderr
    assert path.read_bytes() == before


def words(text: str) -> str:
    """Return `text` without its line breaks, which depend on the terminal."""
    return " ".join(text.split())
