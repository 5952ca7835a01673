"""The order of runs, and how long they take."""

from __future__ import annotations

from itertools import groupby

from builders import make_workload
from loadbench_gui.core.plan import Attach, ComparisonSettings, Deployment, Launch, Plan
from loadbench_gui.stats.schedule import ATTACHED_OVERHEAD_S, LAUNCHED_OVERHEAD_S, arrivals_seed, make_schedule

LAUNCHED = tuple(Deployment(name, Launch(("serve",))) for name in ("a", "b", "c"))
WORKLOADS = (make_workload("json"), make_workload("upload"))


def plan(rounds: int = 6, deployments: tuple[Deployment, ...] = LAUNCHED) -> Plan:
    return Plan("p", deployments, WORKLOADS, ComparisonSettings("a", rounds=rounds))


def test_every_deployment_runs_once_a_round_and_workload() -> None:
    entries = make_schedule(plan(), 1).entries
    blocks = [list(block) for _, block in groupby(entries, key=lambda e: (e.round, e.workload))]
    assert [(b[0].round, b[0].workload) for b in blocks] == [(r, w.name) for r in range(6) for w in WORKLOADS]
    assert all(sorted(e.deployment for e in block) == ["a", "b", "c"] for block in blocks)
    assert [e.order for e in entries] == list(range(36))


def test_the_order_is_drawn_anew_in_each_block() -> None:
    entries = make_schedule(plan(), 1).entries
    orders = {tuple(e.deployment for e in block) for _, block in groupby(entries, key=lambda e: (e.round, e.workload))}
    assert len(orders) > 2


def test_every_deployment_goes_first_about_equally_often() -> None:
    first = [e.deployment for e in make_schedule(plan(300), 1).entries if e.order % 3 == 0]
    # 600 blocks: 200 each, with a standard deviation of 11.5.
    assert all(abs(first.count(name) - 200) < 58 for name in ("a", "b", "c"))


def test_a_seed_draws_the_same_schedule_again() -> None:
    assert make_schedule(plan(), 0x7F3A) == make_schedule(plan(), 0x7F3A)
    assert make_schedule(plan(), 0x7F3A).entries != make_schedule(plan(), 0x7F3B).entries
    assert make_schedule(plan(), 0x7F3A).seed == 0x7F3A


def test_the_estimate_counts_warm_up_window_and_each_start_and_stop() -> None:
    attached = Deployment("b", Attach("http://localhost:8000"))
    schedule = make_schedule(plan(2, (LAUNCHED[0], attached)), 1)
    assert schedule.estimate_s == 2 * 2 * (2 * 5.0 + LAUNCHED_OVERHEAD_S + ATTACHED_OVERHEAD_S)


def test_deployments_of_a_round_get_the_same_arrivals_and_rounds_others() -> None:
    seeds = {arrivals_seed(7, round_, workload) for round_ in range(10) for workload in ("json", "upload")}
    assert len(seeds) == 20
    assert arrivals_seed(7, 3, "json") == arrivals_seed(7, 3, "json") != arrivals_seed(8, 3, "json")
