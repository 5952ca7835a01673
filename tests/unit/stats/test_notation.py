"""Shares, lengths of time and rates: one notation, whoever writes them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import make_run, make_stream_run
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import Slo
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import Tally
from loadbench_gui.report import words
from loadbench_gui.stats import gates, lag, wording
from loadbench_gui.stats.notation import apart, duration, percent, rate
from loadbench_gui.stats.slo import slo_failures


@pytest.mark.parametrize(
    ("share", "written"),
    [
        (0.0, "0 %"), (1e-16, "0 %"), (0.000_000_5, "0.00005 %"), (0.0004, "0.04 %"), (0.001, "0.1 %"),
        (0.021, "2.1 %"), (0.0925, "9.2 %"), (0.0997, "10 %"), (0.134, "13 %"), (0.994, "99 %"), (0.996, "99.6 %"),
        (0.9963, "99.63 %"), (0.999_999_9, "99.99 %"), (1.0, "100 %"), (2.0, "200 %"), (19.98, "1,998 %"),
        (-0.5, "−50 %"),
    ],
)  # fmt: skip
def test_a_share_has_two_digits_and_is_neither_none_nor_all_unless_it_is(share: float, written: str) -> None:
    assert percent(share) == written
    assert words.percent(share) == written.replace(" ", words.NARROW)


@pytest.mark.parametrize("share", [0.0004, 0.0925, 0.134, 0.996])
def test_gates_write_shares_as_everything_does(share: float) -> None:
    checks = [check for check in gates._CHECKS if check.name != "reuse"] + [gates._errors(0.001)]
    assert {check.show(share) for check in checks} | {lag._percent(share)} == {percent(share)}


def test_a_difference_too_small_for_a_figure_is_none() -> None:
    assert (wording.change(1.0004), wording.change(0.9996)) == ("the same", "the same")
    assert (wording.change(1.0006), wording.change(0.9994)) == ("0.06 % higher", "0.06 % lower")


def test_a_difference_in_a_column_is_not_all_unless_it_is() -> None:
    assert words.change(0.0035).replace(words.NARROW, " ") == "−99.65 %"


@pytest.mark.parametrize(
    ("us", "written"),
    [(20, "20 µs"), (41.2, "41.2 µs"), (450, "450 µs"), (999.6, "1.00 ms"), (1_500, "1.50 ms"), (12_000, "12.0 ms"),
     (1_000_000, "1,000 ms"), (12_000_000, "12.0 s")],
)  # fmt: skip
def test_a_length_of_time_is_written_alike_in_sentences_and_tables(us: float, written: str) -> None:
    assert duration(us) == written
    assert words.latency(us) == written.replace(" ", words.NARROW)


@pytest.mark.parametrize(
    ("per_s", "written"), [(0, "0"), (0.4, "0.4"), (0.000_04, "0.00004"), (12.5, "12.5"), (1_999.6, "2,000")]
)
def test_small_rates_keep_their_digits(per_s: float, written: str) -> None:
    assert rate(per_s) == words.rate_figure(per_s) == written


def test_a_value_and_its_limit_have_as_many_digits_as_tell_them_apart() -> None:
    assert apart(rate, 1_999.6, 2_000) == ("1,999.6", "2,000")
    assert apart(rate, 0.4, 0.5) == ("0.4", "0.5")
    assert apart(percent, 0.001_000_4, 0.001) == ("0.10004 %", "0.1 %")
    assert apart(percent, 0.9896, 0.99) == ("98.96 %", "99 %")
    assert apart(percent, 0.999_999, 1.0) == ("99.99 %", "100 %")
    assert apart(duration, 50_001, 50_000) == ("50.001 ms", "50.000 ms")
    assert apart(duration, 20.04, 20) == ("20.04 µs", "20 µs")
    assert apart(duration, 999.6, 1_000) == ("0.9996 ms", "1.000 ms")
    assert apart(percent, 0.8, 0.8) == ("80 %", "80 %"), "what is the same is written the same"


def completing(run: Run, completed: int) -> Run:
    """Return the run with so many completed within ten seconds."""
    return replace(run, traffic=replace(run.traffic, completed=completed), duration_s=10.0)


def test_a_throughput_never_reads_as_the_limit_that_it_misses() -> None:
    (failure,) = slo_failures(Slo(throughput_rps=2_000), completing(make_run(), 19_996))
    assert failure.sentence == "fastapi, json: throughput 1,999.6 requests/s, below the limit of 2,000."


def test_a_throughput_of_less_than_one_a_second_keeps_its_digits() -> None:
    (failure,) = slo_failures(Slo(throughput_rps=0.5), completing(make_stream_run(), 4))
    assert failure.sentence == "fastapi, events: throughput 0.4 streams/s, below the limit of 0.5."


def test_an_error_rate_never_reads_as_the_limit_that_it_breaks() -> None:
    tally = Tally(succeeded=9_989_996, failed=10_004, issued=10_000_000)
    (failure,) = slo_failures(Slo(error_rate=0.001), replace(make_run(), measured=tally))
    assert failure.sentence == "fastapi, json: error rate 0.10004 %, above the limit of 0.1 %."


@pytest.mark.parametrize(
    ("took_us", "limit_us", "said"),
    [
        (40_959, 40_957, "p99 40.959 ms, above the limit of 40.957 ms."),
        (449, 448.9, "p99 449.0 µs, above the limit of 448.9 µs."),
        (12_000_000, 11_000_000, "p99 12.0 s, above the limit of 11.0 s."),
    ],
)
def test_a_latency_never_reads_as_the_limit_that_it_breaks(took_us: int, limit_us: float, said: str) -> None:
    tally = Tally(scheduled=Histogram.of([took_us] * 2_000), succeeded=2_000, issued=2_000)
    (failure,) = slo_failures(Slo(p99_us=limit_us), replace(make_run(), measured=tally))
    assert failure.sentence == f"fastapi, json: {said}"
