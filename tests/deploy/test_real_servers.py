from __future__ import annotations

import asyncio
import time
from pathlib import Path

import psutil
import pytest

from loadbench_gui.assets import asset_dir
from loadbench_gui.core.plan import Deployment, Expectation, Launch, Ready, Request
from loadbench_gui.core.run import TargetSample
from loadbench_gui.deploy import ports
from loadbench_gui.deploy.server import Server, launch
from loadbench_gui.deploy.verify import Answer, verify
from loadbench_gui.deploy.watch import sample_tree

pytestmark = pytest.mark.real_servers
MIB = 1024 * 1024
UVICORN = (
    "{python} -m uvicorn app:app --host {host} --port {port} --workers {workers} --no-access-log --log-level warning"
)
SANIC = "{python} -m sanic app:app --host {host} --port {port} --no-access-logs --no-motd"


def deployment(framework: str, workers: int) -> Deployment:
    command = UVICORN if framework != "sanic" else SANIC + (" --single-process" if workers == 1 else f" -w {workers}")
    cwd = str(asset_dir("resources") / "deployments" / framework)
    return Deployment(
        framework, Launch(tuple(command.split()), cwd, workers=workers, ready=Ready("/health")), framework
    )


async def visit(what: Deployment, runtime: Path) -> tuple[Server, Answer, TargetSample | None, float]:
    """One life of a server, as short as can be: the request to stop comes right after its first answers."""
    server = await launch(what, base_dir=runtime, cpus=None, directory=runtime)
    assert server.guardian_pid is not None
    pids = ports.tree_of(server.guardian_pid)
    answer = await verify(server.target, Request(path="/json"), Expectation(status=200, body=b"Hello, World!"))
    sample = sample_tree(server.pid or 0, 0.0)
    asked = time.monotonic()
    await server.stop()
    took_s = time.monotonic() - asked
    assert not [pid for pid in pids if psutil.pid_exists(pid)]
    return server, answer, sample, took_s


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("framework", ["fastapi", "starlette", "sanic"])
def test_a_bundled_deployment_lives_and_leaves_nothing(framework: str, workers: int, runtime: Path) -> None:
    server, answer, sample, stopped_s = asyncio.run(visit(deployment(framework, workers), runtime))

    assert answer.problem == ""
    assert sample is not None
    assert sample.processes >= workers
    assert 10 * MIB * workers < sample.memory_bytes < 400 * MIB * workers
    assert server.startup_s is not None
    assert server.returncode in (0, -15)
    assert f"package:{framework}" in server.facts.observed
    assert server.facts.observed["http parser"] == "httptools"
    assert stopped_s < 9, "it went on being asked, and was not killed after its grace"
