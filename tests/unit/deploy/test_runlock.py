from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from loadbench_gui.deploy.runlock import measuring
from loadbench_gui.errors import EnvironmentFault

HOLDER = """
import sys
from pathlib import Path
from loadbench_gui.deploy.runlock import measuring
with measuring("compare first-look", Path(sys.argv[1])):
    sys.stdout.write("held")
    sys.stdout.flush()
    sys.stdin.read()
"""


def hold(path: Path) -> subprocess.Popen[bytes]:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.read(4) == b"held"
    return holder


def test_a_second_run_is_turned_away_and_told_who_measures(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with hold(path) as holder:
        with pytest.raises(EnvironmentFault) as caught, measuring("another", path):
            pass
        holder.kill()

    assert f"another loadbench is measuring on this machine: compare first-look (pid {holder.pid}," in str(caught.value)
    assert "Wait until it is done" in caught.value.hint


def test_a_holder_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with hold(path) as holder:
        holder.kill()
    assert "compare first-look" in path.read_text(), "what it wrote is still there"

    with measuring("the next", path):
        assert f'"pid": {os.getpid()}' in path.read_text()


def test_one_process_cannot_hold_it_twice_but_again(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with measuring("one", path), pytest.raises(EnvironmentFault, match="measuring"), measuring("two", path):
        pass

    with measuring("three", path):
        pass
    assert path.read_text() == ""


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(EnvironmentFault) as caught, measuring("x", tmp_path / "file" / "lock"):
        pass

    assert "cannot open the lock file" in caught.value.message
    assert "LOADBENCH_RUNTIME_DIR" in caught.value.hint


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links")
def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("keep me")
    (tmp_path / "lock").symlink_to(tmp_path / "precious")

    with pytest.raises(EnvironmentFault), measuring("x", tmp_path / "lock"):
        pass

    assert (tmp_path / "precious").read_text() == "keep me"
