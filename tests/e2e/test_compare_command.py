"""A comparison of the three real servers, from a profile to a verdict, as CI would run it."""

from __future__ import annotations

import json
import signal

import pytest

from loadbench_gui.assets import asset_dir
from program import Loadbench, poll_until

pytestmark = pytest.mark.real_servers
NAMES = ("fastapi", "starlette", "sanic")


def short_profile(loadbench: Loadbench, rounds: int = 2) -> str:
    text = (asset_dir("profiles") / "first-look.toml").read_text()
    text = text.replace('duration = "4s"', 'duration = "2s"').replace("rounds = 4", f"rounds = {rounds}")
    assert f"rounds = {rounds}" in text
    assert 'duration = "2s"' in text
    return loadbench.profile(text)


@pytest.mark.timeout(300)
def test_three_real_servers_end_in_a_verdict_with_its_evidence(loadbench: Loadbench) -> None:
    out = loadbench.folder / "out"
    done = loadbench("compare", short_profile(loadbench), "--seed", "7", "--out", str(out), timeout=250)
    assert done.returncode in (0, 3), done.stdout + done.stderr
    result = json.loads((out / "result.json").read_text())
    runs = result["runs"]
    assert sorted(run["deployment"] for run in runs) == sorted(NAMES * 2)
    for run in runs:
        planned = run["load"]["rate_rps"] * 2
        assert run["requests"]["issued"] == pytest.approx(planned, abs=1)
        assert run["requests"]["succeeded"] >= 0.95 * planned
        memory = run["target"]["memory_bytes"]
        assert 10 * 2**20 < memory["idle"] <= memory["peak"] < 400 * 2**20
        assert run["target"]["cpu_s_per_1k"] > 0
        assert run["target"]["startup_s"] > 0
    comparison = result["comparison"]
    assert comparison["baseline"] == "fastapi"
    main = [m for m in comparison["metrics"] if m["metric"] == "p50"]
    assert {m["deployment"] for m in main} == {"starlette", "sanic"}
    for metric in main:
        low, high = metric["ci95"]
        assert 0 < low <= metric["ratio"] <= high
        assert metric["sentence"]
    assert comparison["summary"] in done.stdout
    page = (out / "report.html").read_text()
    assert page.count("<svg") >= 4
    assert "http://" not in page.split("</head>")[0]
    for name in NAMES:
        assert name in page


@pytest.mark.timeout(200)
def test_stopping_in_mid_comparison_keeps_the_runs_and_leaves_nothing(loadbench: Loadbench) -> None:
    process = loadbench.start("compare", short_profile(loadbench), "--out", str(loadbench.folder / "out"))
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
    process = loadbench.start("compare", short_profile(loadbench))
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
