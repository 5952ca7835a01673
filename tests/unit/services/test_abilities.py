"""What a client is asked and cannot do is said before anything is sent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loadbench_gui.core.plan import (
    Attach,
    Client,
    ClientName,
    ComparisonSettings,
    Deployment,
    EngineName,
    Expectation,
    GeneratorSettings,
    Load,
    Plan,
    Protocol,
    Request,
    Target,
    Workload,
)
from loadbench_gui.core.shape import ClosedLoad, LoadShape, OpenLoad
from loadbench_gui.errors import UserError
from loadbench_gui.services.abilities import must_be_possible, pacing_must_matter


def load(client: Client) -> Load:
    target = Target(scheme="http", host="127.0.0.1", port=1, address="127.0.0.1")
    workload = Workload(name="w", kind="http", request=Request(), expect=Expectation(), shape=ClosedLoad(1))
    return Load(target=target, workload=workload, client=client)


def plan(generator: GeneratorSettings, *shapes: LoadShape) -> Plan:
    workloads = tuple(Workload(f"w{n}", "http", Request(), Expectation(), shape) for n, shape in enumerate(shapes))
    deployments = (Deployment("d", Attach("http://127.0.0.1:1")),)
    return Plan("p", deployments, workloads, ComparisonSettings("d"), generator=generator)


@pytest.mark.parametrize("name", ["fast", "httpx"])
def test_a_login_without_a_colon_names_nobody_for_either_client(name: ClientName) -> None:
    with pytest.raises(UserError, match="Nobody is named who logs in") as caught:
        must_be_possible(load(Client(name, auth="basic", credentials="hunter2")))
    assert "hunter2" not in str(caught.value)
    must_be_possible(load(Client(name, auth="basic", credentials="me:hunter2")))


@pytest.mark.parametrize(
    ("engine", "shape", "words"),
    [
        ("in-app", OpenLoad(1, 1.0), "where the app itself sends"),
        ("workers", ClosedLoad(1, think_s=1.0), "no effect on closed loads"),
    ],
)
def test_spinning_that_nobody_would_do_is_refused(engine: EngineName, shape: LoadShape, words: str) -> None:
    asked = GeneratorSettings(engine, pacing="spin")
    with pytest.raises(UserError, match=words) as caught:
        pacing_must_matter(plan(asked, shape))
    assert caught.value.hint.startswith("Leave it out")


def test_spinning_applies_to_the_open_ones_of_several_loads() -> None:
    several = plan(GeneratorSettings(pacing="spin"), ClosedLoad(1, think_s=1.0), OpenLoad(1, 1.0))
    pacing_must_matter(several)
    pacing_must_matter(replace(several, generator=GeneratorSettings("in-app", pacing="timer")))
    assert several.generator.pacing == "spin"


def test_a_proxys_password_is_not_repeated() -> None:
    with pytest.raises(UserError, match="socks5://proxy") as caught:
        must_be_possible(load(Client("httpx", proxy="socks5://me:hunter2@proxy")))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(("kind", "what"), [("stream", "streams"), ("ws", "WebSockets")])
def test_httpx_is_not_asked_for_what_only_our_own_client_does(kind: Protocol, what: str) -> None:
    asked = load(Client("httpx"))
    with pytest.raises(UserError, match=f"httpx does not do {what}"):
        must_be_possible(replace(asked, workload=replace(asked.workload, kind=kind)))
    must_be_possible(replace(asked, workload=replace(asked.workload, kind=kind), client=Client()))
