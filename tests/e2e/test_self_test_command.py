"""`loadbench self-test` as a whole, window included; comparing three real servers makes it half a minute long."""

from __future__ import annotations

import json
import signal
import tempfile
from pathlib import Path

import pytest

from program import Loadbench


def scratch_folders() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("loadbench-self-test-*"))


@pytest.mark.real_servers
@pytest.mark.timeout(300)
def test_everything_works_here_and_nothing_is_left(loadbench: Loadbench) -> None:
    before = scratch_folders()
    done = loadbench("self-test", "--json", timeout=280)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["schema"], found["passed"], found["complete"]) == ("loadbench.self-test/1", True, True)
    statuses = {check["name"]: check["status"] for check in found["checks"]}
    assert set(statuses.values()) == {"passed"}
    shown = {"comparison", "http-workers", "sse", "websocket", "tls", "migrations", "paint", "live-charts", "png"}
    assert shown <= statuses.keys()
    assert f"Everything works: {len(statuses)} checks passed" in done.stderr
    assert scratch_folders() <= before
    assert not (loadbench.folder / "data").exists()


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "TERM"])
def test_interrupted_it_says_what_it_found_and_leaves_nothing(
    loadbench: Loadbench, signum: signal.Signals, code: int
) -> None:
    before = scratch_folders()
    process = loadbench.start("self-test", "--json", "-")
    assert process.stderr is not None
    while "Worker process" not in process.stderr.readline():
        pass
    process.send_signal(signum)
    out, err = process.communicate(timeout=100)
    assert process.returncode == code, err
    found = json.loads(out)
    assert (found["passed"], found["complete"]) == (False, False)
    assert found["checks"][0]["name"] == "machine"
    assert "Stopped after" in err
    loadbench.wait_until_nothing_is_left()
    assert scratch_folders() <= before
