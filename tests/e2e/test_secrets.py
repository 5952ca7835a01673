"""A secret goes to the server and nowhere else, also when the server talks about it."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from program import Loadbench

SECRET = 'S3cr"et-Value-9876'

TELLTALE = """
import http.server, os, sys
told = sys.argv[2] + os.environ["APP_TOKEN"]
print("started with", told, file=sys.stderr, flush=True)

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen = 0

    def log_message(self, *words):
        pass

    def do_GET(self):
        heard = self.headers.get("Authorization") or ""
        Handler.seen += 1
        if Handler.seen > 12:
            print("dying of", heard, file=sys.stderr, flush=True)
            os._exit(7)
        body = f"you sent {heard} for {self.path}, and I have {told}".encode()
        self.send_response(200)
        self.send_header("X-Heard", heard)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""

PROFILE = """
schema = 1
name = "telltale"

[[deployment]]
name = "telltale"
command = ["{python}", "telltale.py", "{port}", "${env:TOKEN}"]
env = { APP_TOKEN = "${env:TOKEN}" }

[[workload]]
name = "root"
kind = "http"
request = { path = "/?key=1", headers = { Authorization = "Bearer ${env:TOKEN}" } }
expect = { body = "never said" }
load = { model = "closed", connections = 2 }
duration = "30s"
"""


def test_a_secret_that_the_server_tells_everybody_is_kept_nowhere(loadbench: Loadbench) -> None:
    (loadbench.folder / "telltale.py").write_text(TELLTALE, encoding="utf-8")
    loadbench.environment["TOKEN"] = SECRET
    done = loadbench("run", loadbench.profile(PROFILE), "--out", str(loadbench.folder / "out"))
    said = done.stdout + done.stderr
    assert done.returncode == 4
    assert "exit code 7" in said
    assert "dying of Bearer ${env:TOKEN}" in said
    assert "does not contain 'never said'; it begins 'you sent Bearer ${env:TOKEN}" in " ".join(said.split())
    assert "et-Value" not in said
    written = [path for path in loadbench.folder.rglob("*") if path.is_file()]
    assert {"history.db", "report.html", "result.json"} <= {path.name for path in written}
    assert [path.name for path in written if b"et-Value" in path.read_bytes()] == []


class Refusing(BaseHTTPRequestHandler):
    """Answers 500, and repeats what it was told to log in with."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Tell everybody."""
        heard = f"{self.headers.get('Authorization')} {self.headers.get('Cookie')}".encode()
        self.send_response(500)
        self.send_header("Content-Length", str(len(heard)))
        self.end_headers()
        self.wfile.write(heard if self.headers.get("Cookie") is None else b" " * len(heard))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_password_in_the_command_line_is_kept_nowhere(loadbench: Loadbench) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        count = ("-c", "1", "-n", "5", "--json")
        login = loadbench("http", url, *count, "login.json", "--user", "me:hunter2-pw")
        headers = ("-H", "Authorization: Bearer tok-9876", "-H", "Cookie: id=tok-9876")
        given = loadbench("http", url, *count, "given.json", *headers)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert (login.returncode, given.returncode) == (4, 4), login.stderr + given.stderr
    assert "Authorization: Basic ***" in (loadbench.folder / "login.json").read_text("utf-8")
    written = {path: path.read_bytes() for path in loadbench.folder.rglob("*") if path.is_file()}
    assert "history.db" in {path.name for path in written}
    for leak in ("hunter2-pw", "bWU6aHVudGVyMi1wdw"):
        assert [path.name for path, held in written.items() if leak.encode() in held] == []
        assert leak not in login.stdout + login.stderr
    assert "tok-9876" not in (loadbench.folder / "given.json").read_text("utf-8")
