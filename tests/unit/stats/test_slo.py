"""Limits that a run keeps, breaks, or cannot show to keep."""

from __future__ import annotations

from dataclasses import replace

from builders import make_run
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
    assert failure.sentence == "fastapi, json: p99 1 ms, above the limit of 0.5 ms."


def test_requests_without_an_answer_were_not_answered_in_time() -> None:
    (said,) = sentences(Slo(p99_us=2_000), run_of(fast(failed=50)))
    assert "p99 is infinite: so many requests got no good answer, limit 2 ms" in said


def test_a_sample_that_is_too_small_shows_nothing() -> None:
    (said,) = sentences(Slo(p99_us=2_000), run_of(fast(100)))
    assert "p99 cannot be judged: 1,000 requests needed, 100 made" in said


def test_requests_still_in_flight_leave_the_limit_unshown() -> None:
    tally = replace(fast(), censored_at=Histogram.of([500] * 10), censored=10)
    (said,) = sentences(Slo(p99_us=2_000), run_of(tally))
    assert "p99 cannot be judged: at least 1 ms, with requests in flight at the end" in said


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
