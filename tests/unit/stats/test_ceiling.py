"""A throughput near the generator's ceiling ranks nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import ARMS, make_run, make_workload
from loadbench_gui.core.plan import ClosedLoad, ComparisonSettings, Deployment, Launch, Plan
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Gate, Metric
from loadbench_gui.stats.ceiling import ceiling_share, twin_gates
from loadbench_gui.stats.gates import gates_for

CLOSED = make_workload(shape=ClosedLoad(64))
PLAN = Plan(
    "p",
    tuple(Deployment(arm.name, Launch(("serve",)), arm.framework) for arm in ARMS[:2]),
    (CLOSED,),
    ComparisonSettings("fastapi"),
)


def closed(arm: int, rps: float, ceiling_rps: float | None, order: int = 0) -> Run:
    run = make_run(ARMS[arm], workload=CLOSED, order=order)
    count = round(rps * run.duration_s)
    return replace(
        run,
        measured=replace(run.measured, issued=count, succeeded=count),
        traffic=replace(run.traffic, completed=count),
        fitness=replace(run.fitness, ceiling_rps=ceiling_rps),
    )


def gates(*runs: Run) -> dict[str, Gate]:
    return {gate.name: gate for gate in gates_for(PLAN, "json", runs)}


def test_the_share_is_what_was_sent_over_what_could_be() -> None:
    assert ceiling_share(closed(0, 5_000, 10_000)) == pytest.approx(0.5)
    assert ceiling_share(closed(0, 5_000, None)) is None


def test_an_open_loop_has_no_throughput_to_rank() -> None:
    open_loop = make_run()
    assert ceiling_share(replace(open_loop, fitness=replace(open_loop.fitness, ceiling_rps=1.0))) is None


@pytest.mark.parametrize(("rps", "passed"), [(7_000, True), (7_100, False)])
def test_above_seven_tenths_of_the_ceiling_the_throughput_is_not_ranked(rps: float, passed: bool) -> None:
    found = gates(closed(0, 3_000, 10_000), closed(1, rps, 10_000, order=1))["generator ceiling"]
    assert found.passed is passed
    assert found.metrics == (() if passed else (Metric.THROUGHPUT,))
    assert found.deployments == (() if passed else ("starlette",))
    assert passed or "loadbench calibrate" in found.detail


@pytest.mark.parametrize(
    ("one", "other", "flagged"),
    [(6_500, 6_600, True), (6_500, 6_100, False), (5_900, 5_950, False)],
    ids=["alike near the ceiling", "not alike", "alike far below"],
)
def test_two_at_the_same_figure_near_the_ceiling_are_flagged(one: float, other: float, flagged: bool) -> None:
    runs = (closed(0, one, 10_000), closed(1, other, 10_000, order=1))
    assert bool(twin_gates("json", runs)) is flagged
    if flagged:
        found = gates(*runs)["same figure near the ceiling"]
        assert (found.passed, found.deployments) == (None, ("fastapi", "starlette"))
        assert found.metrics == (Metric.THROUGHPUT,)
