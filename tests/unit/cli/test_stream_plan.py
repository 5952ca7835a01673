"""A whole command line of `loadbench stream` becomes exactly one plan."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import typer

from loadbench_gui.cli.commands import stream
from loadbench_gui.core.plan import (
    ClosedLoad,
    Expectation,
    GeneratorSettings,
    OpenLoad,
    Request,
    StreamSettings,
    Tls,
    Workload,
)  # fmt: skip
from loadbench_gui.errors import UserError
from understanding import DOCUMENTED, Understood, documented_examples, understanding

URL = "http://127.0.0.1:8000/sse?count=20"
EVENT_STREAM = ("Accept", "text/event-stream")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Understood:
    return understanding(stream, monkeypatch)


def test_an_address_alone(run: Understood) -> None:
    run(URL)
    path = "/sse?count=20"
    request = Request(path=path, headers=(EVENT_STREAM,))
    expected = Workload(path, "stream", request, Expectation(), ClosedLoad(50), stream=StreamSettings())
    assert run.found == [("http://127.0.0.1:8000", expected, GeneratorSettings())]


def test_everything_at_once(run: Understood) -> None:
    workload = run(
        URL, "--kind", "ndjson", "--events", "20", "--until", "[DONE]", "--content", "choices.0.delta.content",
        "--reconnect", "3", "--upload-chunk", "4 KiB", "--upload-every", "10ms", "-m", "post", "--body", "Hello",
        "-c", "8", "-r", "100", "--arrival", "poisson", "--when-busy", "drop", "-d", "5s", "-n", "400",
        "--warmup", "1s", "--timeout", "2s", "-H", "X-A: 1", "--also", "2 GET /other", "--expect-status", "201",
        "--user", "me:pw", "--engine", "in-app",
    )  # fmt: skip
    assert workload == Workload(
        name="/sse?count=20",
        kind="stream",
        request=Request("POST", "/sse?count=20", (("X-A", "1"),), b"Hello"),
        expect=Expectation(201),
        shape=OpenLoad(8, 100.0, "poisson", when_busy="drop"),
        warmup_s=1.0,
        duration_s=5.0,
        timeout_s=2.0,
        requests_limit=400,
        also=(Request("GET", "/other", (("X-A", "1"),), weight=2.0),),
        stream=StreamSettings(
            "ndjson", 20, "[DONE]", "choices.0.delta.content", reconnects=3, upload_chunk_bytes=4096,
            upload_every_s=0.01,
        ),
    )  # fmt: skip
    assert run.found[0][2].client.credentials == "me:pw"
    assert run.found[0][2].engine == "in-app"


def test_server_sent_events_are_asked_for_unless_a_header_says_otherwise(run: Understood) -> None:
    assert run(URL, "-H", "accept: text/plain").request.headers == (("accept", "text/plain"),)
    assert run(URL, "--kind", "chunked").request.headers == ()
    assert run(URL, "--also", "1 GET /b").also[0].headers == (EVENT_STREAM,)


def test_streams_without_an_end_last_as_long_as_the_load(run: Understood) -> None:
    workload = run(URL, "--endless", "-d", "30s", "-n", "5")
    assert workload.stream == StreamSettings(endless=True)
    assert workload.duration_s == 30.0


def test_trust_is_as_for_plain_requests(run: Understood) -> None:
    run("https://127.0.0.1:8443/sse", "--insecure", "--sni", "api")
    assert run.found[0][2].tls == Tls(insecure=True, server_name="api")


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        ("--endless --events 5", "--events"),
        ("--endless --until x", "--until"),
        ("--endless -n 5", "-n"),
        ("--until ''", "--until"),
        ("--kind chunked --content a.b", "--content"),
        ("--upload-every 1s --body x", "--upload-every"),
        ("--upload-chunk 512", "--upload-chunk"),
        ("--pacing spin", "--pacing"),
        ("--insecure", "--insecure"),
        ("--when-busy drop", "--when-busy"),
        ("-r 5 --think 1s", "--think"),
        ("--user me:pw -H 'Authorization: Bearer x'", "--user"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(arguments: str, option: str, run: Understood) -> None:
    with pytest.raises(UserError) as caught:
        run(URL, *shlex.split(arguments))
    assert caught.value.message.startswith(f"{option} ")
    assert caught.value.hint
    assert run.found == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("--kind xml", "sse, ndjson, chunked"),
        ("--events 0", "1"),
        ("--upload-chunk lots --body x", "4 KiB"),
        ("--http2", "--http2"),
    ],
)
def test_what_no_option_accepts_is_refused(arguments: str, says: str, run: Understood) -> None:
    with pytest.raises(Exception, match=says) as caught:
        run(URL, *shlex.split(arguments))
    assert getattr(caught.value, "exit_code", None) == 2
    assert run.found == []


def test_the_address_of_a_websocket_is_refused(run: Understood) -> None:
    with pytest.raises(UserError, match="the address of a WebSocket") as caught:
        run("ws://127.0.0.1:8000/ws/echo")
    assert "loadbench ws" in caught.value.hint


def test_every_option_is_documented(run: Understood) -> None:
    page = DOCUMENTED.read_text(encoding="utf-8")
    assert "--endless" in run.options
    for option in run.options:
        assert f"`{option}" in page, option


def test_every_documented_example_is_understood(
    run: Understood, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "prompt.json").write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    examples = documented_examples("stream")
    for example in examples:
        run(*example)
    assert len(run.found) == len(examples) > 3


def test_the_command_is_its_own_and_takes_a_url(run: Understood) -> None:
    command = typer.main.get_command(stream.app)
    assert "first event" in (command.help or "")
    assert command.params[0].name == "url"
