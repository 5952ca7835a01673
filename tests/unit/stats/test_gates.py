"""What must hold before anything is concluded, and what it stops when it does not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from builders import (
    ARMS,
    make_run,
    make_socket_run,
    make_socket_workload,
    make_stream_run,
    make_stream_workload,
    make_workload,
)
from loadbench_gui.core.caveats import Caveat, worst
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import (
    ClosedLoad,
    ComparisonSettings,
    Deployment,
    Launch,
    OpenLoad,
    Plan,
    Request,
    Slo,
    SocketMode,
    SocketSettings,
    StreamSettings,
)
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import ErrorKind, Tally
from loadbench_gui.core.verdict import Gate, Metric
from loadbench_gui.stats.gates import error_rate, gates_for, little_error, offered_met, reuse
from loadbench_gui.stats.sample import LOADED, SCHEDULED, TIMING
from loadbench_gui.stats.wording import gate_words

PLAN = Plan(
    "p",
    tuple(Deployment(arm.name, Launch(("serve",)), arm.framework) for arm in ARMS),
    (make_workload(),),
    ComparisonSettings("fastapi"),
)
GOOD = [make_run(arm, order=order) for order, arm in enumerate(ARMS)]


def gate(name: str, runs: Sequence[Run], plan: Plan = PLAN) -> Gate:
    (found,) = [g for g in gates_for(plan, "json", runs) if g.name == name]
    return found


def second(run: Run) -> list[Run]:
    """The good runs with `run` in Starlette's place."""
    return [GOOD[0], replace(run, label=GOOD[1].label), GOOD[2]]


def closed(throughput: float, mean_us: int, connections: int) -> Run:
    run = make_run(ARMS[1], workload=make_workload(shape=ClosedLoad(connections)))
    tally = replace(run.measured, scheduled=Histogram.of([mean_us] * 100))
    return replace(run, measured=tally, traffic=replace(run.traffic, completed=int(throughput * run.duration_s)))


def test_good_runs_pass_every_gate() -> None:
    found = gates_for(PLAN, "json", GOOD)
    assert all(g.passed for g in found)
    assert [g.name for g in found] == [
        "reuse", "offered met", "generator CPU", "errors", "generator valid", "generator lag", "own CPUs", "steady",
    ]  # fmt: skip


def test_the_first_opening_of_each_connection_does_not_count_against_reuse() -> None:
    assert reuse(GOOD[0]) == 1.0
    again = replace(GOOD[0], traffic=replace(GOOD[0].traffic, opened=64 + 100, reused=900))
    assert reuse(again) == 0.9


def test_reuse_is_not_asked_for_where_connections_are_closed_on_purpose() -> None:
    closing = replace(make_workload(), request=Request(headers=(("connection", "Close"),)))
    assert reuse(make_run(workload=closing)) is None


def test_connections_opened_again_and_again_stop_what_depends_on_load() -> None:
    churned = replace(GOOD[1], traffic=replace(GOOD[1].traffic, opened=5_000))
    found = gate("reuse", second(churned))
    assert (found.passed, found.deployments, found.metrics) == (False, ("starlette",), LOADED)
    assert "Raise the server's keep-alive timeout" in found.detail


def test_a_closed_loop_obeys_littles_law() -> None:
    assert little_error(closed(10_000, 6_400, 64)) == pytest.approx(0.0, abs=0.001)
    edge = (6.4e-3 + 20e-3) / 4
    assert little_error(closed(9_000, 6_400, 64)) == pytest.approx(0.1 - edge, abs=0.001), (
        "but for the edges of the window"
    )
    assert little_error(GOOD[0]) is None


@pytest.mark.parametrize(("throughput", "passed"), [(9_600, True), (9_400, False), (10_600, False)])
def test_an_accounting_error_above_five_per_cent_stops_timing(throughput: float, passed: bool) -> None:
    found = gate("Little's law", second(closed(throughput, 6_400, 64)))
    assert found.passed is passed
    assert found.metrics == (() if passed else TIMING)


@pytest.mark.parametrize(("completed", "passed"), [(990, True), (989, False)])
def test_an_open_loop_must_complete_what_was_drawn(completed: int, passed: bool) -> None:
    run = replace(
        GOOD[1],
        measured=replace(GOOD[1].measured, issued=1_000),
        traffic=replace(GOOD[1].traffic, completed=completed),
    )
    assert offered_met(run) == completed / 1_000
    found = gate("offered met", second(run))
    assert found.passed is passed
    assert passed or "98.9 %" in found.detail


def offered(due: int, completed: int, *, latency_us: int = 500, rate_rps: float = 10.0, connections: int = 64) -> Run:
    run = make_run(ARMS[1], workload=make_workload(shape=OpenLoad(connections, rate_rps)))
    tally = replace(run.measured, issued=due, service=Histogram.of([latency_us] * completed))
    return replace(run, measured=tally, traffic=replace(run.traffic, completed=completed))


def test_the_last_of_few_arrivals_may_still_be_under_way_at_the_end() -> None:
    assert gate("offered met", second(offered(50, 49))).passed
    assert gate("offered met", second(offered(50, 47))).passed is False, "three of half a millisecond cannot be"


def test_as_many_may_be_under_way_as_littles_law_says() -> None:
    """Twenty a second that take 200 ms: four at a time, give or take as many."""
    assert offered_met(offered(400, 392, latency_us=200_000, rate_rps=20.0)) == 1.0
    assert offered_met(offered(400, 385, latency_us=200_000, rate_rps=20.0)) == pytest.approx(0.9625)


def test_what_failed_is_not_under_way() -> None:
    """Of a thousand that took 50 ms at 1,000/s, fifty may be under way at the end."""
    kept = offered(1_000, 960, latency_us=50_000, rate_rps=1_000.0)
    assert offered_met(kept) == 1.0
    assert offered_met(replace(kept, measured=replace(kept.measured, failed=40))) == pytest.approx(0.96)
    some = replace(kept, measured=replace(kept.measured, failed=10, timed_out=5, dropped=5))
    assert offered_met(some) == pytest.approx(0.98)
    none = replace(kept.measured, issued=1, succeeded=0, timed_out=1)
    assert offered_met(replace(kept, measured=none, traffic=replace(kept.traffic, completed=0))) == 0.0


@pytest.mark.parametrize("connections", [4, 64, 1_000])
@pytest.mark.parametrize("capacity", [0.9, 0.5, 0.05])
def test_a_latency_that_grew_out_of_a_queue_does_not_explain_what_is_missing(capacity: float, connections: int) -> None:
    """Of 50 a second a server answers a share: after four seconds the wire holds all that is missing, or is full."""
    due, completed = 200, round(200 * capacity)
    waited_us = round(1e6 * min(due - completed, connections) / (50 * capacity))
    overloaded = offered(due, completed, latency_us=waited_us, rate_rps=50.0, connections=connections)
    assert gate("offered met", second(overloaded)).passed is False


def test_a_closed_loop_offers_nothing() -> None:
    assert offered_met(closed(1_000, 1_000, 1)) is None


def test_errors_are_failed_timed_out_and_dropped() -> None:
    run = replace(GOOD[0], measured=Tally(issued=1_000, succeeded=994, failed=1, timed_out=2, dropped=3))
    assert error_rate(run) == 0.006
    assert error_rate(replace(run, measured=Tally())) == 1.0


def test_one_error_in_a_thousand_is_allowed_and_more_are_not_unless_the_slo_says_so() -> None:
    some = second(make_run(ARMS[1], errors={ErrorKind.RESET: 7}))
    many = second(make_run(ARMS[1], errors={ErrorKind.BAD_STATUS: 100}))
    assert gate("errors", some).passed
    failed = gate("errors", many)
    assert (failed.passed, failed.deployments) == (False, ("starlette",))
    assert "sample exchanges" in failed.detail
    assert gate("errors", many, replace(PLAN, slo=Slo(error_rate=0.05))).passed
    assert gate("errors", some, replace(PLAN, slo=Slo(error_rate=0.0))).passed is False


@pytest.mark.parametrize(("cpu", "passed"), [(0.79, True), (0.80, False)])
def test_a_generator_at_four_fifths_of_its_cpu_may_be_the_limit(cpu: float, passed: bool) -> None:
    busy = replace(GOOD[1], fitness=replace(GOOD[1].fitness, cpu_fraction=cpu))
    assert gate("generator CPU", second(busy)).passed is passed


def doubted(*caveats: Caveat) -> list[Run]:
    return second(replace(GOOD[1], fitness=replace(GOOD[1].fitness, verdict=worst(caveats), caveats=caveats)))


def test_an_unfit_generator_stops_what_depends_on_load() -> None:
    found = gate("generator valid", doubted(Caveat("throttled", "throttled 40 times.", "Raise the quota.", "invalid")))
    assert (found.passed, found.deployments, found.metrics) == (False, ("starlette",), LOADED)
    assert found.detail == "the generator found itself unfit; throttled 40 times. Raise the quota."
    assert found.figure == "1 of 3 runs invalid"


def test_a_generator_may_be_unfit_for_one_metric_only() -> None:
    runs = doubted(Caveat("receive-lag", "late reads", "Lower the rate.", "invalid", metric="service_p50"))
    assert gate("generator valid", runs).passed
    found = gate("generator valid for service_p50", runs)
    assert (found.passed, found.metrics) == (False, (Metric.SERVICE_P50,))


def test_a_suspicion_is_said_and_stops_nothing() -> None:
    found = gate("gc pause", doubted(Caveat("gc-pause", "paused for 12 ms", "Close other programs.", "suspect")))
    assert (found.passed, found.figure, found.deployments) == (None, "1 of 3 runs", ("starlette",))
    assert found.detail == "paused for 12 ms. Close other programs."


def test_one_kind_of_doubt_is_said_once_with_all_its_metrics() -> None:
    lags = [Caveat("receive_lag", f"{m}: late", "", "suspect", m) for m in ("service_p50", "service_p99_9", "p90")]
    found = gate("receive lag", doubted(*lags))
    assert (found.passed, found.figure, found.detail) == (None, "1 of 3 runs", "service_p50: late.")
    assert found.metrics == (Metric.P90, Metric.P99_9, Metric.SERVICE_P50)


def test_a_general_doubt_concerns_all_timing() -> None:
    assert set(gate("steal", doubted(Caveat("steal", "stolen", "", "suspect"))).metrics) == set(TIMING)


def test_shared_cpus_are_said_under_the_name_of_the_gate() -> None:
    runs = doubted(Caveat("cpu-shared", "server and generator share CPU 0", "Give them CPUs of their own.", "suspect"))
    assert gate("own CPUs", runs).passed is None
    assert gate("own CPUs", GOOD).passed is True


def lagging(run: Run, lag_us: int) -> Run:
    total = run.measured.dispatch_lag.total
    return replace(run, measured=replace(run.measured, dispatch_lag=Histogram.of([lag_us] * total)))


def test_lag_is_judged_against_the_latency_at_the_same_percentile() -> None:
    # Medians lie near 1 ms and the 90th percentiles above 2 ms: 150 us are too much for the one, not for the other.
    found = gate("generator lag", second(lagging(GOOD[1], 150)))
    assert (found.passed, found.deployments, found.metrics) == (False, ("starlette",), (Metric.P50,))
    assert "p50" in found.detail


def test_lag_of_the_baseline_concerns_every_pair() -> None:
    found = [g for g in gates_for(PLAN, "json", [lagging(GOOD[0], 10**6), *GOOD[1:]]) if g.name == "generator lag"]
    assert [(g.passed, g.deployments) for g in found] == [(False, ("starlette",)), (False, ("sanic",))]
    assert set(found[0].metrics) <= set(SCHEDULED)


def test_a_gate_of_lag_says_how_late_at_most_and_which_percentiles_of_which_deployment_it_is_about() -> None:
    late = [lagging(GOOD[0], 10**6), *GOOD[1:]]
    found = [g for g in gates_for(PLAN, "json", late) if g.name == "generator lag"]

    assert all(re.fullmatch(r"up to [\d,]+ % at p50", g.figure) for g in found)
    assert all("at p50, p90 and p99. Give it" in g.detail for g in found)
    assert [g.detail.split(",")[0] for g in found] == ["comparing starlette", "comparing sanic"]
    said = [gate_words(g, found) for g in found]
    assert said[0].startswith("generator lag up to ")
    assert [words.rpartition(" ")[2] for words in said] == ["(Starlette)", "(Sanic)"]
    assert gate_words(found[0], found[:1]) == f"generator lag {found[0].figure}", "alone it needs no name"


@pytest.mark.parametrize(("lag_us", "said"), [(997, "99.7 %"), (1_000, "100 %"), (20_000, "2,00")])
def test_a_lag_as_long_as_the_latency_is_written_as_people_read_it(lag_us: int, said: str) -> None:
    late = second(lagging(GOOD[1], lag_us))
    late = [
        replace(run, measured=replace(run.measured, scheduled=Histogram.of([1_000] * run.measured.scheduled.total)))
        for run in late
    ]
    assert gate("generator lag", late).figure.startswith(f"up to {said}")


def test_runs_that_drift_are_a_caveat() -> None:
    late = [replace(i, measured=make_run(replace(ARMS[1], median_us=9_000.0)).intervals[2].measured)
            for i in GOOD[1].intervals[3:]]  # fmt: skip
    found = gate("steady", second(replace(GOOD[1], intervals=(*GOOD[1].intervals[:3], *late))))
    assert (found.passed, found.figure, found.deployments) == (None, "1 of 3 runs drift", ("starlette",))


def streams(*, warmup_s: float = 1.0, life_s: float = 0.2, share: float = 1.0) -> Run:
    """400 streams a second for four seconds, of which `share` ended inside the window."""
    workload = replace(make_stream_workload(), warmup_s=warmup_s)
    run = make_stream_run(ARMS[1], workload=workload)
    completed = round(share * run.measured.issued)
    tally = replace(
        run.measured, first_byte=Histogram.of([1_000]), download=Histogram.of([round(life_s * 1e6) - 1_000])
    )
    return replace(run, measured=tally, traffic=replace(run.traffic, completed=completed))


def test_streams_that_end_after_the_window_are_not_held_against_a_server_that_keeps_up() -> None:
    assert offered_met(streams()) == 1.0
    assert offered_met(streams(share=0.9)) == pytest.approx(0.9, abs=0.001)
    short = streams(warmup_s=1.0, life_s=2.0, share=0.75)
    assert offered_met(short) == pytest.approx(1.0, abs=0.001), "a quarter of them began too late to end inside"


def test_as_many_streams_may_end_late_as_their_lives_scatter() -> None:
    run = streams(share=0.98)
    assert (offered_met(run) or 0) < 0.99
    scattered = Histogram.of([100_000, 300_000])
    assert offered_met(replace(run, measured=replace(run.measured, download=scattered))) == 1.0


def test_streams_that_outlive_the_window_say_nothing_of_what_was_offered() -> None:
    assert offered_met(streams(life_s=4.0, share=0.2)) is None
    endless = make_stream_workload(settings=StreamSettings("sse", endless=True))
    assert offered_met(make_stream_run(workload=endless)) is None


def test_littles_law_is_asked_of_echoes_and_publishers_and_of_nothing_else() -> None:
    modes: tuple[SocketMode, ...] = ("push", "hold")
    for mode in modes:
        assert little_error(make_socket_run(mode)) is None
    assert little_error(make_stream_run(workload=make_stream_workload(shape=ClosedLoad(64)))) is None
    room = make_socket_workload("fanout", ClosedLoad(64), settings=SocketSettings("fanout", publishers=2))
    run = make_socket_run("fanout", workload=room)
    tally = replace(run.measured, scheduled=Histogram.of([2_000] * 100))
    run = replace(run, measured=tally, traffic=replace(run.traffic, completed=round(run.duration_s * 1_000)))
    assert little_error(run) == 0.0, "two publishers, 2 ms each: 1,000 publications a second"


def test_connections_that_we_end_ourselves_are_no_lack_of_reuse() -> None:
    run = make_stream_run()
    ours = replace(run, traffic=replace(run.traffic, opened=1_000, reused=0, closed_by_server=0))
    assert reuse(ours) is None
    theirs = replace(ours, traffic=replace(ours.traffic, reused=64, closed_by_server=936))
    assert reuse(theirs) == pytest.approx(0.064)
    assert reuse(make_socket_run("echo")) is None


def test_messages_that_did_not_come_once_and_in_order_are_said_and_stop_nothing() -> None:
    good = [make_socket_run("echo", arm, order=order) for order, arm in enumerate(ARMS)]
    found = gate("delivery", good)
    assert (found.passed, found.detail) == (True, "Every message came once and in its order.")
    odd = make_socket_run("echo", ARMS[1], planted={"lost": 3, "duplicated": 2}, order=1)
    found = gate("delivery", [good[0], odd, good[2]])
    assert (found.passed, found.deployments, found.figure) == (None, ("starlette",), "1 of 3 irregular")
    assert found.detail.startswith("starlette: 3 lost, 2 duplicated. ")


def test_nobody_knows_whether_all_came_of_what_a_server_pushes() -> None:
    modes: tuple[SocketMode, ...] = ("push", "hold")
    for mode in modes:
        runs = [make_socket_run(mode, arm, order=order) for order, arm in enumerate(ARMS)]
        assert "delivery" not in [g.name for g in gates_for(PLAN, "json", runs)]
    repeated = make_socket_run("push", ARMS[1], planted={"duplicated": 2}, order=1)
    assert gate("delivery", [repeated]).figure == "1 of 1 irregular"


def test_plain_requests_have_no_delivery_to_speak_of() -> None:
    assert "delivery" not in [g.name for g in gates_for(PLAN, "json", GOOD)]
