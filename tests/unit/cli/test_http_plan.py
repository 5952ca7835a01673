"""A whole command line of `loadbench http` becomes exactly one plan."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from loadbench_gui.cli.commands import http
from loadbench_gui.core.plan import (
    Client,
    ClosedLoad,
    Expectation,
    GeneratorSettings,
    OpenLoad,
    Request,
    Stage,
    Tls,
    Workload,
)
from loadbench_gui.errors import UserError
from understanding import DOCUMENTED, Understood, documented_examples, understanding

URL = "http://127.0.0.1:8000/json?x=1"


Found = list[tuple[str, Workload, GeneratorSettings]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Understood:
    return understanding(http, monkeypatch)


@pytest.fixture
def understood(run: Understood) -> Found:
    """What the command would measure; nothing is sent."""
    return run.found


def test_an_address_alone(run: Understood, understood: Found) -> None:
    run(URL)
    assert understood == [
        (
            "http://127.0.0.1:8000",
            Workload("/json?x=1", "http", Request(path="/json?x=1"), Expectation(), ClosedLoad(50)),
            GeneratorSettings(),
        )
    ]


def test_everything_at_once(run: Understood, understood: Found, tmp_path: Path) -> None:
    body, rows = tmp_path / "body.bin", tmp_path / "users.csv"
    body.write_bytes(b"x")
    rows.write_text("id\n1\n", encoding="utf-8")
    run(
        URL, "-c", "8", "-n", "1000", "-r", "100", "--stage", "10s:500", "--stage", "0s:1000", "--stage", "5s:1000",
        "--arrival", "poisson", "--when-busy", "queue", "--queue-limit", "20", "--warmup", "2s", "--timeout", "500ms",
        "-m", "post", "-H", "X-A: 1", "-H", "X-B: ${row:id}", "--body-file", str(body), "--also", "2 GET /other",
        "--data", str(rows), "--gzip", "--expect-status", "201", "--expect-body", "ok", "--insecure", "--sni", "api",
        "--http2", "--redirects", "--user", "me:pw", "--engine", "workers", "-w", "2", "--cpus", "0-1",
        "--pacing", "timer", "--quiet",
    )  # fmt: skip
    common = (("X-A", "1"), ("X-B", "${row:id}"), ("Accept-Encoding", "gzip"))
    stages = (Stage(10.0, 500.0), Stage(0.0, 1000.0), Stage(5.0, 1000.0))
    ((_, workload, generator),) = understood
    assert workload == Workload(
        name="/json?x=1",
        kind="http",
        request=Request("POST", "/json?x=1", common, body_file=str(body)),
        expect=Expectation(201, b"ok"),
        shape=OpenLoad(8, 100.0, "poisson", stages, "queue", 20),
        warmup_s=2.0,
        duration_s=13.0,
        timeout_s=0.5,
        requests_limit=1000,
        also=(Request("GET", "/other", common, weight=2.0),),
        data_file=str(rows),
    )
    client = Client("httpx", http2=True, redirects=True, auth="basic", credentials="me:pw")
    assert generator == GeneratorSettings(
        "workers", 2, (0, 1), "timer", client, Tls(insecure=True, server_name="api")
    )  # fmt: skip


def test_a_request_count_alone_is_what_ends_the_run(
    run: Understood,
    understood: Found,
) -> None:
    run(URL, "-n", "500")
    run(URL, "-n", "500", "-d", "3s")
    assert [workload.duration_s for _, workload, _ in understood] == [3600.0, 3.0]


def test_users_who_think(run: Understood, understood: Found) -> None:
    run(URL, "--think", "200ms", "--thinking", "exponential")
    assert understood[0][1].shape == ClosedLoad(50, 0.2, "exponential")


def test_every_option_is_documented(run: Understood) -> None:
    page = DOCUMENTED.read_text(encoding="utf-8")
    assert "--also" in run.options
    for option in run.options:
        assert f"`{option}" in page, option


def test_every_documented_example_is_understood(
    run: Understood, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("users.csv", "big.iso"):
        (tmp_path / name).write_text("id\n1\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    examples = documented_examples("http")
    for example in examples:
        run(*example)
    assert len(run.found) == len(examples) > 8


def test_a_client_that_was_not_asked_for_is_announced(
    run: Understood, understood: Found, capsys: pytest.CaptureFixture[str]
) -> None:
    run(URL, "--http2", "--cookies")
    assert "Sent by httpx, because of --http2 and --cookies" in capsys.readouterr().out
    run(URL, "--client", "httpx", "--http2")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        ("--data {rows}", "--data"),
        ("--data {rows} -H 'X: $${{row:id}}'", "--data"),
        ("-r 5 --when-busy drop --queue-limit 3", "--queue-limit"),
        ("--pacing spin", "--pacing"),
        ("--engine in-app -w 2", "-w"),
        ("--engine in-app --cpus 0", "--cpus"),
        ("--user me:pw -H 'authorization: Bearer x'", "--user"),
        ("--insecure", "--insecure"),
        ("--sni api", "--sni"),
        ("--cert {rows}", "--cert"),
        ("--redirects --insecure --cacert {rows}", "--cacert"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(
    arguments: str, option: str, run: Understood, understood: Found, tmp_path: Path
) -> None:
    (tmp_path / "users.csv").write_text("id\n1\n", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        run(URL, *shlex.split(arguments.format(rows=tmp_path / "users.csv")))
    assert caught.value.message.startswith(f"{option} ")
    assert caught.value.hint
    assert understood == []


@pytest.mark.parametrize(
    "arguments",
    ["--pacing spin --think 1s", "-r 5 --pacing timer", "--insecure --redirects", "--sni a --proxy https://proxy"],
)
def test_an_option_that_may_have_an_effect_is_accepted(arguments: str, run: Understood, understood: Found) -> None:
    run(URL, *shlex.split(arguments))
    assert len(understood) == 1
