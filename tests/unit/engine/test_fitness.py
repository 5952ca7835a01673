"""The generator's judgement on itself, from evidence with a known answer."""

from __future__ import annotations

import pytest

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.run import Interval
from loadbench_gui.core.snapshot import Tally, Traffic, WorkerHealth
from loadbench_gui.engine.fitness import judge, live_caveat


def tally(*, latency_us: int = 1_000, lag_us: int = 0, issued: int = 1_000, dropped: int = 0) -> Tally:
    count = issued - dropped
    latency, lag = Histogram.of([latency_us] * count), Histogram.of([lag_us] * count)
    return Tally(service=latency, scheduled=latency, dispatch_lag=lag, issued=issued, succeeded=count, dropped=dropped)


def health(*, cpu_s: float = 0.2, busy_us: int = 5) -> WorkerHealth:
    return WorkerHealth(cpu_s, 1.0, Histogram.of([busy_us] * 100))


def test_a_generator_with_time_to_spare_is_valid() -> None:
    fitness = judge(tally(), health(), workers=1, open_loop=True, lost=0)
    assert (fitness.verdict, fitness.caveats) == ("valid", ())
    assert fitness.cpu_fraction == pytest.approx(0.2)


def test_a_dispatch_lag_above_a_tenth_of_the_latency_makes_that_metric_suspect_only() -> None:
    slow_tail = Tally(
        service=Histogram.of([1_000] * 10_000),
        scheduled=Histogram.of([1_000] * 10_000),
        dispatch_lag=Histogram.of([10] * 9_850 + [400] * 150),
        issued=10_000,
        succeeded=10_000,
    )
    fitness = judge(slow_tail, health(), workers=1, open_loop=True, lost=0)
    assert {caveat.metric for caveat in fitness.caveats} == {"p99", "p99_9"}
    assert fitness.verdict == "valid", "p50 stands"
    assert "dispatch lag at p99 is 0.4 ms" in fitness.caveats[0].message
    assert "(1 ms)" in fitness.caveats[0].message


def test_a_percentile_that_the_sample_cannot_support_is_not_judged() -> None:
    few = Tally(
        service=Histogram.of([1_000] * 999),
        scheduled=Histogram.of([1_000] * 999),
        dispatch_lag=Histogram.of([10] * 980 + [400] * 19),
        issued=999,
        succeeded=999,
    )
    assert judge(few, health(), workers=1, open_loop=True, lost=0).caveats == ()


def test_a_generator_that_is_late_throughout_is_suspect_as_a_whole() -> None:
    fitness = judge(tally(lag_us=500), health(), workers=1, open_loop=True, lost=0)
    assert (fitness.verdict, [caveat.code for caveat in fitness.caveats]) == ("suspect", ["generator_late"])
    assert "p50" in fitness.caveats[0].message


def test_a_busy_loop_makes_service_times_suspect() -> None:
    fitness = judge(tally(), health(busy_us=500), workers=1, open_loop=False, lost=0)
    assert {(c.code, c.metric) for c in fitness.caveats} >= {("receive_lag", "service_p99")}


def test_a_full_processor_is_named_and_shared_over_the_workers() -> None:
    full = judge(tally(), health(cpu_s=0.97), workers=1, open_loop=False, lost=0)
    assert [caveat.code for caveat in full.caveats] == ["generator_full"]
    assert judge(tally(), health(cpu_s=0.97), workers=2, open_loop=False, lost=0).caveats == ()


def test_arrivals_that_could_not_be_sent_make_the_run_suspect() -> None:
    fitness = judge(tally(dropped=100), health(), workers=1, open_loop=True, lost=0)
    assert (fitness.verdict, [caveat.code for caveat in fitness.caveats]) == ("suspect", ["arrivals_dropped"])
    assert "90.0%" in fitness.caveats[0].message


def test_a_lost_worker_makes_the_run_invalid() -> None:
    fitness = judge(tally(), health(), workers=2, open_loop=True, lost=1)
    assert fitness.verdict == "invalid"


def test_nothing_measured_is_judged_without_a_word() -> None:
    assert judge(Tally(), WorkerHealth(), workers=1, open_loop=True, lost=0).verdict == "valid"


@pytest.mark.parametrize(("cpu_s", "code"), [(0.05, None), (0.25, "generator_full")])
def test_the_live_caveat_comes_when_the_generator_is_the_limit(cpu_s: float, code: str | None) -> None:
    interval = Interval(0, 0.0, 0.25, tally(), Tally(), Traffic(), WorkerHealth(cpu_s, 0.25))
    caveat = live_caveat(interval, 1)
    assert (caveat.code if caveat else None) == code
