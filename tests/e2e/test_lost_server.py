"""A server dies under the load: that is what ended the run, in the terminal, the history and the document."""

from __future__ import annotations

import json
import sys

from program import Loadbench

SERVER = """
import asyncio, os, sys

left = 100

async def answer(reader, writer):
    global left
    while True:
        await reader.readuntil(b"\\r\\n\\r\\n")
        left -= 1
        if not left:
            os._exit(3)
        writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")

async def main():
    await (await asyncio.start_server(answer, "127.0.0.1", int(sys.argv[1]))).serve_forever()

asyncio.run(main())
"""
PROFILE = """
schema = 1
name = "mortal"

[[deployment]]
name = "mortal"
command = [{python}, "mortal.py", "{{port}}"]

[[workload]]
name = "plain"
kind = "http"
request = {{ path = "/" }}
load = {{ model = "open", rate = 100, connections = 2 }}
warmup = "0s"
duration = "60s"

[comparison]
baseline = "mortal"
"""


def test_a_server_that_died_is_told_as_what_ended_the_run(loadbench: Loadbench) -> None:
    (loadbench.folder / "mortal.py").write_text(SERVER, encoding="utf-8")
    profile = loadbench.profile(PROFILE.format(python=json.dumps(sys.executable)))
    ended = loadbench("run", profile, "--json", "result.json")
    assert ended.returncode == 4, ended.stderr
    assert "ended in the middle of the load with exit code 3" in ended.stderr
    assert "Cut short: the server ended." in ended.stdout
    (run,) = json.loads((loadbench.folder / "result.json").read_text())["runs"]
    assert (run["sealed"], run["stop_reason"]) == (False, "target_lost")
    assert "cut short: the server ended" in loadbench("history", "list").stdout
