"""What is asked once before a load is the first request as it will go out, and what is wrong with it shows then."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from engine.servers import Asked, response, serving
from loadbench_gui.core.plan import Client, ClosedLoad, Expectation, Tls, Workload
from loadbench_gui.core.request import Request
from loadbench_gui.deploy.answer import Answer
from loadbench_gui.errors import UserError
from loadbench_gui.services.probe import MOST_ASKED, ask_each, can_ask, probes_of


def workload(*requests: Request, data: str = "") -> Workload:
    return Workload("w", "http", requests[0], Expectation(), ClosedLoad(1), also=requests[1:], data_file=data)


def test_the_probe_holds_values_in_place_of_placeholders(tmp_path: Path) -> None:
    data = tmp_path / "users.csv"
    data.write_text("name\nAda\nGrace\n")
    asked = workload(Request(path="/${row:name}/${counter:7}/$${x}"), Request(path="/other"), data=str(data))

    assert probes_of(asked, Client()) == (Request(path="/Ada/7/${x}"), Request(path="/other"))


def test_the_probe_logs_in_unless_the_request_does_so_itself() -> None:
    client = Client(auth="basic", credentials="me:pw")

    assert probes_of(workload(Request()), client)[0].headers == (("Authorization", "Basic bWU6cHc="),)
    own = Request(headers=(("authorization", "own"),))
    assert probes_of(workload(own), client) == (own,)


@pytest.mark.parametrize("also", [Request(path="/${row:name}"), Request(path="/${conter}"), Request(body_file="/no/x")])
def test_what_is_wrong_with_any_request_is_found_before_anything_starts(also: Request) -> None:
    with pytest.raises(UserError):
        probes_of(workload(Request(), also), Client())


def test_every_run_of_a_comparison_asks_the_same() -> None:
    varied = workload(Request(path="/${uuid}/${random:1:1000000}"))

    assert probes_of(varied, Client()) == probes_of(varied, Client())


@pytest.mark.parametrize(
    ("client", "can"),
    [
        (Client(), True),
        (Client("httpx", cookies=True, auth="basic", credentials="a:b"), True),
        (Client("httpx", http2=True), False),
        (Client("httpx", proxy="http://proxy:3128"), False),
        (Client("httpx", redirects=True), False),
        (Client("httpx", auth="digest", credentials="a:b"), False),
    ],
)
def test_a_plain_request_speaks_for_a_client_that_does_no_more(client: Client, *, can: bool) -> None:
    assert can_ask(client) is can


def test_of_many_requests_a_few_are_asked_for_and_of_streams_the_first() -> None:
    many = tuple(Request(path=f"/{number}") for number in range(20))

    assert probes_of(workload(*many), Client()) == many[:MOST_ASKED]
    assert probes_of(replace(workload(*many), kind="stream"), Client()) == many[:1]


# What a mix is answered


def answer_to(*paths: str, wrong: str = "") -> tuple[Answer, list[str]]:
    """Ask a server that answers with the path that it was asked for; return what came, and what it was asked for."""
    seen: list[str] = []

    def behave(asked: Asked) -> None:
        seen.append(asked.path)
        asked.answer(response(asked.path.encode(), status="404 Not Found" if asked.path == wrong else "200 OK"))

    async def scenario() -> Answer:
        async with serving(behave) as server:
            probes = [Request(path=path) for path in paths]
            return await ask_each(server.target, workload(*probes), probes, Tls(), lambda text: text)

    return asyncio.run(scenario()), seen


def test_each_request_of_a_mix_is_asked_for_once_and_the_answers_are_one() -> None:
    answer, seen = answer_to("/a", "/b", "/c")

    assert seen == ["/a", "/b", "/c"]
    assert answer.ok
    assert answer.complete
    assert answer.digest == answer_to("/a", "/b", "/c")[0].digest
    assert answer.digest != answer_to("/a", "/b", "/d")[0].digest, "the last one tells them apart"


def test_the_request_of_a_mix_that_is_answered_wrongly_is_named() -> None:
    answer, _ = answer_to("/a", "/b", "/c", wrong="/b")

    assert answer.problem == "GET /b: status 404; the body begins '/b'"
    assert answer.status == 404


def test_the_answer_to_one_request_is_as_it_was() -> None:
    answer, _ = answer_to("/a", wrong="/a")

    assert answer.problem == "status 404; the body begins '/a'"
    assert answer.digest == answer_to("/a")[0].digest
