"""Starting and surely ending one sample deployment, with nothing but subprocess: this suite stands on its own."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

DEPLOYMENTS = Path(__file__).resolve().parents[2] / "resources" / "deployments"
FRAMEWORKS = ("fastapi", "starlette", "sanic")
READY_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0
PR_SET_PDEATHSIG = 1

UVICORN = (
    "--workers {workers} --loop uvloop --http httptools --no-access-log --log-level warning --timeout-keep-alive 75"
)
ARGUMENTS = {
    "fastapi": f"-m uvicorn app:app --host 127.0.0.1 --port {{port}} {UVICORN}",
    "starlette": f"-m uvicorn app:app --host 127.0.0.1 --port {{port}} {UVICORN}",
    "sanic": "-m sanic app:app --host 127.0.0.1 --port {port} {processes} --no-access-logs --no-motd",
}


@dataclass(frozen=True)
class Server:
    """A sample deployment that answers. `pid` is the root of its process tree and the id of its process group."""

    framework: str
    port: int
    pid: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def tree(self) -> list[psutil.Process]:
        """The root process and everything it started."""
        root = psutil.Process(self.pid)
        return [root, *root.children(recursive=True)]


def arguments(framework: str, port: int, workers: int) -> list[str]:
    """The fair launch command of resources/deployments/README.md, without the interpreter."""
    processes = "--single-process" if workers == 1 else f"--workers {workers}"
    return ARGUMENTS[framework].format(port=port, workers=workers, processes=processes).split()


@contextmanager
def running(framework: str, log: Path, workers: int = 1) -> Iterator[Server]:
    """Run the sample deployment of `framework` until the block ends; then no process of it is left."""
    port = _free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, *arguments(framework, port, workers)],
            cwd=DEPLOYMENTS / framework,
            env=environment | {"SANIC_KEEP_ALIVE_TIMEOUT": "75"},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )
    server = Server(framework, port, process.pid, log)
    try:
        _wait_until_it_answers(server, process, workers)
        yield server
    finally:
        _end(process)


def unexpected_errors(log: Path) -> list[str]:
    """The tracebacks in a server's log, without the one that FastAPI's own event streams write when a reader leaves."""
    reports = log.read_text().split("ERROR:")
    known = ("_sse_producer_cm", "anyio.BrokenResourceError")
    return [report for report in reports if "Traceback" in report and not all(name in report for name in known)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _end_with_parent() -> None:
    """Ask the kernel for a TERM when the test process dies without running its clean-up."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait_until_it_answers(server: Server, process: subprocess.Popen[bytes], workers: int) -> None:
    for _ in range(int(READY_TIMEOUT_S / 0.05)):
        try:
            # The pause between two attempts is a wait for the one event that ends the waiting early.
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            if _all_workers_started(server, workers) and _answers(server):
                break
        else:
            raise AssertionError(f"{server.framework} exited with {process.returncode}:\n{server.log.read_text()}")
    else:
        raise AssertionError(f"{server.framework} does not answer:\n{server.log.read_text()}")
    listening = {
        connection.laddr.port
        for member in server.tree()
        for connection in member.net_connections("tcp4")
        if connection.status == psutil.CONN_LISTEN
    }
    assert server.port in listening, f"port {server.port} is answered by somebody else"


def _all_workers_started(server: Server, workers: int) -> bool:
    """Sanic answers as soon as one worker is up, and its manager hangs on a TERM that comes before the last one is."""
    return server.framework != "sanic" or server.log.read_text().count("Worker ready") >= workers


def _answers(server: Server) -> bool:
    try:
        return httpx.get(f"{server.url}/health", trust_env=False, verify=False, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    tree = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for member in tree:
        if member.is_running() and member.pid != process.pid:
            member.kill()
    psutil.wait_procs(tree[1:], timeout=STOP_TIMEOUT_S)
