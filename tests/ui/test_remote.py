"""Who is asked before traffic goes anywhere else: not for this machine, however it is written."""

from __future__ import annotations

import pytest

from loadbench_gui.core.plan import (
    Attach,
    ClosedLoad,
    ComparisonSettings,
    Deployment,
    Expectation,
    Plan,
    Request,
    Workload,
)
from loadbench_gui.ui.remote import remotes


def plan_for(url: str) -> Plan:
    workload = Workload("w", "http", Request(), Expectation(), ClosedLoad(3))
    return Plan("p", (Deployment("d", Attach(url)),), (workload,), ComparisonSettings("d"))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://localhost", "https://[::1]:8", "http+unix://%2Frun%2Fapp.sock"]
)
def test_this_machine_is_not_elsewhere(url: str) -> None:
    assert remotes(plan_for(url)) == ()


def test_another_host_is_named_with_its_load() -> None:
    (remote,) = remotes(plan_for("https://web.example:8443"))
    assert remote.host == "web.example"
    assert remote.load == "as fast as it answers, over 3 connections"
