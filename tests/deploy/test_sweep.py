from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from loadbench_gui.deploy import proctree
from loadbench_gui.deploy.sweep import TOKEN_VARIABLE, record_path, sweep

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the job object leaves nothing to sweep")
WAIT = "import sys; sys.stdout.write('x'); sys.stdout.flush(); sys.stdin.read()"
NOBODY = [2**22 + 1, "0"]


def start(**variables: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", WAIT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, **variables},
    )
    assert process.stdout is not None
    process.stdout.read(1)
    return process


def identity(pid: int) -> list[object]:
    proc = proctree.read_process(pid)
    assert proc is not None
    return list(proc.identity)


def record(directory: Path, **parts: object) -> Path:
    path = record_path(directory, "abc")
    path.write_text(json.dumps({"token": "abc", "guardian": NOBODY, "server": NOBODY, "tree": [], **parts}))
    return path


@pytest.mark.parametrize("way", ["token", "session", "tree"])
def test_leftovers_of_a_dead_guardian_are_found_by_each_mark(tmp_path: Path, way: str) -> None:
    with start(**({TOKEN_VARIABLE: "abc"} if way == "token" else {})) as process:
        marks: dict[str, dict[str, object]] = {
            "token": {},
            "session": {"server": [process.pid, "0"]},
            "tree": {"tree": [identity(process.pid)]},
        }
        path = record(tmp_path, **marks[way])

        assert sweep(tmp_path) == (process.pid,)
        process.communicate()

    assert process.returncode == -9
    assert not path.exists()


def test_what_belongs_to_a_living_guardian_is_left_alone(tmp_path: Path) -> None:
    with start() as guardian, start(**{TOKEN_VARIABLE: "abc"}) as process:
        path = record(tmp_path, guardian=identity(guardian.pid))

        assert sweep(tmp_path) == ()
        assert process.poll() is None
        assert path.exists()
        process.communicate()
        guardian.communicate()


def test_a_process_that_got_an_old_pid_is_not_mistaken_for_the_old_one(tmp_path: Path) -> None:
    with start() as process:
        record(tmp_path, tree=[[process.pid, "1"]], guardian=[process.pid, "1"])

        assert sweep(tmp_path) == ()
        assert process.poll() is None
        process.communicate()


def test_this_process_is_spared_whatever_the_record_says(tmp_path: Path) -> None:
    record(tmp_path, tree=[identity(os.getpid()), identity(os.getppid())])

    assert sweep(tmp_path) == ()


def test_a_damaged_record_is_passed_over(tmp_path: Path) -> None:
    record_path(tmp_path, "broken").write_text('{"token": ')
    record_path(tmp_path, "other").write_text("[]")

    assert sweep(tmp_path) == ()
