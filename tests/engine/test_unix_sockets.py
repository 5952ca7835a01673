"""Unix sockets in place of TCP: the same requests, the same figures, no port."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from engine.firing import adds_up
from engine.servers import Server, fire_at, response, says, serving_unix
from loadbench_gui.core.plan import ClosedLoad, EngineName, OpenLoad, Target
from loadbench_gui.core.snapshot import ErrorKind
from loadbench_gui.services.generator import Fired
from program import Loadbench

ENGINES: tuple[EngineName, ...] = ("in-app", "workers")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the socket is; short enough for every system."""
    return tmp_path / "s"


def target_at(place: Path) -> Target:
    return Target("http", "localhost", 80, "", unix_path=str(place))


@asynccontextmanager
async def answering(place: Path) -> AsyncIterator[Server]:
    async with serving_unix(says(response()), str(place)) as server:
        yield server


@pytest.mark.parametrize("engine", ENGINES)
def test_requests_go_through_a_unix_socket(place: Path, engine: EngineName) -> None:
    async def scenario() -> tuple[Fired, Server]:
        async with answering(place) as server:
            return await fire_at(target_at(place), ClosedLoad(3), limit=300, engine=engine), server

    fired, server = asyncio.run(scenario())
    assert adds_up(fired)
    assert fired.measured.succeeded == server.requests == 300
    assert server.connections == fired.traffic.opened == 3
    assert fired.traffic.connect.total == 3
    assert fired.traffic.tls.total == 0
    assert fired.served == {}, "a Unix socket has no port"


def test_an_open_loop_keeps_its_rate_there_too(place: Path) -> None:
    async def scenario() -> Fired:
        async with answering(place):
            return await fire_at(target_at(place), OpenLoad(4, 200.0), duration_s=0.5)

    fired = asyncio.run(scenario())
    assert fired.measured.succeeded == fired.measured.issued == 100


@contextmanager
def listening(place: Path, backlog: int) -> Iterator[socket.socket]:
    """A server that accepts nobody, with room for `backlog` + 1 who wait."""
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(place))
        listener.listen(backlog)
        yield listener


@pytest.mark.parametrize("engine", ENGINES)
def test_a_queue_that_stays_full_is_a_connect_timeout(place: Path, engine: EngineName) -> None:
    with listening(place, 0):
        shape = ClosedLoad(3)
        fired = asyncio.run(fire_at(target_at(place), shape, duration_s=1.0, timeout_s=0.3, engine=engine))
    assert adds_up(fired)
    assert fired.measured.errors[ErrorKind.CONNECT_TIMEOUT] > 0
    assert set(fired.measured.errors) == {ErrorKind.CONNECT_TIMEOUT, ErrorKind.READ_TIMEOUT}
    (sample, *_) = (sample for sample in fired.samples if sample.kind is ErrorKind.CONNECT_TIMEOUT)
    assert sample.response_head == b"(no answer: no connection within 0.3 s)"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full queue refuses")
def test_a_queue_that_empties_again_costs_nobody_the_connection(place: Path) -> None:
    async def scenario() -> tuple[Fired, int]:
        loop = asyncio.get_running_loop()
        with listening(place, 0) as listener:
            listener.setblocking(False)
            accepted = asyncio.ensure_future(_accept_slowly(loop, listener))
            fired = await fire_at(target_at(place), ClosedLoad(8), limit=80, duration_s=20.0)
            accepted.cancel()
            return fired, fired.traffic.opened

    fired, opened = asyncio.run(scenario())
    assert fired.measured.succeeded == 80
    assert opened == 8


async def _accept_slowly(loop: asyncio.AbstractEventLoop, listener: socket.socket) -> None:
    """Take one connection in every 20 ms: the queue of one is full most of the time."""
    while True:
        connection, _ = await loop.sock_accept(listener)
        await loop.connect_accepted_socket(_Answers, connection)
        await asyncio.sleep(0.02)


class _Answers(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(response() * data.count(b"\r\n\r\n"))


def test_a_socket_that_nobody_listens_on_is_refused(place: Path) -> None:
    with listening(place, 1):
        pass
    fired = asyncio.run(fire_at(target_at(place), ClosedLoad(1), limit=2, duration_s=5.0))
    assert fired.measured.errors == {ErrorKind.CONNECT_REFUSED: 2}
    assert b"Connection refused" in fired.samples[0].response_head


def test_a_socket_that_is_gone_is_a_failure_to_connect(place: Path) -> None:
    fired = asyncio.run(fire_at(target_at(place), ClosedLoad(1), limit=2, duration_s=5.0))
    assert fired.measured.errors == {ErrorKind.CONNECT_FAILED: 2}
    assert fired.samples[0].response_head == b"(no answer: No such file or directory)"


APP = """
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    host = dict(scope["headers"])[b"host"]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(host))]})
    await send({"type": "http.response.body", "body": host})
"""


@contextmanager
def uvicorn(place: Path, folder: Path) -> Iterator[None]:
    """A real server on a Unix socket, once it says that it runs; it logs every request."""
    (folder / "app.py").write_text(APP, encoding="utf-8")
    command = [sys.executable, "-m", "uvicorn", "app:app", "--uds", str(place), "--lifespan", "off"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, stdout=log, text=True)
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if "Uvicorn running on" in line:
                break
        yield
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_the_whole_program_measures_uvicorn_on_a_unix_socket(place: Path, tmp_path: Path) -> None:
    url = f"http+unix://{quote(str(place), safe='')}"
    with uvicorn(place, tmp_path):
        done = Loadbench(tmp_path)(
            "http", f"{url}/hello?a=1", "-c", "2", "-n", "400", "--expect-body", "localhost", "--json", "-"
        )
    assert done.returncode == 0, done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert run["requests"]["succeeded"] == 400
    assert run["status_codes"] == {"200": 400}
    assert run["url"] == url
    assert run["target"]["processes"] == 1, "who listens on the socket is found, and watched"
    asked = (tmp_path / "log").read_text(encoding="utf-8").count('"GET /hello?a=1 HTTP/1.1" 200')
    assert asked == 400


def test_the_program_says_that_there_is_no_socket(place: Path, tmp_path: Path) -> None:
    done = Loadbench(tmp_path)("http", f"http+unix://{quote(str(place), safe='')}/", "-n", "1")
    assert done.returncode == 4
    assert f"there is no socket {place}: No such file or directory" in done.stderr
    assert "Start the server first" in done.stderr
