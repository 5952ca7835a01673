"""Profiles of several requests, files and a client of one's choice become the plan they describe."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadbench_gui.core.plan import Attach, Client, ClosedLoad, Expectation, Plan, Tls
from loadbench_gui.core.request import Request
from loadbench_gui.profile.loader import check, load_text
from loadbench_gui.profile.problems import ProfileError
from loadbench_gui.profile.source import parse
from loadbench_gui.profile.writer import dump

HEAD = """
schema = 1
[[deployment]]
name = "a"
url = "http+unix://%2Frun%2Fa.sock"
[[workload]]
name = "w"
load = { model = "closed", connections = 8 }
"""


def plan(text: str, folder: Path = Path("/srv")) -> Plan:
    read = load_text(HEAD + text, folder / "mine.toml")
    assert load_text(dump(read), folder / "mine.toml") == read
    return read


def test_further_requests_have_weights_and_expectations_of_their_own() -> None:
    (workload,) = plan(
        """
        request = { path = "/list", weight = 7 }
        expect = { status = 200 }
        [[workload.also]]
        path = "/item/${random:1:9}"
        weight = 0.5
        [[workload.also]]
        method = "post"
        json = { n = "${counter}" }
        expect = { status = 201, json_text = "null" }
        """
    ).workloads

    assert workload.requests == (
        Request(path="/list", weight=7.0),
        Request(path="/item/${random:1:9}", weight=0.5),
        Request(
            "POST",
            "/",
            (("Content-Type", "application/json"),),
            b'{"n":"${counter}"}',
            expect=Expectation(201, json="null"),
        ),
    )
    assert workload.expect == Expectation(200)


def test_files_are_looked_for_from_the_profiles_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "big.bin").write_bytes(b"x")
    (tmp_path / "users.csv").write_text("id\n1\n")
    (tmp_path / "client.pem").write_text("-----BEGIN PRIVATE KEY-----\n")
    (workload,) = (
        read := plan(
            """
            data = "users.csv"
            request = { method = "PUT", path = "/${row:id}", body_file = "in/big.bin" }
            [[deployment]]
            name = "b"
            url = "https://b"
            [generator]
            ca_file = "users.csv"
            cert_file = "client.pem"
            server_name = "api.internal"
            """,
            tmp_path,
        )
    ).workloads

    assert workload.data_file == str(tmp_path / "users.csv")
    assert workload.request.body_file == str(tmp_path / "in" / "big.bin")
    assert read.generator.tls == Tls(
        ca_file=str(tmp_path / "users.csv"), cert_file=str(tmp_path / "client.pem"), server_name="api.internal"
    )


def test_people_think_between_requests() -> None:
    read = plan("").workloads[0]
    assert read.shape == ClosedLoad(8, 0.0, "constant")

    text = HEAD.replace("connections = 8", 'connections = 8, think = "200ms", thinking = "exponential"')
    thinking = load_text(text, Path("/srv/mine.toml"))
    assert thinking.workloads[0].shape == ClosedLoad(8, 0.2, "exponential")
    assert load_text(dump(thinking), Path("/srv/mine.toml")) == thinking


def test_the_client_and_what_happens_when_a_worker_dies_are_chosen() -> None:
    settings = plan(
        """
        [generator]
        client = "httpx"
        http2 = true
        proxy = "http://proxy:3128"
        redirects = true
        cookies = true
        auth = "digest"
        credentials = "me:${env:PASSWORD}"
        on_worker_lost = "stop"
        """
    ).generator

    assert settings.client == Client("httpx", True, "http://proxy:3128", True, True, "digest", "me:${env:PASSWORD}")
    assert settings.on_worker_lost == "stop"


def test_basic_credentials_need_no_other_client() -> None:
    settings = plan('[generator]\nauth = "basic"\ncredentials = "me:pw"\n').generator

    assert settings.client == Client(auth="basic", credentials="me:pw")


def test_a_socket_is_an_address() -> None:
    assert plan("").deployments[0].source == Attach("http+unix://%2Frun%2Fa.sock")


def test_a_text_without_a_place_is_checked_without_its_files() -> None:
    text = HEAD + 'data = "nowhere.csv"\nrequest = { path = "/${row:id}", body_file = "nowhere.bin" }\n'

    assert check(parse(text, "t"), text) == ()
    assert len(check(parse(text, "t"), text, Path("/nowhere"))) == 2


def test_a_password_that_is_refused_is_not_repeated() -> None:
    with pytest.raises(ProfileError) as caught:
        plan('[generator]\nauth = "basic"\ncredentials = "hunter2"\n')

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("line", ["weight = nan", "weight = inf", "weight = -1", "weight = true", 'weight = "2"'])
def test_a_weight_is_a_number_above_zero(line: str) -> None:
    with pytest.raises(ProfileError, match="is not a weight"):
        plan(f"request = {{ {line} }}\n")


def test_a_broken_data_file_is_the_files_problem(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_bytes(b"\xff\xfe\n")
    with pytest.raises(ProfileError) as caught:
        plan('data = "users.csv"\nrequest = { path = "/${row:id}" }\n', tmp_path)

    (problem,) = caught.value.problems
    assert problem.key_path == 'workload "w".data'
    assert problem.message.startswith("users.csv is not UTF-8 text")


@pytest.mark.parametrize(
    "text",
    [
        '[generator]\nclient = "httpx"\nproxy = "socks5://me:hunter2@proxy"\n',
        '[[deployment]]\nname = "b"\nurl = "htp://me:hunter2@host"\n',
        '[[deployment]]\nname = "b"\nurl = "http://me:hunter2@host"\n',
        '[[deployment]]\nname = "b"\nurl = "http://hunter2:me/x@host"\n',
    ],
)
def test_a_password_in_an_address_is_not_repeated(text: str) -> None:
    with pytest.raises(ProfileError, match="is not") as caught:
        plan(text)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('data = "users.csv"\n', 'workload "w".data'),
        ('[generator]\nengine = "in-app"\nworkers = 2\n', "generator.workers"),
        ('[generator]\npacing = "spin"\n', "generator.pacing"),
        (
            '[[workload]]\nname = "t"\nload = { model = "closed", connections = 1, think = "1s" }\n'
            '[generator]\npacing = "spin"\n',
            "generator.pacing",
        ),
        (
            '[[workload]]\nname = "o"\nload = { model = "open", connections = 1, rate = 5 }\n'
            '[generator]\npacing = "spin"\nengine = "in-app"\n',
            "generator.pacing",
        ),
        ("[generator]\ninsecure = true\n", "generator.insecure"),
        ('[generator]\nserver_name = "api.example"\n', "generator.server_name"),
        (
            'request = { headers = { authorization = "x" } }\n[generator]\nauth = "basic"\ncredentials = "a:b"\n',
            "generator.auth",
        ),
        (
            '[[workload]]\nname = "o"\nload = { model = "open", connections = 1, rate = 5, when_busy = "drop", '
            "queue_limit = 3 }\n",
            'workload "o".load.queue_limit',
        ),
    ],
)
def test_what_would_do_nothing_is_pointed_out(text: str, key: str, tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("id\n7\n", encoding="utf-8")
    with pytest.raises(ProfileError) as caught:
        plan(text, tmp_path)
    assert [problem.key_path for problem in caught.value.problems] == [key]


@pytest.mark.parametrize(
    "text",
    [
        '[generator]\nclient = "httpx"\nredirects = true\ninsecure = true\n',
        '[[deployment]]\nname = "b"\nurl = "https://b"\n[generator]\ninsecure = true\n',
        '[[workload]]\nname = "o"\nload = { model = "open", connections = 1, rate = 5 }\n'
        '[generator]\npacing = "spin"\n',
        'request = { headers = { Authorization = "x" } }\n[[workload.also]]\npath = "/b"\n'
        '[generator]\nauth = "basic"\ncredentials = "a:b"\n',
    ],
)
def test_what_has_an_effect_somewhere_is_accepted(text: str) -> None:
    assert plan(text).workloads
