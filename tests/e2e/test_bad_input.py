"""Whatever is wrong, there is one clear message with what to do next, and the contract's exit code."""

from __future__ import annotations

import socket

import pytest

from loadbench_gui.cli.main import main
from program import Loadbench, serving

LAUNCH = """
schema = 1
name = "one server"

[[deployment]]
name = "it"
command = {command}
ready = {{ path = "/", timeout = "{ready}" }}

[[workload]]
name = "root"
kind = "http"
request = {{ path = "/" }}
load = {{ model = "closed", connections = 2 }}
duration = "1s"
"""


def said(err: str) -> str:
    assert "Traceback" not in err
    return " ".join(err.split())


def test_a_server_that_refuses(loadbench: Loadbench) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        done = loadbench("http", f"http://127.0.0.1:{unused.getsockname()[1]}/", "-d", "1s")
    assert done.returncode == 4
    assert "connect_refused" in said(done.stderr) or "refuses connections" in said(done.stderr)
    assert "run again" in said(done.stderr) or "Check that the server runs" in said(done.stderr)


@pytest.mark.parametrize(
    ("mode", "kind"), [("reset", "reset"), ("garbage", "protocol"), ("silent", "read_timeout"), ("wrong", "bad_body")]
)
def test_a_target_that_misbehaves_is_classified(loadbench: Loadbench, mode: str, kind: str) -> None:
    with serving(mode) as target:
        done = loadbench(
            "http", target.url, "-c", "2", "-d", "1s", "--timeout", "300ms", "--expect-body", "Hello",
        )  # fmt: skip
    assert done.returncode == 4
    assert kind in said(done.stderr)
    assert "curl -v" in said(done.stderr)


def test_a_url_without_a_scheme(loadbench: Loadbench) -> None:
    done = loadbench("http", "localhost:8000/json")
    assert done.returncode == 2
    assert "is not an http:// or https:// URL" in said(done.stderr)
    assert "http://localhost:8000/json" in said(done.stderr)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["http", "http://127.0.0.1:1", "-d", "soon"], "250ms"),
        (["http", "http://127.0.0.1:1", "-d", "0s"], "give for example 10s"),
        (["http", "http://127.0.0.1:1", "-H", "nonsense"], "Name: value"),
        (["http", "http://127.0.0.1:1", "--body", "@/no/such/file"], "cannot be read"),
        (["http", "http://127.0.0.1:1", "--body", "x", "--body-file", "/dev/null"], "only one can be sent"),
        (["http", "http://127.0.0.1:1", "--body-file", "/no/such/file"], "cannot be read"),
        (["http", "http://127.0.0.1:1", "--data", "/"], "is a folder"),
        (["http", "http://127.0.0.1:1", "--also", "GET /x"], "WEIGHT METHOD PATH"),
        (["http", "http://127.0.0.1:1", "-m", "GET /"], "GET or POST"),
        (["http", "http://127.0.0.1:1/${conter}"], "${counter}"),
        (["http", "http://127.0.0.1:1/${row:id}"], "--data users.csv"),
        (["http", "http://127.0.0.1:1", "--stage", "10s"], "TIME:RATE"),
        (["http", "http://127.0.0.1:1", "--stage", "0s:100"], "before anything is measured"),
        (["http", "http://127.0.0.1:1", "--arrival", "poisson"], "Give a --rate"),
        (["http", "http://127.0.0.1:1", "-r", "5", "--think", "1s"], "--think means nothing in an open loop"),
        (["http", "http://127.0.0.1:1", "--queue-limit", "-1", "-r", "5"], "--queue-limit"),
        (["http", "http://127.0.0.1:1", "--client", "fast", "--http2"], "--client httpx"),
        (["http", "http://127.0.0.1:1", "--client", "curl"], "fast, httpx"),
        (["http", "http://127.0.0.1:1", "--proxy", "proxy:3128"], "http://proxy.example:3128"),
        (["http", "http://127.0.0.1:1", "--auth", "digest"], "--user USER:PASSWORD"),
        (["http", "http://127.0.0.1:1", "--user", "nobody"], "USER:PASSWORD"),
        (["http", "http://127.0.0.1:1", "--user", "me:${env:NO_SUCH_VARIABLE}"], "NO_SUCH_VARIABLE"),
        (["http", "https://127.0.0.1:1", "--cacert", "/dev/null"], "/dev/null"),
        (["http", "https://127.0.0.1:1", "--key", "/dev/null"], "/dev/null"),
        (["http", "http://127.0.0.1:1", "--engine", "dask://127.0.0.1:8786"], "--engine workers"),
        (["http", "http://127.0.0.1:1", "--cpus", "a"], "0,2-3"),
        (["http", "http://127.0.0.1:1", "--cpus", "0-99999999999"], "0,2-3"),
        (["http", "http://127.0.0.1:1", "-r", "inf"], "90/m"),
        (["http", "http://127.0.0.1:1", "-H", "Content-Length: 5"], "worked out from the body"),
        (["http", "http://127.0.0.1:1", "-H", "X: €"], "a header cannot carry"),
        (["http", "http://127.0.0.1:1", "--insecure"], "is about TLS"),
        (["compare", "first-lok"], "first-look"),
        (["compare", "first-look", "--quick"], "later version"),
        (["compare", "first-look", "--baseline", "flask"], "fastapi"),
        (["run", "first-look"], "--deployment"),
        (["capacity", "first-look"], "later version"),
        (["http", "ws://127.0.0.1:1"], "`loadbench ws`"),
        (["stream", "http://127.0.0.1:1", "--endless", "--events", "5"], "Leave one of the two out"),
        (["ws", "ftp://127.0.0.1:1"], "not a ws:// or wss:// URL"),
        (["ws", "ws://127.0.0.1:1", "--mode", "push", "-r", "5"], "-d how long"),
        (["ws", "ws://127.0.0.1:1", "--mode", "fanout", "--size", "8"], "--size 16"),
        (["report", "nothing"], "history"),
        (["report", "x", "--format", "csv"], "--format html"),
        (["frobnicate"], "frobnicate"),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, list) else "",
)
def test_usage_errors_say_what_to_do_and_send_nothing(
    loadbench: Loadbench,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    """In this process: forty more would take a minute, and the other tests of this module start theirs."""
    loadbench.act_here(monkeypatch)
    assert main(arguments) == 2
    assert words in said(capsys.readouterr().err)


def test_an_unknown_key_names_the_nearest(loadbench: Loadbench) -> None:
    text = LAUNCH.format(command='["x"]', ready="1s").replace("duration", "durtion")
    done = loadbench("profile", "check", loadbench.profile(text))
    assert done.returncode == 2
    assert "durtion" in said(done.stderr)
    assert '"duration"' in said(done.stderr) or "duration?" in said(done.stderr)
    assert "line 15" in said(done.stderr)


def test_a_command_that_does_not_exist(loadbench: Loadbench) -> None:
    profile = loadbench.profile(LAUNCH.format(command='["no-such-server", "{port}"]', ready="5s"))
    done = loadbench("run", profile)
    assert done.returncode == 4
    assert "no-such-server" in said(done.stderr)
    assert said(done.stderr).count("error:") == 1


def test_a_server_that_exits_shows_its_last_words(loadbench: Loadbench) -> None:
    command = '["{python}", "-c", "import sys; sys.exit(\'cannot find the database\')", "{port}"]'
    done = loadbench("run", loadbench.profile(LAUNCH.format(command=command, ready="5s")))
    assert done.returncode == 4
    assert "cannot find the database" in said(done.stderr)
    assert "exit code 1" in said(done.stderr) or "code 1" in said(done.stderr)


def test_a_server_that_never_gets_ready(loadbench: Loadbench) -> None:
    command = (
        '["{python}", "-c", "import sys,time; print(\'still waiting\', file=sys.stderr); time.sleep(60)", "{port}"]'
    )
    done = loadbench("run", loadbench.profile(LAUNCH.format(command=command, ready="1s")))
    assert done.returncode == 4
    assert "still waiting" in said(done.stderr)
    assert "timeout" in said(done.stderr)


def test_a_port_in_use_names_the_holder(loadbench: Loadbench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = f'["{{python}}", "-m", "http.server", "{port}", "--bind", "127.0.0.1"]'
        done = loadbench("run", loadbench.profile(LAUNCH.format(command=command, ready="5s")))
    assert done.returncode == 4
    assert "already in use" in said(done.stderr)
    assert "write {port} in the command" in said(done.stderr)


def test_a_data_folder_that_is_a_file(loadbench: Loadbench) -> None:
    (loadbench.folder / "data").write_text("not a folder")
    done = loadbench("history", "list")
    assert done.returncode == 5
    assert "data" in said(done.stderr)


def test_a_second_run_on_the_machine_is_turned_away(loadbench: Loadbench) -> None:
    with serving("ok") as target:
        first = loadbench.start("http", target.url, "-d", "60s")
        loadbench.wait_for_intervals(1)
        done = loadbench("http", target.url, "-d", "1s")
        first.terminate()
        first.communicate(timeout=60)
    assert done.returncode == 5
    assert "another loadbench is measuring" in said(done.stderr)
    assert str(first.pid) in said(done.stderr)


def test_the_version(loadbench: Loadbench) -> None:
    done = loadbench("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("loadbench ")
