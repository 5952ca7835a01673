"""The shipped profiles against the real servers they start: every workload gets the answer it expects."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from loadbench_gui.core.plan import Deployment, Launch
from loadbench_gui.core.template import first_requests
from loadbench_gui.deploy.server import launch
from loadbench_gui.deploy.verify import Answer, verify
from loadbench_gui.profile.bundled import bundled, find
from loadbench_gui.profile.loader import load

PLANS = {one.name: load(one.path) for one in bundled()}
LAUNCHED = load(find("first-look")).deployments


def test_every_shipped_profile_starts_a_server_in_the_same_way() -> None:
    for plan in PLANS.values():
        started = [deployment for deployment in plan.deployments if isinstance(deployment.source, Launch)]
        assert set(started) <= set(LAUNCHED)


@pytest.mark.real_servers
@pytest.mark.parametrize("deployment", LAUNCHED, ids=lambda deployment: deployment.framework)
def test_the_real_server_gives_the_expected_answer_to_every_workload(deployment: Deployment, tmp_path: Path) -> None:
    answers = asyncio.run(_answers(deployment, tmp_path))

    assert len(answers) >= 9
    assert {name: answer.problem for name, answer in answers.items() if not answer.ok} == {}
    assert answers["downloads: 1 MiB"].body_bytes == 1 << 20


async def _answers(deployment: Deployment, directory: Path) -> dict[str, Answer]:
    server = await launch(deployment, base_dir=directory, cpus=None, directory=directory)
    try:
        return {
            f"{name}: {workload.name}{number or ''}": await verify(
                server.target, request, request.expect or workload.expect
            )
            for name, plan in PLANS.items()
            if deployment in plan.deployments
            for workload in plan.workloads
            for number, request in enumerate(first_requests(workload))
        }
    finally:
        await server.stop()
