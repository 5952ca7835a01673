"""The generator's judgement on itself, from evidence with a known answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from builders import make_socket_workload, make_stream_workload
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import ClosedLoad, LoadShape, OpenLoad, SocketMode, SocketSettings, Workload
from loadbench_gui.core.run import Fitness, Interval
from loadbench_gui.core.snapshot import ErrorKind, Tally, Traffic, WorkerHealth
from loadbench_gui.core.streaming import StreamTally
from loadbench_gui.core.websocket import SocketTally
from loadbench_gui.engine.fitness.arrivals import worker_lost
from loadbench_gui.engine.fitness.evidence import Evidence, PortBudget, Surroundings
from loadbench_gui.engine.fitness.judge import judge, live_caveats

OPEN = OpenLoad(16, 1_000.0)


def tally(*, latency_us: int = 1_000, lag_us: int = 0, issued: int = 1_000, dropped: int = 0) -> Tally:
    count = issued - dropped
    latency, lag = Histogram.of([latency_us] * count), Histogram.of([lag_us] * count)
    return Tally(service=latency, scheduled=latency, dispatch_lag=lag, issued=issued, succeeded=count, dropped=dropped)


def health(*, cpu_s: float = 0.2, busy_us: int = 5, delay_s: float | None = None) -> WorkerHealth:
    return WorkerHealth(cpu_s, 1.0, Histogram.of([busy_us] * 100), run_delay_s=delay_s)


def evidence(
    measured: Tally | None = None,
    of_workers: WorkerHealth | None = None,
    *,
    shape: LoadShape = OPEN,
    traffic: Traffic | None = None,
    workers: int = 1,
    lost: int = 0,
    around: Surroundings = Surroundings(),  # noqa: B008 - a frozen value
    handled: int | None = None,
) -> Evidence:
    """One second of a load; what is measured is what the workers handled, unless told otherwise."""
    measured = measured if measured is not None else tally()
    return Evidence(
        measured=measured,
        traffic=traffic or Traffic(completed=measured.succeeded, opened=shape.connections),
        health=of_workers or health(),
        handled=measured.ended - measured.dropped if handled is None else handled,
        workers=workers,
        shape=shape,
        duration_s=1.0,
        lost=lost,
        around=around,
    )


def said(fitness: Fitness) -> list[tuple[str, str | None]]:
    return [(caveat.code, caveat.metric) for caveat in fitness.caveats]


def test_a_generator_with_time_to_spare_is_valid() -> None:
    fitness = judge(evidence())
    assert (fitness.verdict, fitness.caveats) == ("valid", ())
    assert fitness.cpu_fraction == pytest.approx(0.2)


def test_a_dispatch_lag_above_a_tenth_of_the_latency_makes_that_metric_suspect_only() -> None:
    slow_tail = replace(
        tally(issued=10_000), dispatch_lag=Histogram.of([10] * 9_850 + [400] * 150), service=Histogram.of([1_000] * 10)
    )
    fitness = judge(evidence(slow_tail))
    assert said(fitness) == [("dispatch_lag", "p99"), ("dispatch_lag", "p99_9")]
    assert fitness.verdict == "valid", "p50 stands"
    assert "dispatch lag at p99 is 400 µs" in fitness.caveats[0].message
    assert "(1.00 ms)" in fitness.caveats[0].message


def test_a_percentile_that_the_sample_cannot_support_is_not_judged() -> None:
    few = replace(tally(issued=999), dispatch_lag=Histogram.of([10] * 980 + [400] * 19))
    assert judge(evidence(few)).caveats == ()


def test_a_generator_that_is_late_throughout_is_suspect_as_a_whole() -> None:
    fitness = judge(evidence(tally(lag_us=500)))
    assert (fitness.verdict, said(fitness)) == ("suspect", [("generator_late", None)])
    assert "p50" in fitness.caveats[0].message


@pytest.mark.parametrize("paced", [True, False])
def test_spinning_is_advised_only_where_there_is_pacing(paced: bool) -> None:
    late = tally(lag_us=500)
    whole = judge(replace(evidence(late), paced=paced)).caveats
    now = live_caveats(Interval(0, 0.0, 1.0, late, Tally(), Traffic(), health()), 1, paced=paced)
    assert whole
    assert now
    assert {"spin" in caveat.hint for caveat in (*whole, *now)} == {paced}


def test_a_busy_loop_makes_service_times_suspect() -> None:
    fitness = judge(evidence(of_workers=health(busy_us=500)))
    assert ("receive_lag", "service_p99") in said(fitness)


def test_a_pause_of_ours_doubts_the_tail_on_both_clocks_where_it_could_have_made_it() -> None:
    paused = replace(health(), gc_pause_us=30_000.0)
    fitness = judge(evidence(of_workers=paused))
    assert said(fitness) == [("gc_pause", "p99_9"), ("gc_pause", "service_p99_9")]
    assert "up to 30.0 ms" in fitness.caveats[0].message
    queued = replace(tally(), scheduled=Histogram.of([400_000] * 1_000))
    assert said(judge(evidence(queued, paused))) == [("gc_pause", "service_p99_9")], "30 ms of 400 ms are no story"


def test_a_full_processor_is_named_and_shared_over_the_workers() -> None:
    full = evidence(of_workers=health(cpu_s=0.97))
    assert said(judge(full)) == [("generator_full", None)]
    assert judge(full).verdict == "suspect"
    assert judge(replace(full, workers=2)).caveats == ()


def test_one_worker_that_is_full_counts_however_idle_the_others_are() -> None:
    some = replace(evidence(workers=4), busiest=0.96)
    assert said(judge(some)) == [("generator_full", None)]
    assert "busiest worker, used 96 %" in judge(some).caveats[0].message
    assert judge(some).cpu_fraction == pytest.approx(0.05)


def test_the_ceiling_is_what_the_workers_could_send_at_the_cost_of_this_run() -> None:
    fitness = judge(evidence(tally(issued=10_000, latency_us=100_000), health(cpu_s=1.2), workers=2))
    assert fitness.cpu_us_per_request == pytest.approx(120.0)
    assert fitness.ceiling_rps == pytest.approx(2e6 / 120)


def test_a_worker_that_is_idle_most_of_the_time_does_not_say_what_it_could_do() -> None:
    fitness = judge(evidence(of_workers=health(cpu_s=0.49)))
    assert fitness.cpu_us_per_request == pytest.approx(490.0)
    assert fitness.ceiling_rps is None


def test_too_few_requests_do_not_say_what_one_costs() -> None:
    fitness = judge(evidence(tally(issued=99)))
    assert (fitness.cpu_us_per_request, fitness.ceiling_rps) == (None, None)


@pytest.mark.parametrize(("calibrated_us", "codes"), [(690.0, []), (710.0, [("near_ceiling", "throughput")])])
def test_above_seven_tenths_of_the_calibrated_ceiling_the_throughput_is_suspect(
    calibrated_us: float, codes: list[tuple[str, str | None]]
) -> None:
    fitness = judge(evidence(around=Surroundings(calibrated_us=calibrated_us)))
    assert said(fitness) == codes
    assert fitness.ceiling_rps == pytest.approx(1e6 / calibrated_us)
    assert fitness.cpu_us_per_request == pytest.approx(200.0), "the cost is always this run's own"
    assert not codes or "calibrated at 710.0 µs" in fitness.caveats[0].message


def test_without_a_calibration_the_caveat_says_that_the_ceiling_is_this_runs_own() -> None:
    (caveat,) = judge(evidence(of_workers=health(cpu_s=0.75))).caveats
    assert (caveat.code, caveat.metric) == ("generator_busy", "throughput")
    assert "from this run's own 750.0 µs of CPU a request" in caveat.message


def test_a_busy_run_that_costs_more_than_was_calibrated_is_believed() -> None:
    fitness = judge(evidence(of_workers=health(cpu_s=0.75), around=Surroundings(calibrated_us=20.0)))
    assert fitness.ceiling_rps == pytest.approx(1e6 / 750)
    assert "from this run's own 750.0 µs of CPU a request" in fitness.caveats[0].message


def test_a_busy_run_that_costs_less_than_was_calibrated_is_judged_by_the_calibration() -> None:
    fitness = judge(evidence(of_workers=health(cpu_s=0.75), around=Surroundings(calibrated_us=900.0)))
    assert fitness.ceiling_rps == pytest.approx(1e6 / 900)
    assert "calibrated at 900.0 µs of CPU a request" in fitness.caveats[0].message


@pytest.mark.parametrize(("steal", "verdict"), [(None, "valid"), (0.01, "valid"), (0.011, "suspect")])
def test_more_than_one_per_cent_of_stolen_time_makes_the_run_suspect(steal: float | None, verdict: str) -> None:
    fitness = judge(evidence(around=Surroundings(steal_fraction=steal)))
    assert (fitness.verdict, fitness.steal_fraction) == (verdict, steal)
    assert verdict == "valid" or "one request in a hundred" in fitness.caveats[0].message


def test_stolen_time_just_above_the_limit_is_written_so() -> None:
    fitness = judge(evidence(around=Surroundings(steal_fraction=0.01004)))
    assert "gave 1.004 % of" in fitness.caveats[0].message


def _without_service(metrics: list[str]) -> list[str]:
    return [metric.removeprefix("service_") for metric in metrics]


@pytest.mark.parametrize("of_workers", [health(busy_us=500), health(delay_s=0.12)], ids=["read late", "no processor"])
def test_what_ends_with_the_same_byte_is_doubted_on_both_clocks_in_the_same_words(of_workers: WorkerHealth) -> None:
    caveats = judge(evidence(tally(latency_us=1_000), of_workers, shape=ClosedLoad(16))).caveats
    messages = {caveat.metric: caveat.message for caveat in caveats}
    assert messages["p99"] == messages["service_p99"]
    assert "p99" in messages["p99"]
    assert "service" not in messages["p99"]


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("echo", "one round trip in a hundred may have met that, so p99 is no longer"),
        ("push", "so p99 of the gaps is no longer"),
        ("hold", "answers to pings"),
    ],
)
def test_stolen_time_is_said_of_what_the_load_measures(mode: SocketMode, words: str) -> None:
    stolen = evidence(around=Surroundings(steal_fraction=0.02))
    (caveat,) = judge(replace(stolen, workload=of_sockets(mode))).caveats
    assert words in caveat.message
    assert mode != "hold" or "p99" not in caveat.message


def test_a_moment_is_too_short_for_shares_of_processor_time() -> None:
    """One request of 1.6 ms: a tick of the system's clock is six times as long."""
    everything = evidence(
        tally(issued=1), health(cpu_s=1.0, delay_s=0.9), around=Surroundings(steal_fraction=0.5), shape=ClosedLoad(1)
    )
    assert judge(replace(everything, duration_s=0.0016)).caveats == ()
    half = judge(replace(everything, duration_s=0.5))
    assert said(half) == [("generator_full", None), ("run_delay", None)], "one tick of 10 ms is still 2 % stolen"
    assert ("steal", None) in said(judge(replace(everything, duration_s=1.0)))


@pytest.mark.parametrize(
    ("delay_s", "metrics"),
    [
        (0.015, []),
        (0.03, ["service_p99"]),
        (0.12, ["service_p90", "service_p99"]),
    ],
)
def test_waits_for_a_processor_touch_as_many_requests_as_they_cover_of_the_time(
    delay_s: float, metrics: list[str]
) -> None:
    """Of 1,000 wake-ups a second each may take 10 us: one per cent is no wait."""
    fitness = judge(evidence(of_workers=health(delay_s=delay_s)))
    assert said(fitness) == [("run_delay", metric) for metric in (*_without_service(metrics), *metrics)]
    assert fitness.verdict == "valid", "metric by metric"
    assert fitness.run_delay_fraction == pytest.approx(delay_s)


@pytest.mark.parametrize("latency_us", [20_000, 400], ids=["ten times as long", "too short to hold one"])
def test_a_wait_of_milliseconds_does_not_make_every_latency(latency_us: int) -> None:
    assert judge(evidence(tally(latency_us=latency_us), health(delay_s=0.2))).caveats == ()


def test_a_machine_that_is_crowded_makes_the_whole_run_suspect() -> None:
    fitness = judge(evidence(tally(latency_us=20_000), health(delay_s=0.26)))
    assert (fitness.verdict, said(fitness)) == ("suspect", [("run_delay", None)])
    assert "26 %" in fitness.caveats[0].message


@pytest.mark.parametrize(("delay_s", "codes"), [(0.09, []), (0.11, [("run_delay", "throughput")])])
def test_a_closed_loop_without_a_processor_for_a_tenth_of_the_time_sends_less(
    delay_s: float, codes: list[tuple[str, str | None]]
) -> None:
    slow = evidence(tally(latency_us=16_000), health(delay_s=delay_s), shape=ClosedLoad(16))
    assert said(judge(slow)) == codes


def test_arrivals_that_could_not_be_sent_make_the_run_suspect() -> None:
    fitness = judge(evidence(tally(dropped=100)))
    assert (fitness.verdict, said(fitness)) == ("suspect", [("arrivals_dropped", None)])
    assert "90 %" in fitness.caveats[0].message


def test_a_few_dropped_arrivals_cut_off_the_tail_that_they_would_have_been() -> None:
    fitness = judge(evidence(tally(issued=10_000, dropped=200)))
    assert (fitness.verdict, said(fitness)) == ("valid", [("arrivals_dropped", "p99")])


def test_arrivals_that_waited_to_the_end_were_not_sent_either() -> None:
    """42 of 100 found room in the queue, and 6 of those never a connection."""
    measured = replace(tally(issued=100, dropped=58), succeeded=36, censored=6, unsent=6)
    fitness = judge(evidence(measured))
    assert (fitness.verdict, said(fitness)) == ("suspect", [("arrivals_dropped", None), ("arrivals_unsent", None)])
    assert "Only 36 % of the arrivals could be sent; 58 % found no" in fitness.caveats[0].message
    assert "6 of 100 arrivals (6 %) were never sent" in fitness.caveats[1].message


def test_a_queue_that_is_never_sent_is_named_without_any_drop() -> None:
    measured = replace(tally(issued=50), succeeded=14, censored=36, unsent=36)
    assert said(judge(evidence(measured))) == [("arrivals_unsent", None)]
    in_flight = replace(measured, unsent=0)
    assert said(judge(evidence(in_flight))) == [], "those that were sent are no fault of the load"


@pytest.mark.parametrize(("reached", "codes"), [(16_000, []), (15_300, []), (15_000, [("subscribers_absent", None)])])
def test_subscribers_that_are_not_open_are_named(reached: int, codes: list[tuple[str, str | None]]) -> None:
    """A thousand publications over sixteen connections."""
    room = of_sockets("fanout", publishers=1)
    sockets = SocketTally(fanout=Histogram.of([1_000] * reached), sent=1_000)
    assert room.shape.connections == 16
    some = replace(evidence(replace(tally(latency_us=1_000), websocket=sockets), shape=room.shape), workload=room)
    assert said(judge(some)) == codes


@pytest.mark.parametrize("succeeded", [100, 50, 45, 0])
@pytest.mark.parametrize(("open_", "named"), [(8, True), (16, False)])
def test_publications_that_did_not_reach_all_in_time_went_to_as_many_all_the_same(
    succeeded: int, open_: int, *, named: bool
) -> None:
    """A hundred over so many of sixteen connections; one delivery of each that timed out is missing."""
    room = of_sockets("fanout", publishers=1)
    late = 100 - succeeded
    sockets = SocketTally(fanout=Histogram.of([1_000] * (100 * open_ - late)), lost=late, sent=100)
    measured = replace(tally(issued=100), succeeded=succeeded, timed_out=late, websocket=sockets)
    caveats = judge(replace(evidence(measured, shape=room.shape), workload=room)).caveats
    words = [caveat.message for caveat in caveats if caveat.code == "subscribers_absent"]
    assert [word.split(" of ")[0] for word in words] == ["Publications went to 8.0"] * named


@pytest.mark.parametrize(("completed", "codes"), [(1_000, []), (920, []), (900, [("accounting", None)])])
def test_a_closed_loop_whose_counts_break_littles_law_is_suspect(
    completed: int, codes: list[tuple[str, str | None]]
) -> None:
    """16 connections at 16 ms: 1,000 a second. 3.6 % of the window are its edges, beside the 5 % allowed."""
    found = evidence(tally(latency_us=16_000), shape=ClosedLoad(16), traffic=Traffic(completed=completed, opened=16))
    assert said(judge(found)) == codes


def test_a_run_that_ended_at_its_limit_is_no_matter_of_accounting() -> None:
    """Its connections have stood idle since each ended its last request."""
    short = evidence(tally(latency_us=16_000), shape=ClosedLoad(16), traffic=Traffic(completed=500, opened=16))
    assert said(judge(short)) == [("accounting", None)]
    assert judge(replace(short, at_limit=True)).caveats == ()


def test_think_time_is_part_of_littles_law() -> None:
    thinking = ClosedLoad(16, think_s=0.008)
    found = evidence(tally(latency_us=8_000), shape=thinking, traffic=Traffic(completed=1_000, opened=16))
    assert judge(found).caveats == ()
    assert said(judge(replace(found, shape=ClosedLoad(16)))) == [("accounting", None)]


def test_failures_are_no_matter_of_accounting() -> None:
    failing = replace(tally(latency_us=16_000, issued=1_001), failed=1, succeeded=1_000)
    assert judge(evidence(failing, shape=ClosedLoad(16), traffic=Traffic(completed=500, opened=16))).caveats == ()


def test_connections_that_are_opened_again_and_again_use_ports_up() -> None:
    churned = Traffic(completed=1_000, opened=416)
    kept, churn = PortBudget(28_232, hold_s=1.0), PortBudget(28_232, hold_s=60.0)
    assert judge(evidence(traffic=churned, around=Surroundings(ports=kept))).caveats == ()
    (caveat,) = judge(evidence(traffic=churned, around=Surroundings(ports=churn))).caveats
    assert caveat.code == "port_churn"
    assert "400 connections a second" in caveat.message
    assert "24,000 of 28,232" in caveat.message
    assert "sysctl -w net.ipv4.ip_local_port_range" in caveat.hint


def test_ports_that_ran_out_are_named_as_the_reason_of_failures() -> None:
    failing = replace(tally(), failed=7, issued=1_007, errors={ErrorKind.LIMIT: 7})
    ports = Surroundings(ports=PortBudget(28_232))
    fitness = judge(evidence(failing, traffic=Traffic(completed=1_000, opened=20), around=ports))
    assert "7 requests failed because this machine had none left" in fitness.caveats[0].message


def test_a_lost_worker_makes_the_run_invalid() -> None:
    note = worker_lost(["worker 1: killed by SIGKILL"], 2, stops=False)
    assert judge(replace(evidence(workers=2, lost=1), notes=(note,))).verdict == "invalid"


def test_nothing_measured_is_judged_without_a_word() -> None:
    assert judge(evidence(Tally(), WorkerHealth(), traffic=Traffic())).caveats == ()


def test_a_run_that_was_stopped_before_its_window_began_says_nothing_of_the_generator() -> None:
    beginning = replace(evidence(Tally(), health(cpu_s=1.0, delay_s=0.5), traffic=Traffic()), duration_s=0.0)
    assert judge(beginning).caveats == ()


@pytest.mark.parametrize(("cpu_s", "code"), [(0.05, None), (0.25, "generator_full")])
def test_the_live_caveat_comes_when_the_generator_is_the_limit(cpu_s: float, code: str | None) -> None:
    interval = Interval(0, 0.0, 0.25, tally(), Tally(), Traffic(), WorkerHealth(cpu_s, 0.25))
    assert [caveat.code for caveat in live_caveats(interval, 1)] == ([code] if code else [])


def test_while_it_runs_each_metric_is_doubted_for_itself() -> None:
    late = replace(tally(issued=1_000), dispatch_lag=Histogram.of([10] * 850 + [400] * 150))
    interval = Interval(0, 0.0, 0.25, late, Tally(), Traffic(), WorkerHealth(0.05, 0.25))
    found = [(caveat.code, caveat.metric) for caveat in live_caveats(interval, 1)]
    assert found == [("dispatch_lag", "p90"), ("dispatch_lag", "p99")]


def test_a_moment_at_the_start_or_the_end_says_nothing_about_the_run() -> None:
    a_moment = Interval(0, 0.0, 0.25, tally(), Tally(), Traffic(), WorkerHealth(0.05, 0.05))
    assert live_caveats(a_moment, 1) == ()


def of_sockets(mode: SocketMode, **settings: Any) -> Workload:
    return make_socket_workload(mode, ClosedLoad(16), settings=SocketSettings(mode, **settings))


def test_what_we_read_late_doubts_gaps_and_round_trips_and_what_we_sent_late_does_not() -> None:
    gaps = Histogram.of([10_000] * 2_000)
    streams = replace(
        tally(), stream=StreamTally(first_event=Histogram.of([9_000] * 2_000), gap=gaps), service=Histogram()
    )
    slow = replace(streams, scheduled=Histogram.of([30_000] * 1_000))
    read_late = judge(evidence(slow, health(busy_us=3_000)))
    assert said(read_late) == [("receive_lag", "first_event_p50"), ("receive_lag", "gap_p99")]
    assert "receive lag at p99 of the gaps is 1.50 ms, more than a tenth of the latency there" in (
        read_late.caveats[1].message
    )
    sent_late = judge(evidence(replace(streams, dispatch_lag=Histogram.of([400] * 1_000))))
    assert said(sent_late) == [("generator_late", None)]
    echo = replace(
        tally(latency_us=9_000), websocket=SocketTally(rtt=Histogram.of([1_000] * 1_000)), service=Histogram()
    )
    assert said(judge(evidence(echo, health(busy_us=300)))) == [("receive_lag", "rtt_p50"), ("receive_lag", "rtt_p99")]


def test_a_percentile_of_too_few_gaps_is_not_doubted() -> None:
    few = replace(tally(latency_us=9_000), stream=StreamTally(gap=Histogram.of([100] * 999)), service=Histogram())
    assert said(judge(evidence(few, health(busy_us=300)))) == []


def test_waiting_for_a_processor_doubts_the_percentiles_that_may_be_made_of_it() -> None:
    fanout = replace(
        tally(latency_us=20_000), websocket=SocketTally(fanout=Histogram.of([4_000] * 16_000)), service=Histogram()
    )
    assert said(judge(evidence(fanout, health(delay_s=0.12)))) == [("run_delay", "fanout_p99")]


def test_littles_law_counts_publishers_where_they_are_who_waits() -> None:
    room = of_sockets("fanout", publishers=2)
    measured = replace(tally(latency_us=2_000), issued=1_000)
    ok = replace(evidence(measured, shape=room.shape), workload=room, duration_s=1.0)
    assert said(judge(ok)) == []
    wrong = replace(ok, duration_s=4.0)
    (caveat,) = judge(wrong).caveats
    assert caveat.code == "accounting"
    assert "from the 2 publishers" in caveat.message


def test_littles_law_says_nothing_of_what_the_server_sends_by_itself() -> None:
    for workload in (of_sockets("push"), of_sockets("hold"), make_stream_workload(shape=ClosedLoad(16))):
        assert said(judge(replace(evidence(shape=workload.shape), workload=workload, duration_s=9.0))) == []


def test_a_calibration_with_plain_requests_is_no_ceiling_for_messages() -> None:
    around = Surroundings(calibrated_us=100.0)
    echo = replace(evidence(around=around), workload=of_sockets("echo"))
    assert judge(evidence(around=around)).ceiling_rps == pytest.approx(10_000)
    assert judge(echo).ceiling_rps is None
    busy = judge(replace(echo, health=health(cpu_s=0.8)))
    assert busy.ceiling_rps == pytest.approx(1_250)
    assert "1,250 round trips/s (from this run's own 800.0 µs of CPU for each of the round trips)" in (
        busy.caveats[-1].message
    )


def test_the_work_is_told_by_the_event_and_by_the_request_where_it_is_theirs() -> None:
    stream = replace(evidence(), workload=make_stream_workload(), events=20_000)
    assert judge(stream).cpu_us_per_event == pytest.approx(10.0)
    assert judge(stream).cpu_us_per_request == pytest.approx(200.0)
    held = replace(evidence(), workload=of_sockets("hold"))
    assert (judge(held).cpu_us_per_request, judge(held).cpu_us_per_event) == (None, None)
    assert judge(evidence()).cpu_us_per_event is None


def test_the_generators_own_memory_is_told_by_the_connection_where_there_are_enough() -> None:
    held = replace(evidence(), workload=of_sockets("hold"), most_open=1_000, grown_bytes=5_000_000)
    assert judge(held).bytes_per_connection == 5_000
    assert judge(replace(held, most_open=99)).bytes_per_connection is None
    assert judge(replace(held, grown_bytes=None)).bytes_per_connection is None
