"""A profile of requests that differ: what the server heard is what the profile asks for, from two workers together."""

from __future__ import annotations

import base64
import json
from collections import Counter
from pathlib import Path
from typing import Any

from program import Loadbench

SECRET = "s3${counter}cret$"
LIMIT = 200

LISTENER = """
import http.server, json, sys, threading

lock = threading.Lock()

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        heard = {"method": self.command, "path": self.path, "body": body, **headers}
        with lock, open("heard.jsonl", "a") as log:
            print(json.dumps(heard), file=log, flush=True)
        self.wfile.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")

    do_PUT = do_GET

http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""

PROFILE = f"""
schema = 1

[[deployment]]
name = "listener"
command = ["{{python}}", "listener.py", "{{port}}"]
ready = {{ path = "/ready" }}

[[workload]]
name = "users"
data = "users.csv"
request = {{ path = "/user/${{row:id}}?n=${{counter}}", headers = {{ X-Id = "${{uuid}}" }}, weight = 3 }}
expect = {{ status = 200 }}
load = {{ model = "closed", connections = 4 }}
requests = {LIMIT}
duration = "60s"

[[workload.also]]
method = "PUT"
path = "/name"
json = {{ name = "${{row:name}}", n = "${{counter}}", key = "${{env:KEY}}", literal = "$${{counter}}" }}
expect = {{ body = "ok" }}

[generator]
workers = 2
auth = "basic"
credentials = "load:${{env:KEY}}"
"""
USERS = [("1", "Ada"), ("2", 'Grace "H"'), ("3", "Søren, K")]


def heard_in(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "heard.jsonl").read_text("utf-8").splitlines()
    return [one for one in map(json.loads, lines) if one["path"].startswith(("/user", "/name"))]


def number_of(heard: dict[str, Any]) -> int:
    return int(heard["path"].partition("n=")[2] if heard["method"] == "GET" else json.loads(heard["body"])["n"])


def test_a_server_hears_every_number_once_each_with_its_row_its_login_and_its_secret(loadbench: Loadbench) -> None:
    (loadbench.folder / "listener.py").write_text(LISTENER, encoding="utf-8")
    (loadbench.folder / "users.csv").write_text('id,name\n1,Ada\n2,"Grace ""H"""\n3,"Søren, K"\n', encoding="utf-8")
    loadbench.environment["KEY"] = SECRET

    done = loadbench("run", loadbench.profile(PROFILE), "--json", str(loadbench.folder / "result.json"))

    assert done.returncode in (0, 3), done.stderr
    (run,) = json.loads((loadbench.folder / "result.json").read_text("utf-8"))["runs"]
    assert (run["requests"]["issued"], run["requests"]["succeeded"]) == (LIMIT, LIMIT)
    read, named, *heard = heard_in(loadbench.folder)
    assert (read["path"], named["path"]) == ("/user/1?n=1", "/name"), "each is asked for once before the load"
    assert number_of(named) == 1
    assert Counter(map(number_of, heard)) == Counter(range(1, LIMIT + 1))
    for one in heard:
        row = USERS[(number_of(one) - 1) % len(USERS)]
        if one["method"] == "GET":
            assert one["path"] == f"/user/{row[0]}?n={number_of(one)}"
        else:
            body = json.loads(one["body"])
            assert (body["name"], body["key"], body["literal"]) == (row[1], SECRET, "${counter}")
    reads = [one for one in heard if one["method"] == "GET"]
    assert len({one["x-id"] for one in reads}) == len(reads)
    assert LIMIT * 0.6 < len(reads) < LIMIT * 0.9
    login = base64.b64encode(f"load:{SECRET}".encode()).decode()
    assert {one["authorization"] for one in (read, named, *heard)} == {f"Basic {login}"}
    kept = [path for path in loadbench.folder.rglob("*") if path.is_file() and path.name != "heard.jsonl"]
    assert [path.name for path in kept if told_in(path.read_bytes(), SECRET, login)] == []


def told_in(data: bytes, *secrets: str) -> bool:
    return any(secret.encode() in data for secret in secrets)


def test_a_row_that_no_header_can_carry_stops_the_run_before_anything_is_started(loadbench: Loadbench) -> None:
    (loadbench.folder / "listener.py").write_text(LISTENER, encoding="utf-8")
    (loadbench.folder / "users.csv").write_text('id,name\n1,Ada\n2,"two\nlines"\n', encoding="utf-8")
    loadbench.environment["KEY"] = SECRET
    profile = PROFILE.replace('X-Id = "${uuid}"', 'X-Id = "${row:name}"')

    done = loadbench("run", loadbench.profile(profile))

    assert done.returncode == 2
    assert "row 2 of users.csv, column 'name'" in " ".join((done.stdout + done.stderr).split())
    assert "Traceback" not in done.stderr
    assert not (loadbench.folder / "heard.jsonl").exists()
