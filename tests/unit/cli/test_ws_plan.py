"""A whole command line of `loadbench ws` becomes exactly one plan."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from loadbench_gui.cli.commands import ws
from loadbench_gui.core.plan import (
    ClosedLoad,
    Expectation,
    GeneratorSettings,
    OpenLoad,
    Request,
    SocketSettings,
    Stage,
    Workload,
)  # fmt: skip
from loadbench_gui.errors import UserError
from understanding import DOCUMENTED, Understood, documented_examples, understanding

URL = "ws://127.0.0.1:8000/ws/echo"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Understood:
    return understanding(ws, monkeypatch)


def test_an_address_alone(run: Understood) -> None:
    run(URL)
    request = Request(path="/ws/echo")
    expected = Workload("/ws/echo", "ws", request, Expectation(), ClosedLoad(50), websocket=SocketSettings())
    assert run.found == [("ws://127.0.0.1:8000", expected, GeneratorSettings())]


@pytest.mark.parametrize("scheme", ["ws", "wss", "http", "https"])
def test_the_scheme_may_be_written_either_way(scheme: str, run: Understood) -> None:
    run(f"{scheme}://127.0.0.1:8000/ws/echo?room=a b")
    assert run.found[0][0] == f"{scheme}://127.0.0.1:8000"
    assert run.found[0][1].request.path == "/ws/echo?room=a%20b"


def test_everything_at_once(run: Understood) -> None:
    workload = run(
        URL, "--mode", "echo", "--size", "4 KiB", "--binary", "--fragments", "3", "--compress", "--subprotocol", "a.v2",
        "--subprotocol", "a.v1", "--hello", "join", "--ping-every", "2s", "-c", "8", "-r", "100", "--arrival",
        "poisson", "-d", "5s", "-n", "400", "--warmup", "1s", "--timeout", "2s", "-H", "Origin: http://x",
        "--user", "me:pw", "-w", "2", "--pacing", "timer",
    )  # fmt: skip
    assert workload == Workload(
        name="/ws/echo",
        kind="ws",
        request=Request("GET", "/ws/echo", (("Origin", "http://x"),)),
        expect=Expectation(),
        shape=OpenLoad(8, 800.0, "poisson"),
        warmup_s=1.0,
        duration_s=5.0,
        timeout_s=2.0,
        requests_limit=400,
        websocket=SocketSettings(
            "echo", b"", 4096, binary=True, fragments=3, compress=True, subprotocols=("a.v2", "a.v1"), hello=b"join",
            ping_every_s=2.0,
        ),
    )  # fmt: skip


def test_the_rate_is_that_of_each_connection_that_sends(run: Understood) -> None:
    assert run(URL, "-c", "10", "-r", "3").shape == OpenLoad(10, 30.0)
    assert run(URL, "-c", "10", "--stage", "5s:3").shape == OpenLoad(10, 0.0, stages=(Stage(5.0, 30.0),))
    assert run(URL, "--mode", "fanout", "-c", "10", "--publishers", "2", "-r", "3").shape == OpenLoad(10, 6.0)
    assert run(URL, "--mode", "fanout", "-c", "10", "-r", "3").shape == OpenLoad(10, 3.0)


def test_a_message_of_ones_own_is_sent_as_it_is(run: Understood, tmp_path: Path) -> None:
    (tmp_path / "message").write_bytes(b"\xff\x00")
    assert run(URL, "--message", "grüß").websocket == SocketSettings(message="grüß".encode())
    binary = run(URL, "--message", f"@{tmp_path / 'message'}", "--binary").websocket
    assert binary == SocketSettings(message=b"\xff\x00", binary=True)
    assert run(URL, "--size", "0").websocket == SocketSettings(size_bytes=0)


def test_secrets_and_dollars_may_stand_in_messages(run: Understood) -> None:
    assert run(URL, "--message", "${env:TOKEN}").websocket == SocketSettings(message=b"${env:TOKEN}")
    assert run(URL, "--message", "$${counter}").websocket == SocketSettings(message=b"$${counter}")


def test_a_hello_may_be_binary_where_nothing_else_is_sent(run: Understood) -> None:
    for mode in ("push", "hold"):
        held = run(URL, "--mode", mode, "--hello", "join", "--binary").websocket
        assert held == SocketSettings(mode, hello=b"join", binary=True)


def test_handshakes_may_differ(run: Understood, tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("id\n1\n", encoding="utf-8")
    workload = run("ws://127.0.0.1:8000/ws/${row:id}", "--data", str(tmp_path / "users.csv"))
    assert workload.request.path == "/ws/${row:id}"
    assert workload.data_file == str(tmp_path / "users.csv")


def test_connections_that_are_held_only_last(run: Understood) -> None:
    workload = run(URL, "--mode", "hold", "-c", "1000", "--ping-every", "5s", "-d", "30s")
    assert workload.shape == ClosedLoad(1000)
    assert workload.websocket == SocketSettings("hold", ping_every_s=5.0)


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        ("--mode push -r 5", "-r"),
        ("--mode push --stage 5s:5", "--stage"),
        ("--mode push -n 5", "-n"),
        ("--mode hold --think 1s", "--think"),
        ("--mode hold --size 5", "--size"),
        ("--mode push --message x", "--message"),
        ("--mode hold --binary", "--binary"),
        ("--mode push --fragments 2", "--fragments"),
        ("--mode fanout --size 15", "--size"),
        ("--mode fanout -w 2", "-w"),
        ("--mode fanout --think 1s", "--think"),
        ("--size 2 --fragments 3", "--fragments"),
        ("--message ab --fragments 3", "--fragments"),
        ("--size 0 --fragments 2", "--fragments"),
        ("--publishers 2", "--publishers"),
        ("--mode fanout -c 2 --publishers 3", "--publishers"),
        ("--size 5 --message x", "--size"),
        ("--message ''", "--message"),
        ("--hello ''", "--hello"),
        ("--message '${{counter}}'", "--message"),
        ("--mode push --hello '${{row:id}}'", "--hello"),
        ("--message '${{keyring:TOKEN}}'", "--message"),
        ("--mode push --hello 'join ${{ENV:TOKEN}}'", "--hello"),
        ("--message '${{env:A-TOKEN}}'", "--message"),
        ("--message @{bytes}", "--message"),
        ("--hello @{bytes}", "--hello"),
        ("--subprotocol a --subprotocol a", "--subprotocol"),
        ("-r 5 --think 1s", "--think"),
        ("--arrival poisson", "--arrival"),
        ("--insecure", "--insecure"),
        ("--pacing spin", "--pacing"),
        ("--engine in-app -w 2", "-w"),
    ],
)
def test_what_means_nothing_is_refused_with_what_to_do(
    arguments: str, option: str, run: Understood, tmp_path: Path
) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff")
    with pytest.raises(UserError) as caught:
        run(URL, *shlex.split(arguments.format(bytes=tmp_path / "bytes")))
    assert caught.value.message.startswith(f"{option} ")
    assert caught.value.hint
    assert run.found == []


@pytest.mark.parametrize("name", ["Upgrade", "connection", "Sec-WebSocket-Protocol"])
def test_headers_of_the_handshake_are_worked_out(name: str, run: Understood) -> None:
    with pytest.raises(UserError, match=name) as caught:
        run(URL, "-H", f"{name}: x")
    assert "--subprotocol" in caught.value.hint


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("--mode chat", "echo, push, fanout, hold"),
        ("--size 65MiB", "64 MiB"),
        ("--fragments 0", "1"),
        ("--subprotocol 'a b'", "subprotocol"),
        ("--ping-every 0s", "10s"),
    ],
)
def test_what_no_option_accepts_is_refused(arguments: str, says: str, run: Understood) -> None:
    with pytest.raises(Exception, match=says) as caught:
        run(URL, *shlex.split(arguments))
    assert getattr(caught.value, "exit_code", None) == 2
    assert run.found == []


def test_every_option_is_documented(run: Understood) -> None:
    page = DOCUMENTED.read_text(encoding="utf-8")
    assert "--publishers" in run.options
    for option in run.options:
        assert f"`{option}" in page, option


def test_every_documented_example_is_understood(run: Understood) -> None:
    examples = documented_examples("ws")
    for example in examples:
        run(*example)
    assert len(run.found) == len(examples) > 4
