"""Servers of several processes in the app's own Python, and servers on another Python altogether."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import pytest

from program import poll_until
from smoke.app import Frozen, family

SERVER = {
    "uvicorn": """
import os
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
""",
    "sanic": """
import os
from sanic import Sanic, text
app = Sanic("pids")
@app.get("/")
async def pid(request):
    return text(str(os.getpid()))
""",
    "stdlib": """
import http.server, json, os, pathlib, sys
class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        facts = {"environ": dict(os.environ), "executable": sys.executable, "flags": sys.flags.optimize,
                 "maps": pathlib.Path("/proc/self/maps").read_text()}
        body = json.dumps(facts).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answers).serve_forever()
""",
}
ADDRESS = '"--host", "{host}", "--port", "{port}", "--workers", "{workers}"'
COMMAND = {
    "uvicorn": f'["{{python}}", "-m", "uvicorn", "server:app", {ADDRESS}]',
    "sanic": f'["{{python}}", "-m", "sanic", "server:app", {ADDRESS}]',
    "stdlib": '["{python}", "server.py", "{port}"]',
}
WORKLOAD = """
[[workload]]
name = "pids"
request = { path = "/" }
load = { model = "closed", connections = 2 }
"""


def profile(frozen: Frozen, name: str, *, duration: str = "1s", **keys: str) -> str:
    (frozen.folder / "server.py").write_text(SERVER[name], encoding="utf-8")
    keys = {"name": f'"{name}"', "cwd": '"."', "command": COMMAND[name], "workers": "2", **keys}
    lines = "\n".join(f"{key} = {value}" for key, value in keys.items())
    return frozen.profile(f'schema = 1\nname = "pids"\n[[deployment]]\n{lines}\n{WORKLOAD}duration = "{duration}"\n')


@contextmanager
def deployed(frozen: Frozen, path: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server held by `loadbench deploy`, and its address; asked to stop at the end."""
    process = frozen.start("deploy", path)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.communicate()[1]
    try:
        yield process, json.loads(line)["url"]
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors


def ask(url: str) -> str:
    with build_opener(ProxyHandler({})).open(url, timeout=10) as answer:
        return str(answer.read().decode())


@pytest.mark.parametrize("name", ["uvicorn", "sanic"])
def test_two_workers_answer_and_none_is_left(frozen: Frozen, name: str) -> None:
    with deployed(frozen, profile(frozen, name)) as (process, url):
        answered: set[str] = set()

        def several() -> int:
            answered.add(ask(url))
            return len(answered)

        assert poll_until(several, lambda found: found == 2, 30) == 2
        processes = family(process.pid)
        assert {int(pid) for pid in answered} <= processes.keys()
        assert not [seen for seen in processes.values() if seen.has_qt]
    frozen.wait_until_nothing_is_left()


@pytest.mark.parametrize("variables", [{}, {"LD_LIBRARY_PATH": "/opt/of-the-user"}])
def test_another_interpreter_gets_the_users_environment_and_no_library_of_ours(
    frozen: Frozen, variables: dict[str, str]
) -> None:
    frozen.environment |= variables
    with deployed(frozen, profile(frozen, "stdlib", python=f'"{sys.executable}"')) as (_, url):
        facts: dict[str, Any] = json.loads(ask(url))
    assert Path(facts["executable"]) == Path(sys.executable)
    assert str(frozen.app.folder) not in facts["maps"]
    environ: dict[str, str] = facts["environ"]
    assert environ.get("LD_LIBRARY_PATH") == variables.get("LD_LIBRARY_PATH")
    assert [name for name in environ if name.startswith(("_PYI_", "_MEI", "QT_", "QML", "PYSIDE"))] == []
    assert [name for name, value in environ.items() if str(frozen.app.folder) in value] == []


def test_a_variable_without_effect_is_said_and_costs_nothing(frozen: Frozen) -> None:
    path = profile(frozen, "stdlib", env='{ PYTHONOPTIMIZE = "1" }')
    done = frozen("run", path, "--json", "-", "-q")
    assert done.returncode in (0, 3), done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert run["requests"]["succeeded"] > 0
    assert run["requests"]["failed"] == 0


def test_a_module_that_does_not_ship_is_named_with_the_way_out(frozen: Frozen) -> None:
    done = frozen("run", profile(frozen, "stdlib", command='["{python}", "-m", "gunicorn", "{port}"]'))
    assert done.returncode == 4
    assert "The Python that ships with loadbench has no module 'gunicorn'" in " ".join(done.stderr.split())
    assert 'python = "/path/to/python"' in done.stderr
    assert "Traceback" not in done.stderr


def test_a_killed_program_leaves_no_server_and_no_worker(frozen: Frozen) -> None:
    process = frozen.start("run", profile(frozen, "uvicorn", duration="60s"), "-q")
    frozen.wait_for_intervals(1)
    commands = " ".join(seen.command for seen in family(process.pid).values())
    assert "-m uvicorn" in commands
    assert "loadbench_gui.deploy.guardian" in commands
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    frozen.wait_until_nothing_is_left()
