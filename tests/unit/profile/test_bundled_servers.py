"""The shipped profiles against the real servers they start: every workload gets the answer it expects."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from loadbench_gui.core.plan import Client, Deployment, Launch, Plan, Tls, Workload
from loadbench_gui.core.template import first_requests
from loadbench_gui.deploy.answer import Answer
from loadbench_gui.deploy.server import launch
from loadbench_gui.profile.bundled import bundled, find
from loadbench_gui.profile.loader import load
from loadbench_gui.services.probe import ask, probes_of

PLANS = {one.name: load(one.path) for one in bundled()}
LAUNCHED = load(find("first-look")).deployments
WITH_SOCKETS = load(find("websocket-echo")).deployments


def _uses_sockets(plan: Plan) -> bool:
    return any(workload.kind == "ws" for workload in plan.workloads)


def test_every_shipped_profile_starts_a_server_in_the_same_way() -> None:
    for plan in PLANS.values():
        started = [deployment for deployment in plan.deployments if isinstance(deployment.source, Launch)]
        assert set(started) <= set(WITH_SOCKETS if _uses_sockets(plan) else LAUNCHED)


def test_servers_of_websockets_differ_from_the_others_in_what_concerns_websockets_alone() -> None:
    for one, other in zip(LAUNCHED, WITH_SOCKETS, strict=True):
        assert isinstance(one.source, Launch)
        assert isinstance(other.source, Launch)
        size = len(one.source.command)
        assert replace(other, source=replace(other.source, command=other.source.command[:size])) == one
        assert all(word.startswith("--ws") for word in other.source.command[size::2])


@pytest.mark.real_servers
@pytest.mark.parametrize("deployment", LAUNCHED, ids=lambda deployment: deployment.framework)
def test_the_real_server_gives_the_expected_answer_to_every_workload(deployment: Deployment, tmp_path: Path) -> None:
    answers = asyncio.run(_answers(deployment, tmp_path))

    assert len(answers) >= 9
    assert {name: answer.problem for name, answer in answers.items() if not answer.ok} == {}
    assert answers["downloads: 1 MiB"].body_bytes == 1 << 20


@pytest.mark.real_servers
def test_the_three_of_them_stream_and_answer_on_websockets_alike(tmp_path: Path) -> None:
    first, *others = (asyncio.run(_of_events(deployment, tmp_path)) for deployment in WITH_SOCKETS)

    assert set(first) == {
        "streaming: chunks", "streaming: NDJSON", "sse: events", "websocket-echo: echo", "fan-out: room",
        "held-connections: 1,000 held",
    }  # fmt: skip
    for found in (first, *others):
        assert {name: answer.problem for name, answer in found.items() if not answer.ok} == {}
        assert all(answer.complete for answer in found.values())
        assert {name: answer.digest for name, answer in found.items()} == {
            name: answer.digest for name, answer in first.items()
        }
        assert {answer.status for answer in found.values()} == {200, 101}


async def _answers(deployment: Deployment, directory: Path) -> dict[str, Answer]:
    asked = [
        (f"{name}: {workload.name}{number or ''}", replace(workload, request=request))
        for name, plan in PLANS.items()
        if deployment in plan.deployments
        for workload in plan.workloads
        for number, request in enumerate(first_requests(workload))
    ]
    return await _asked(deployment, asked, directory)


async def _of_events(deployment: Deployment, directory: Path) -> dict[str, Answer]:
    asked = [
        (f"{name}: {workload.name}", replace(workload, request=probes_of(workload, Client())[0]))
        for name, plan in PLANS.items()
        for workload in plan.workloads
        if workload.kind != "http"
    ]
    return await _asked(deployment, asked, directory)


async def _asked(deployment: Deployment, asked: list[tuple[str, Workload]], directory: Path) -> dict[str, Answer]:
    server = await launch(deployment, base_dir=directory, cpus=None, directory=directory)
    try:
        return {name: await ask(server.target, workload, Tls()) for name, workload in asked}
    finally:
        await server.stop()
