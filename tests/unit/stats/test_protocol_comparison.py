"""Comparisons of streams and WebSockets: what is judged, what it is called, what is left out."""

from __future__ import annotations

from dataclasses import replace

from builders import ARMS, make_socket_run, make_socket_workload, make_stream_run, make_stream_workload
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import ClosedLoad, ComparisonSettings, Deployment, Launch, Plan, Workload
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Comparison, Metric, MetricVerdict, Verdict
from loadbench_gui.stats.compare import compare, main_verdict_stands
from loadbench_gui.stats.schedule import make_schedule

ROUNDS = 5
MIB = 1024 * 1024


def compared(workload: Workload, runs: list[Run], primary: str, *more: Workload) -> Comparison:
    deployments = tuple(Deployment(arm.name, Launch(("serve",)), arm.framework) for arm in ARMS)
    plan = Plan("three", deployments, (workload, *more), ComparisonSettings("fastapi", primary, ROUNDS))
    return compare(
        plan, make_schedule(plan, 1), runs, answers_gate=(), comparison_id="cmp-1",
        started_at="2026-11-22T12:44:00+00:00", command="", complete=True,
    )  # fmt: skip


def verdict(comparison: Comparison, metric: Metric, deployment: str = "starlette") -> MetricVerdict:
    (found,) = [v for v in comparison.metrics if (v.metric, v.deployment) == (metric, deployment)]
    return found


def orders() -> list[tuple[int, int]]:
    """Round and arm of each run."""
    return [(round_, arm) for round_ in range(ROUNDS) for arm in range(len(ARMS))]


def test_streams_are_judged_by_their_first_events_and_gaps() -> None:
    workload = make_stream_workload()
    runs = [make_stream_run(ARMS[a], workload=workload, round=r, order=3 * r + a) for r, a in orders()]
    found = compared(workload, runs, "first_event_p50")
    assert verdict(found, Metric.FIRST_EVENT_P50).verdict is Verdict.FASTER
    assert verdict(found, Metric.GAP_P99).verdict is Verdict.EQUIVALENT
    assert verdict(found, Metric.GAP_P99).delta == 0.10
    assert not {Metric.SERVICE_P50, Metric.RTT_P50} & {v.metric for v in found.metrics}
    assert found.summary.startswith("Starlette is faster than FastAPI: p50 of the first event 2")
    assert "at 2,000 streams/s" in found.summary
    assert "p99 " not in found.summary, "it says the same again"


def test_held_connections_are_judged_by_what_each_takes() -> None:
    workload = make_socket_workload("hold", ClosedLoad(1_000))
    runs = []
    for r, a in orders():
        run = make_socket_run("hold", ARMS[a], workload=workload, round=r, order=3 * r + a)
        assert run.target is not None
        peak = run.target.idle_bytes + round((30 - 6 * a) * MIB * (1 + 0.01 * (r % 2)))
        runs.append(replace(run, target=replace(run.target, peak_bytes=peak)))
    found = compared(workload, runs, "memory_per_connection")
    less = verdict(found, Metric.MEMORY_PER_CONNECTION)
    assert less.verdict is Verdict.LESS
    assert less.sentence == (
        "Starlette uses less memory per connection than FastAPI: memory per connection 20 % lower (95 % CI 20 %), "
        "5 rounds, with 1,000 connections."
    )
    assert {v.metric for v in found.metrics} == {
        Metric.MEMORY_PER_CONNECTION, Metric.MEMORY_PEAK, Metric.MEMORY_IDLE, Metric.STARTUP,
    }  # fmt: skip
    assert main_verdict_stands(found)


def test_a_latency_of_pushed_messages_is_refused_with_its_reason() -> None:
    workload = make_socket_workload("push")
    runs = [make_socket_run("push", ARMS[a], workload=workload, round=r, order=3 * r + a) for r, a in orders()]
    found = compared(workload, runs, "p99")
    assert verdict(found, Metric.P99).verdict is Verdict.NONE
    assert "messages that the server pushes were not asked for" in verdict(found, Metric.P99).sentence
    assert verdict(found, Metric.GAP_P99).verdict is Verdict.EQUIVALENT
    assert verdict(found, Metric.THROUGHPUT).sentence.endswith("with 64 connections.")
    assert verdict(found, Metric.GAP_P99).caveats == (), "it is the server's own rate, not one that we gave it"


def test_a_workload_that_cannot_measure_what_decides_does_not_withhold_the_main_verdict() -> None:
    room, quiet = make_socket_workload("fanout"), replace(make_socket_workload("hold"), name="quiet")
    runs = [make_socket_run("fanout", ARMS[a], workload=room, round=r, order=3 * r + a) for r, a in orders()]
    runs += [make_socket_run("hold", ARMS[a], workload=quiet, round=r, order=3 * r + a) for r, a in orders()]
    for primary in ("fanout_p99", "p99"):
        found = compared(room, runs, primary, quiet)
        assert main_verdict_stands(found)
        assert {v.workload for v in found.metrics if v.primary} == {room.name}
        assert Metric.MEMORY_PEAK in {v.metric for v in found.metrics if v.workload == "quiet"}


def test_a_faster_fan_out_is_told_at_its_rate() -> None:
    workload = make_socket_workload("fanout")
    runs = []
    for r, a in orders():
        run = make_socket_run("fanout", ARMS[a], workload=workload, round=r, order=3 * r + a)
        assert run.measured.websocket is not None
        slower = Histogram.of([1_000 + 500 * a + 10 * (r % 2)] * 64_000)
        socket = replace(run.measured.websocket, fanout=slower)
        runs.append(replace(run, measured=replace(run.measured, websocket=socket)))
    found = verdict(compared(workload, runs, "fanout_p99"), Metric.FANOUT_P99)
    assert found.verdict is Verdict.SLOWER
    assert found.sentence.startswith("Starlette is slower than FastAPI: fan-out p99 ")
    assert found.sentence.endswith("at 2,000 publications/s.")
    assert (found.baseline_value or 0) < 1_020
