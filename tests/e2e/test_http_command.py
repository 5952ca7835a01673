"""`loadbench http` against a server that counts for itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from program import Loadbench, serving


def test_counts_agree_with_the_servers_own(loadbench: Loadbench) -> None:
    with serving("ok") as target:
        done = loadbench("http", f"{target.url}/json", "-c", "4", "-d", "1s", "--json", "-")
        seen = target.close()
    assert done.returncode == 0, done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert run["requests"]["issued"] == seen
    assert run["requests"]["succeeded"] == seen
    assert run["status_codes"] == {"200": seen}
    assert run["latency_us"]["service"]["count"] == seen
    asked_for = {"model": "closed", "connections": 4, "rate_rps": None, "arrival": None}
    assert run["load"] == asked_for | {"think_s": 0.0, "thinking": "constant", "when_busy": None, "queue_limit": None}


def test_an_open_loop_keeps_both_clocks_and_its_rate(loadbench: Loadbench) -> None:
    with serving("ok") as target:
        done = loadbench("http", target.url, "-c", "4", "-r", "400", "-d", "2s", "--json", "-", "--quiet")
        seen = target.close()
    (run,) = json.loads(done.stdout)["runs"]
    assert run["requests"]["issued"] == 800 == seen
    scheduled, service = run["latency_us"]["scheduled"], run["latency_us"]["service"]
    assert scheduled["count"] == service["count"] == 800
    assert scheduled["mean"] >= service["mean"]
    assert scheduled["p50"] is not None
    assert scheduled["p99"] is None
    assert "p99" in scheduled["unsupported"]


def test_a_request_count_ends_the_run(loadbench: Loadbench) -> None:
    with serving("ok") as target:
        done = loadbench("http", target.url, "-c", "3", "-n", "500", "-d", "60s", "--json", "-")
        seen = target.close()
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["runs"][0]["requests"]["succeeded"] == 500 == seen


def test_the_in_app_engine_gives_the_same_counts(loadbench: Loadbench) -> None:
    with serving("ok") as target:
        done = loadbench("http", target.url, "-c", "2", "-n", "200", "--engine", "in-app", "--json", "-")
        seen = target.close()
    assert done.returncode == 0, done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert run["engine"] == "in-app"
    assert run["requests"]["succeeded"] == 200 == seen


def test_words_show_both_clocks_and_the_generators_verdict(loadbench: Loadbench) -> None:
    with serving("ok") as target:
        done = loadbench("http", target.url, "-c", "2", "-d", "1s")
    assert "scheduled" in done.stdout
    assert "service" in done.stdout
    assert "generator" in done.stdout
    assert "requests/s" in done.stdout


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "TERM"])
def test_a_signal_keeps_and_reports_what_was_measured(loadbench: Loadbench, signum: signal.Signals, code: int) -> None:
    with serving("ok") as target:
        process = loadbench.start(
            "http", target.url, "-c", "2", "-d", "60s", "--json", str(loadbench.folder / "r.json")
        )
        loadbench.wait_for_intervals(1)
        process.send_signal(signum)
        _, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert "Traceback" not in err
    (run,) = json.loads((loadbench.folder / "r.json").read_text())["runs"]
    assert run["requests"]["succeeded"] > 0
    assert 0 < run["duration_s"] < 60


def test_a_signal_to_the_whole_group_and_its_echo_keep_and_report_what_was_measured(loadbench: Loadbench) -> None:
    with serving("ok") as target:
        process = subprocess.Popen(
            [sys.executable, "-m", "loadbench_gui", "http", target.url, "-c", "2", "-d", "60s", "--json", "-"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=loadbench.environment,
            start_new_session=True,
        )  # fmt: skip
        loadbench.wait_for_intervals(1)
        process.send_signal(signal.SIGTERM)  # as timeout(1) does it
        os.killpg(process.pid, signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 143, err
    (run,) = json.loads(out)["runs"]
    assert run["requests"]["succeeded"] > 0
    assert "died" not in json.dumps(run["generator"]["caveats"])
    assert "throughput" in err


def test_a_killed_run_is_in_the_history_unsealed(loadbench: Loadbench) -> None:
    with serving("ok") as target:
        process = loadbench.start("http", target.url, "-c", "2", "-d", "60s")
        stored = loadbench.wait_for_intervals(2)
        process.kill()
        process.communicate(timeout=60)
        loadbench.wait_until_nothing_is_left()
    listed = json.loads(loadbench("history", "list", "--json", "-").stdout)
    (run,) = listed["runs"]
    assert run["sealed"] is False
    assert run["intervals"] >= stored
    shown = loadbench("history", "show", run["run_id"], "--json", "-")
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)["runs"][0]["requests"]["succeeded"] > 0


def test_a_full_disk_ends_the_run_and_keeps_what_was_measured(loadbench: Loadbench) -> None:
    with serving("ok") as target:
        process = loadbench.start(
            "http", target.url, "-c", "8", "-d", "60s", "--json", "-", largest_file_bytes=200 * 1024
        )  # fmt: skip
        out, err = process.communicate(timeout=90)
    assert process.returncode == 5, err
    assert "Traceback" not in err
    assert err.count("error:") == 1
    assert "history" in err
    (run,) = json.loads(out)["runs"]
    assert run["requests"]["succeeded"] > 0
    assert run["duration_s"] < 60
