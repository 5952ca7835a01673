"""Our counts against the access logs of the three real servers: every request that we report, and not one more."""

from __future__ import annotations

import json

import pytest

from program import Loadbench

pytestmark = pytest.mark.real_servers

RATE, LENGTH_S = 300, 2
UVICORN = "-m uvicorn app:app --host {host} --port {port} --loop uvloop --http httptools"
SANIC = "-m sanic app:app --host {host} --port {port} --single-process --access-logs --no-motd"
PROFILE = """
schema = 1
name = "counted by the server"

[[deployment]]
name = "{name}"
framework = "{name}"
cwd = "{{resources}}/deployments/{name}"
command = ["sh", "-c", 'exec "$0" {arguments} >> "{log}" 2>&1', "{{python}}"]
ready = {{ path = "/health" }}

[[workload]]
name = "json"
kind = "http"
request = {{ path = "/json" }}
expect = {{ status = 200, json = {{ message = "Hello, World!" }} }}
load = {{ model = "open", rate = {rate}, connections = 8 }}
warmup = "0s"
duration = "{length}s"
"""


@pytest.mark.parametrize(("name", "arguments"), [("fastapi", UVICORN), ("starlette", UVICORN), ("sanic", SANIC)])
def test_our_counts_are_those_of_the_servers_own_log(loadbench: Loadbench, name: str, arguments: str) -> None:
    log = loadbench.folder / "access.log"
    text = PROFILE.format(name=name, arguments=arguments, log=log, rate=RATE, length=LENGTH_S)
    done = loadbench("run", loadbench.profile(text), "--json", "-")
    assert done.stdout, done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert run["requests"]["issued"] == run["requests"]["succeeded"] == RATE * LENGTH_S
    logged = [line for line in log.read_text().splitlines() if "/json" in line]
    asked_before_the_load = 1
    assert len(logged) == RATE * LENGTH_S + asked_before_the_load
    assert all(" 200" in line for line in logged)
