"""What is asked once before a load is the first request as it will go out, and what is wrong with it shows then."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadbench_gui.core.plan import Client, ClosedLoad, Expectation, Workload
from loadbench_gui.core.request import Request
from loadbench_gui.errors import UserError
from loadbench_gui.services.probe import can_ask, probe_of


def workload(*requests: Request, data: str = "") -> Workload:
    return Workload("w", "http", requests[0], Expectation(), ClosedLoad(1), also=requests[1:], data_file=data)


def test_the_probe_holds_values_in_place_of_placeholders(tmp_path: Path) -> None:
    data = tmp_path / "users.csv"
    data.write_text("name\nAda\nGrace\n")
    asked = workload(Request(path="/${row:name}/${counter:7}/$${x}"), Request(path="/other"), data=str(data))

    assert probe_of(asked, Client()) == Request(path="/Ada/7/${x}")


def test_the_probe_logs_in_unless_the_request_does_so_itself() -> None:
    client = Client(auth="basic", credentials="me:pw")

    assert probe_of(workload(Request()), client).headers == (("Authorization", "Basic bWU6cHc="),)
    own = Request(headers=(("authorization", "own"),))
    assert probe_of(workload(own), client) == own


@pytest.mark.parametrize("also", [Request(path="/${row:name}"), Request(path="/${conter}"), Request(body_file="/no/x")])
def test_what_is_wrong_with_any_request_is_found_before_anything_starts(also: Request) -> None:
    with pytest.raises(UserError):
        probe_of(workload(Request(), also), Client())


def test_every_run_of_a_comparison_asks_the_same() -> None:
    varied = workload(Request(path="/${uuid}/${random:1:1000000}"))

    assert probe_of(varied, Client()) == probe_of(varied, Client())


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
