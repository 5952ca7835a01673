"""Comparisons that do not come to their end: what was measured stays, and nothing else does."""

from __future__ import annotations

import json
import signal

import pytest

from program import Loadbench, poll_until
from shortened import shortened

pytestmark = pytest.mark.real_servers


@pytest.mark.timeout(200)
def test_stopping_in_mid_comparison_keeps_the_runs_and_leaves_nothing(loadbench: Loadbench) -> None:
    profile = loadbench.profile(shortened("first-look", rate=200))
    process = loadbench.start("compare", profile, "--out", str(loadbench.folder / "out"))
    loadbench.wait_for_intervals(5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=90)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    result = json.loads((loadbench.folder / "out" / "result.json").read_text())
    assert result["runs"]
    history = json.loads(loadbench("history", "list", "--json", "-").stdout)
    assert len(history["comparisons"]) == 1


@pytest.mark.timeout(200)
def test_killing_the_app_leaves_no_process_and_keeps_the_intervals(loadbench: Loadbench) -> None:
    process = loadbench.start("compare", loadbench.profile(shortened("first-look", rate=200, duration="60s")))
    stored = loadbench.wait_for_intervals(2)
    process.kill()
    process.communicate(timeout=60)
    loadbench.wait_until_nothing_is_left()
    history = json.loads(loadbench("history", "list", "--json", "-").stdout)
    assert sum(run["intervals"] for run in history["runs"]) >= stored
    assert not all(run["sealed"] for run in history["runs"])


@pytest.mark.timeout(100)
def test_deploy_holds_a_server_until_it_is_interrupted(loadbench: Loadbench) -> None:
    process = loadbench.start("deploy", "first-look", "--deployment", "starlette")
    assert process.stdout is not None
    facts = json.loads(process.stdout.readline())
    done = loadbench("http", f"{facts['url']}/json", "-c", "4", "-n", "100", "--json", "-")
    assert json.loads(done.stdout)["runs"][0]["requests"]["succeeded"] == 100
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    poll_until(loadbench.leftovers, lambda found: not found, 20)
