"""Where it runs: streams that are closed, full or read by `head`, locales, folders, terminals that go away."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from program import Loadbench, serving

TWO = """
schema = 1
name = "Größe & [bold]"

[[deployment]]
name = "eins ü"
cwd = "sub dir"
command = ["{{python}}", "server ü.py", "{{port}}", {first}]

[[deployment]]
name = "zwei"
cwd = "sub dir"
command = ["{{python}}", "server ü.py", "{{port}}", {second}]

[[workload]]
name = "root"
request = {{ path = "/" }}
expect = {{ status = 200, json = {{ message = "hello" }} }}
load = {{ model = "open", rate = 50, connections = 2 }}
warmup = "250ms"
duration = "500ms"

[comparison]
primary = "p50"
rounds = 2
"""
JSON_SERVER = r"""
import asyncio, sys

class Served(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        body = b'{"message": "%s"}' % sys.argv[2].encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        for _ in range(data.count(b"\r\n\r\n")):
            self.transport.write(head + body)

async def main():
    server = await asyncio.get_running_loop().create_server(Served, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()

asyncio.run(main())
"""


def two_servers(loadbench: Loadbench, first: str = "hello", second: str = "hello") -> str:
    folder = loadbench.folder / "my prófile"
    (folder / "sub dir").mkdir(parents=True)
    (folder / "sub dir" / "server ü.py").write_text(JSON_SERVER, encoding="utf-8")
    path = folder / "zwei größen.toml"
    path.write_text(TWO.format(first=f'"{first}"', second=f'"{second}"'), encoding="utf-8")
    return str(path)


def shell(loadbench: Loadbench, command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command, sys.executable],
        capture_output=True, text=True, env=loadbench.environment, cwd=loadbench.folder, timeout=100, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams(loadbench: Loadbench, closed: str) -> None:
    with serving("ok") as target:
        done = shell(loadbench, f'"$0" -m loadbench_gui http {target.url} -c 1 -n 20 --json out.json {closed}')
    assert done.returncode == 0, done.stderr
    result = json.loads((loadbench.folder / "out.json").read_text("utf-8"))
    assert result["runs"][0]["requests"]["succeeded"] == 20
    # Python's own resource tracker ends a moment after its parent.
    loadbench.wait_until_nothing_is_left()


def test_a_reader_who_has_had_enough_does_not_cost_the_measurement(loadbench: Loadbench) -> None:
    profile = two_servers(loadbench)
    done = shell(
        loadbench, f'"$0" -m loadbench_gui compare "{profile}" --json out.json | head -1; echo ${{PIPESTATUS[0]}}'
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] in ("0", "3")
    assert len(json.loads((loadbench.folder / "out.json").read_text("utf-8"))["runs"]) == 4


def test_a_document_for_a_full_disk_is_an_environment_fault(loadbench: Loadbench) -> None:
    with serving("ok") as target:
        done = shell(loadbench, f'"$0" -m loadbench_gui http {target.url} -c 1 -n 20 --json - >/dev/full')
    assert done.returncode == 5
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr


def test_a_locale_that_cannot_write_the_names(loadbench: Loadbench) -> None:
    profile = two_servers(loadbench)
    done = shell(loadbench, f'PYTHONIOENCODING=ascii "$0" -m loadbench_gui profile check "{profile}"')
    assert done.returncode == 0, done.stderr
    assert "Gr??e & [bold]: no problems" in done.stdout


def test_a_wrong_answer_costs_the_verdict_and_names_the_deployment(loadbench: Loadbench) -> None:
    done = loadbench("compare", two_servers(loadbench, second="good-bye"))
    assert done.returncode == 3, done.stderr
    assert "✗ same answers: zwei: the JSON is" in done.stdout.replace("(zwei)", "").replace("answers :", "answers:")
    assert "Mend the answer, then compare again" in done.stdout


def test_one_deployment_is_no_comparison(loadbench: Loadbench) -> None:
    done = loadbench("compare", "single-url")
    assert done.returncode == 2
    assert "a comparison needs two" in done.stderr
    assert "loadbench run single-url" in done.stderr


def test_the_schedule_of_a_seed_is_the_same_every_time_and_names_the_seed(loadbench: Loadbench) -> None:
    first, again = (loadbench("compare", "first-look", "--plan", "--seed", "7", "--json", "-") for _ in range(2))
    assert first.stdout == again.stdout
    plan = json.loads(first.stdout)
    assert (plan["seed"], plan["rounds"], len(plan["schedule"])) == (7, 4, 12)
    assert "--seed 7" in first.stderr


def test_a_closed_terminal_keeps_what_was_measured(loadbench: Loadbench) -> None:
    with serving("ok") as target:
        # Under nohup it is ignored, as nohup's user wants; then the program would inherit that.
        inherited = signal.signal(signal.SIGHUP, signal.SIG_DFL)
        try:
            process = loadbench.start("http", target.url, "-c", "1", "-d", "60s", "--json", "out.json")
        finally:
            signal.signal(signal.SIGHUP, inherited)
        loadbench.wait_for_intervals(1)
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)
    assert process.returncode == 143
    assert json.loads((loadbench.folder / "out.json").read_text("utf-8"))["runs"][0]["sealed"] is False


def test_a_run_is_exported_under_its_id_and_no_file_is_replaced_unasked(loadbench: Loadbench) -> None:
    with serving("ok") as target:
        assert loadbench("http", f"{target.url}/a b?c=ü", "-c", "1", "-n", "20", "-q").returncode == 0
    run_id = json.loads(loadbench("history", "list", "--json", "-").stdout)["runs"][0]["run_id"]
    done = loadbench("history", "export", run_id[:12])
    assert done.stdout.strip() == f"{run_id}.json"
    result = json.loads((loadbench.folder / f"{run_id}.json").read_text("utf-8"))
    assert result["schema"] == "loadbench.result/1"
    assert result["runs"][0]["workload"] == "/a%20b?c=%C3%BC"
    again = loadbench("history", "export", run_id)
    assert again.returncode == 2
    assert "--force" in again.stderr
    assert json.loads(loadbench("history", "delete", run_id, "--json", "-", "-q").stdout) == {"deleted": run_id}
