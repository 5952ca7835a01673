"""All deployments must give the expected answer, and the same one; a wrong baseline stops every verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import make_run
from loadbench_gui.core.plan import (
    Client,
    ClosedLoad,
    ComparisonSettings,
    Expectation,
    GeneratorSettings,
    Plan,
    Request,
    Workload,
)
from loadbench_gui.core.verdict import Gate
from loadbench_gui.deploy.verify import Answer
from loadbench_gui.services.compare import answer_gates
from loadbench_gui.services.run import Measured

WORKLOAD = Workload("json", "http", Request(), Expectation(), ClosedLoad(1))
PLAN = Plan("p", (), (WORKLOAD,), ComparisonSettings("fastapi"))


def answered(deployment: str, body: str = "same", problem: str = "") -> Measured:
    run = make_run()
    label = replace(run.label, deployment=deployment, workload="json")
    return Measured(replace(run, label=label), Answer(200, "application/json", body, body, (), problem=problem))


def gate(*measured: Measured) -> Gate:
    (one,) = answer_gates(PLAN, measured)
    return one


def test_the_same_expected_answer_everywhere_holds() -> None:
    assert gate(answered("fastapi"), answered("sanic")).passed is True


def test_another_answer_concerns_only_who_gave_it_and_is_named() -> None:
    failed = gate(answered("fastapi"), answered("starlette"), answered("sanic", "other"))
    assert failed.passed is False
    assert failed.deployments == ("sanic",)
    assert "sanic answered otherwise than fastapi" in failed.detail


def test_a_wrong_answer_says_what_is_wrong_with_it() -> None:
    failed = gate(answered("fastapi"), answered("sanic", "x", "status 500 instead of 200"))
    assert failed.deployments == ("sanic",)
    assert "status 500 instead of 200" in failed.detail


def test_a_wrong_baseline_concerns_everyone() -> None:
    failed = gate(answered("fastapi", "x", "the body is not JSON"), answered("sanic"))
    assert set(failed.deployments) == {"fastapi", "sanic"}


def test_one_wrong_answer_among_many_rounds_is_not_forgotten() -> None:
    failed = gate(answered("fastapi"), answered("sanic", "x", "status 500"), answered("fastapi"), answered("sanic"))
    assert failed.passed is False
    assert failed.deployments == ("sanic",)


def test_where_nobody_asked_the_gate_says_so() -> None:
    one = gate(replace(answered("fastapi"), answer=None))
    assert one.passed is True
    assert one.detail.startswith("Not asked before the load")


@pytest.mark.parametrize(
    ("client", "why"),
    [
        (Client("httpx", http2=True, auth="basic"), "because of HTTP/2;"),
        (Client("httpx", proxy="http://p:1", redirects=True), "because of a proxy and redirects;"),
        (Client("httpx", auth="digest"), "because of a digest login;"),
    ],
)
def test_where_nobody_asked_the_reason_that_applies_is_named(client: Client, why: str) -> None:
    plan = replace(PLAN, generator=GeneratorSettings(client=client))
    (one,) = answer_gates(plan, [replace(answered("fastapi"), answer=None)])
    assert why in one.detail
