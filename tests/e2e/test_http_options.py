"""What `loadbench http` is told is what the server gets: each option through the real command, over real sockets."""

from __future__ import annotations

import base64
import json
import os
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from certificates import make_certificate
from program import Loadbench

BODY = b"Hello, World!"


class Recorder(ThreadingHTTPServer):
    """A server that keeps what it was asked."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, handler: type[BaseHTTPRequestHandler], host: str = "127.0.0.1") -> None:
        super().__init__((host, 0), handler)
        self.asked: list[tuple[float, str, str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer goes out at once; in two parts, the second waits for the first to be acknowledged
    server: Recorder

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append((monotonic(), self.command, self.path, headers, body))
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def do_PUT(self) -> None:
        self.answer()

    def do_DELETE(self) -> None:
        self.answer()

    def log_message(self, *_: object) -> None:
        """Say nothing: tests read what was recorded."""


class UnixRecorder(Recorder):
    """The same on a Unix socket."""

    address_family = socket.AF_UNIX

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(Handler)

    def server_bind(self) -> None:
        self.socket.bind(str(self.path))
        self.server_name, self.server_port = "localhost", 0

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, _ = self.socket.accept()
        return connection, ("unix", 0)


def running(server: Recorder) -> Iterator[Recorder]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    yield from running(Recorder(Handler))


def measured(loadbench: Loadbench, *arguments: str) -> dict[str, Any]:
    done = loadbench("http", *arguments, "--json", "-", "--quiet")
    assert done.returncode == 0, done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert isinstance(run, dict)
    return run


def test_a_count_alone_runs_until_it_is_reached(loadbench: Loadbench, recorder: Recorder) -> None:
    run = measured(loadbench, recorder.url, "-c", "3", "-n", "100")
    assert run["requests"]["succeeded"] == 100 == len(recorder.asked)


def test_a_mix_is_drawn_by_weight_with_the_same_headers(loadbench: Loadbench, recorder: Recorder) -> None:
    run = measured(
        loadbench, f"{recorder.url}/a", "-c", "2", "-n", "400", "-H", "X-Who: me",
        "--also", "2 POST /b", "--also", "1 DELETE /c/d?e=f",
    )  # fmt: skip
    assert run["requests"]["succeeded"] == 400
    drawn = Counter((method, path) for _, method, path, _, _ in recorder.asked)
    assert set(drawn) == {("GET", "/a"), ("POST", "/b"), ("DELETE", "/c/d?e=f")}
    assert 150 < drawn["POST", "/b"] < 250
    assert all(headers["x-who"] == "me" for _, _, _, headers, _ in recorder.asked)


def test_placeholders_and_rows_are_filled_in(loadbench: Loadbench, recorder: Recorder) -> None:
    (loadbench.folder / "users.csv").write_text("id,name\n7,ann\n8,bob\n", encoding="utf-8")
    measured(
        loadbench, f"{recorder.url}/u/${{counter}}?who=${{row:name}}", "-c", "2", "-n", "10",
        "-m", "PUT", "-H", "X-Id: ${row:id}", "--body", "n=${counter:100}", "--data", "users.csv",
    )  # fmt: skip
    seen = {path: (headers["x-id"], body) for _, _, path, headers, body in recorder.asked}
    assert len(seen) == 10
    assert seen["/u/1?who=ann"] == ("7", b"n=100")
    assert seen["/u/10?who=bob"] == ("8", b"n=109")


def test_a_file_is_streamed_as_it_is(loadbench: Loadbench, recorder: Recorder) -> None:
    content = os.urandom(300_000)
    (loadbench.folder / "big.bin").write_bytes(content)
    measured(loadbench, recorder.url, "-c", "2", "-n", "4", "-m", "POST", "--body-file", "big.bin")
    assert [body == content for *_, body in recorder.asked] == [True] * 4


def test_a_user_logs_in_and_asks_for_gzip(loadbench: Loadbench, recorder: Recorder) -> None:
    measured(loadbench, recorder.url, "-c", "1", "-n", "3", "--user", "me:pä ss", "--gzip")
    wanted = "Basic " + base64.b64encode("me:pä ss".encode()).decode()
    assert [(h["authorization"], h["accept-encoding"]) for _, _, _, h, _ in recorder.asked] == [(wanted, "gzip")] * 3


def test_a_password_from_the_environment_is_sent_and_kept_nowhere(loadbench: Loadbench, recorder: Recorder) -> None:
    loadbench.environment["PW"] = "hunter22hunter22"
    run = measured(loadbench, recorder.url, "-c", "1", "-n", "3", "--user", "me:${env:PW}")
    assert recorder.asked[0][3]["authorization"] == "Basic " + base64.b64encode(b"me:hunter22hunter22").decode()
    assert "hunter22" not in json.dumps(run)
    for kept in (loadbench.folder / "data").rglob("*"):
        assert kept.is_dir() or b"hunter22" not in kept.read_bytes(), kept


def test_users_think_between_requests(loadbench: Loadbench, recorder: Recorder) -> None:
    run = measured(loadbench, recorder.url, "-c", "1", "-n", "5", "--think", "100ms")
    times = [at for at, *_ in recorder.asked]
    assert all(after - before > 0.09 for before, after in pairwise(times))
    assert run["requests"]["succeeded"] == 5


def test_stages_send_what_their_rates_add_up_to(loadbench: Loadbench, recorder: Recorder) -> None:
    stages = ("--stage", "1s:100", "--stage", "0s:200", "--stage", "1s:200")
    run = measured(loadbench, recorder.url, "-c", "4", *stages)
    # A ramp from nothing to 100/s in a second brings 50, a second at 200/s brings 200.
    assert run["requests"]["issued"] == 250 == len(recorder.asked)


def test_beyond_the_queue_limit_requests_are_dropped_and_counted(loadbench: Loadbench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        done = loadbench(
            "http", url, "-c", "1", "-r", "100", "-d", "1s", "--queue-limit", "5", "--timeout", "2s", "--json", "-"
        )
    run = json.loads(done.stdout)["runs"][0]
    requests = run["requests"]
    assert requests["issued"] == 100
    assert requests["dropped"] == 94  # one is on the connection, five wait
    assert sum(requests.values()) == 2 * requests["issued"]
    assert 4 <= run["unsent"] <= requests["censored"]


def test_a_unix_socket(loadbench: Loadbench) -> None:
    path = loadbench.folder / "app.sock"
    for server in running(UnixRecorder(path)):
        quoted = str(path).replace("/", "%2F")
        run = measured(loadbench, f"http+unix://{quoted}/json?x=1", "-c", "2", "-n", "20")
        assert run["requests"]["succeeded"] == 20 == len(server.asked)
        assert {(asked, headers["host"]) for _, _, asked, headers, _ in server.asked} == {("/json?x=1", "localhost")}


def test_an_address_of_ipv6(loadbench: Loadbench) -> None:
    class Six(Recorder):
        address_family = socket.AF_INET6

    server = Six(Handler, "::1")
    port = server.server_address[1]
    for listening in running(server):
        measured(loadbench, f"http://[::1]:{port}/", "-c", "2", "-n", "10")
        assert {headers["host"] for _, _, _, headers, _ in listening.asked} == {f"[::1]:{port}"}


def test_an_authority_and_a_name_of_ones_own(loadbench: Loadbench, tmp_path: Path) -> None:
    made = make_certificate(tmp_path)
    server = Recorder(Handler)
    server.socket = made.server.wrap_socket(server.socket, server_side=True)
    url = f"https://127.0.0.1:{server.server_address[1]}/"
    for _ in running(server):
        run = measured(loadbench, url, "-c", "1", "-n", "5", "--cacert", str(made.path), "--sni", "localhost")
        assert run["requests"]["succeeded"] == 5
        done = loadbench("http", url, "-c", "1", "-n", "5", "--cacert", str(made.path), "--sni", "other.test")
        assert done.returncode == 4
        assert "tls" in done.stderr


def test_httpx_is_chosen_where_it_is_needed_and_named(loadbench: Loadbench, recorder: Recorder) -> None:
    done = loadbench("http", recorder.url, "-c", "1", "-n", "5", "--cookies", "--json", "result.json")
    assert done.returncode == 0, done.stderr
    assert "Sent by httpx, because of --cookies" in done.stdout
    assert "sent by httpx" in done.stdout
    assert json.loads((loadbench.folder / "result.json").read_text("utf-8"))["runs"][0]["client"] == "httpx"
    assert len(recorder.asked) == 5
