"""Limits that a run keeps, breaks, or cannot show to keep."""

from __future__ import annotations

import re
from dataclasses import replace

from builders import make_run, make_socket_run, make_stream_run
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import Slo
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import ErrorKind, Tally
from loadbench_gui.stats.slo import slo_failures

RUN = make_run()


def run_of(tally: Tally) -> Run:
    return replace(RUN, measured=tally)


def fast(count: int = 2_000, **counts: int) -> Tally:
    issued = count + sum(counts.values())
    return Tally(scheduled=Histogram.of([1_000] * count), succeeded=count, issued=issued, **counts)  # type: ignore[arg-type]


def sentences(slo: Slo, run: Run) -> list[str]:
    return [failure.sentence for failure in slo_failures(slo, run)]


def test_no_limits_nothing_fails() -> None:
    assert slo_failures(Slo(), make_run(errors={ErrorKind.RESET: 5_000})) == ()


def test_limits_that_hold_say_nothing() -> None:
    slo = Slo(p50_us=2_000, p90_us=2_000, p99_us=2_000, error_rate=0.0, throughput_rps=1.0)
    assert slo_failures(slo, run_of(fast())) == ()


def test_a_latency_on_the_limit_holds() -> None:
    assert sentences(Slo(p99_us=1_000), run_of(fast())) == []


def test_a_latency_above_the_limit_fails() -> None:
    (failure,) = slo_failures(Slo(p99_us=500), run_of(fast()))
    assert (failure.name, failure.limit, failure.value) == ("p99", 500, 1_000)
    assert failure.sentence == "fastapi, json: p99 1.00 ms, above the limit of 500 µs."


def test_many_seconds_are_not_written_as_milliseconds() -> None:
    slow = Tally(scheduled=Histogram.of([12_000_000] * 2_000), succeeded=2_000, issued=2_000)
    (said,) = sentences(Slo(p99_us=11_000_000), run_of(slow))
    assert re.search(r"p99 1[12]\.\d s, above the limit of 11\.0 s\.$", said)


def test_requests_without_an_answer_were_not_answered_in_time() -> None:
    (said,) = sentences(Slo(p99_us=2_000), run_of(fast(failed=50)))
    assert "p99 is infinite: so many requests got no good answer, limit 2.00 ms" in said


def test_a_sample_that_is_too_small_shows_nothing() -> None:
    (said,) = sentences(Slo(p99_us=2_000), run_of(fast(100)))
    assert "p99 cannot be judged: 1,000 requests needed, 100 made" in said


def test_requests_still_in_flight_leave_the_limit_unshown() -> None:
    tally = replace(fast(), censored_at=Histogram.of([500] * 10), censored=10)
    (said,) = sentences(Slo(p99_us=2_000), run_of(tally))
    assert "p99 cannot be judged: at least 1.00 ms, with requests in flight at the end" in said


def test_requests_still_in_flight_can_break_a_limit() -> None:
    tally = replace(fast(), censored_at=Histogram.of([500_000] * 100), censored=100)
    (said,) = sentences(Slo(p99_us=2_000), run_of(tally))
    assert "p99 at least 500" in said


def test_an_error_rate_above_the_limit_fails() -> None:
    (failure,) = slo_failures(Slo(error_rate=0.001), run_of(fast(1_990, failed=4, timed_out=3, dropped=3)))
    assert (failure.name, failure.value) == ("error_rate", 0.005)
    assert failure.sentence == "fastapi, json: error rate 0.5 %, above the limit of 0.1 %."


def test_a_throughput_below_the_limit_fails() -> None:
    (said,) = sentences(Slo(throughput_rps=1e9), RUN)
    assert "below the limit of 1,000,000,000" in said


def test_limits_on_what_a_load_does_not_have_belong_to_another_workload() -> None:
    every = Slo(first_event_p50_us=1, gap_p99_us=1, rtt_p50_us=1, rtt_p99_us=1, fanout_p50_us=1, fanout_p99_us=1)
    assert slo_failures(every, RUN) == ()
    assert slo_failures(Slo(p99_us=1, throughput_rps=1e9), make_socket_run("hold")) == ()
    assert [f.name for f in slo_failures(every, make_stream_run())] == ["first_event_p50", "gap_p99"]
    assert [f.name for f in slo_failures(every, make_socket_run("echo"))] == ["rtt_p50", "rtt_p99"]
    assert [f.name for f in slo_failures(every, make_socket_run("fanout"))] == ["fanout_p50", "fanout_p99"]


def test_a_limit_on_gaps_says_what_it_is_about() -> None:
    (failure,) = slo_failures(Slo(gap_p99_us=1_000), make_stream_run())
    assert failure.sentence.startswith("fastapi, events: p99 of the gaps 1")
    assert failure.sentence.endswith("above the limit of 1.00 ms.")


def test_lost_deliveries_did_not_arrive_in_time() -> None:
    run = make_socket_run("fanout", planted={"lost": 10_000})
    (said,) = sentences(Slo(fanout_p99_us=1e9), run)
    assert "fan-out p99 is infinite" in said


def test_streams_without_a_first_event_are_infinitely_late_and_those_cut_after_it_are_not() -> None:
    cut = make_stream_run(errors={ErrorKind.CLOSED_EARLY: 2_000})
    assert sentences(Slo(first_event_p50_us=1e6), cut) == [], "every stream had its first event"
    silent = replace(cut.measured, issued=cut.measured.issued + 4_000, timed_out=4_000)
    (said,) = sentences(Slo(first_event_p50_us=1e6), replace(cut, measured=silent))
    assert "p50 of the first event is infinite" in said


def test_a_percentile_of_few_round_trips_shows_nothing() -> None:
    (said,) = sentences(Slo(rtt_p99_us=1e6), make_socket_run("echo", rate_rps=20))
    assert "round trip p99 cannot be judged: 1,000 round trips needed" in said
