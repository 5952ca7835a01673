"""A worker process is killed while the whole program runs, and the profile has said that this ends the run."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import psutil

from program import Loadbench, poll_until, serving

PROFILE = """
schema = 1
name = "two workers"

[[deployment]]
name = "here"
url = "{url}"

[[workload]]
name = "json"
kind = "http"
request = {{ path = "/json" }}
load = {{ model = "open", rate = 200, connections = 8 }}
warmup = "0s"
duration = "60s"

[comparison]
baseline = "here"

[generator]
workers = 2
on_worker_lost = "stop"
"""


def workers_of(program: subprocess.Popen[str]) -> list[int]:
    children = psutil.Process(program.pid).children(recursive=True)
    return [child.pid for child in children if "spawn_main" in " ".join(child.cmdline())]


def test_the_run_ends_there_says_why_and_keeps_what_was_measured(loadbench: Loadbench) -> None:
    with serving("ok") as target:
        profile = loadbench.profile(PROFILE.format(url=target.url))
        program = loadbench.start("run", profile, "--json", str(loadbench.folder / "result.json"))
        pids = poll_until(lambda: workers_of(program), lambda found: len(found) == 2, 60)
        loadbench.wait_for_intervals(1)
        os.kill(pids[0], signal.SIGKILL)
        _, err = program.communicate(timeout=50)
    assert program.returncode == 5, err
    assert "Traceback" not in err
    assert "A generator process died" in err
    assert 'on_worker_lost = "stop"' in err
    (run,) = json.loads((loadbench.folder / "result.json").read_text())["runs"]
    assert (run["sealed"], run["stop_reason"]) == (False, "worker_lost")
    assert run["generator"]["verdict"] == "invalid"
    assert 0 < run["duration_s"] < 60
    assert run["requests"]["succeeded"] > 0
