"""In what the deployments differ besides the framework."""

from __future__ import annotations

from dataclasses import replace

from builders import ARMS, make_run, make_workload
from loadbench_gui.core.plan import Attach, ComparisonSettings, Deployment, Launch, Plan
from loadbench_gui.core.run import LaunchFacts, Run
from loadbench_gui.core.verdict import Difference
from loadbench_gui.stats.fingerprint import differences

PLAN = Plan(
    "p",
    tuple(Deployment(arm.name, Launch(("serve",)), arm.framework) for arm in (ARMS[0], ARMS[2])),
    (make_workload(),),
    ComparisonSettings("fastapi"),
)
SAME = LaunchFacts(python="3.11.7", workers=1, cpus=(0,), observed={"server header": "uvicorn", "event loop": "uvloop"})


def found(first: LaunchFacts, second: LaunchFacts, plan: Plan = PLAN) -> tuple[Difference, ...]:
    runs = [replace(make_run(arm), launch=facts) for arm, facts in ((ARMS[0], first), (ARMS[2], second))]
    return differences(plan, runs)


def observed(**facts: str) -> LaunchFacts:
    return replace(SAME, observed={**SAME.observed, **{key.replace("_", " "): value for key, value in facts.items()}})


def test_deployments_that_differ_in_the_framework_only_do_not_differ() -> None:
    assert found(observed(fastapi="0.115"), observed(sanic="24.12")) == ()


def test_another_number_of_workers_matters() -> None:
    assert found(SAME, replace(SAME, workers=4)) == (
        Difference("worker processes", (("fastapi", "1"), ("sanic", "4")), True),
    )


def test_facts_that_cost_time_matter_under_any_of_their_names() -> None:
    assert [d.what for d in found(observed(json="orjson"), observed(json="no extension loaded"))] == [
        "loaded JSON extension"
    ]
    changed = found(observed(event_loop="uvloop", access_log="on"), observed(event_loop="asyncio", access_log="off"))
    assert [(d.what, d.matters) for d in changed] == [("event loop", True), ("access log", True)]


def test_which_cpus_does_not_matter_but_how_many() -> None:
    assert found(observed(cpus="0"), observed(cpus="1")) == ()
    assert found(observed(cpus="0"), observed(cpus="0, 1"))[0].values == (("fastapi", "1"), ("sanic", "2"))


def test_whether_connections_are_kept_matters_and_how_long_does_not() -> None:
    (listed,) = found(observed(keep_alive="kept open"), observed(keep_alive="kept open (timeout=5)"))
    (unlike,) = found(observed(keep_alive="kept open"), observed(keep_alive="closed after each answer"))
    assert (listed.matters, unlike.matters) == (False, True)


def test_a_framework_may_bring_its_own_server() -> None:
    (own,) = found(SAME, observed(server_header="sanic"))
    (foreign,) = found(SAME, observed(server_header="hypercorn"))
    assert (own.matters, foreign.matters) == (False, True)


def test_an_environment_of_its_own_is_listed_and_does_not_matter() -> None:
    (paths,) = found(replace(SAME, python="/a/bin/python"), replace(SAME, python="/b/bin/python"))
    (versions,) = found(SAME, replace(SAME, python="3.13.1"))
    assert (paths.matters, versions.matters) == (False, True)


def test_what_is_not_known_of_one_is_no_difference() -> None:
    assert found(observed(compression="gzip"), SAME) == ()


def test_other_facts_are_listed_after_those_that_matter() -> None:
    listed = found(observed(extensions="a"), replace(observed(extensions="b"), workers=2))
    assert [(d.what, d.matters) for d in listed] == [("worker processes", True), ("extensions", False)]


def test_a_fact_that_changed_from_run_to_run_shows_both_values() -> None:
    runs: list[Run] = [replace(make_run(ARMS[0]), launch=replace(SAME, workers=n)) for n in (1, 2)]
    runs.append(replace(make_run(ARMS[2]), launch=SAME))
    assert differences(PLAN, runs)[0].values == (("fastapi", "1 / 2"), ("sanic", "1"))


def test_a_server_elsewhere_is_not_like_one_started_here() -> None:
    elsewhere = replace(PLAN.deployments[1], source=Attach("https://staging.example"))
    plan = replace(PLAN, deployments=(PLAN.deployments[0], elsewhere))
    facts = LaunchFacts(observed={"server header": "uvicorn"})
    assert found(SAME, facts, plan) == (
        Difference("where it runs", (("fastapi", "started here"), ("sanic", "elsewhere")), True),
    )
