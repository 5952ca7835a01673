"""What is shown of a histogram, and what is not."""

from __future__ import annotations

import pytest

from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.quantiles import adjusted, samples_needed, summarise, supported_quantile, supports
from loadbench_gui.core.snapshot import Tally

THOUSAND = Histogram.of(list(range(1, 1001)))


@pytest.mark.parametrize(
    ("q", "needed"), [(0.5, 20), (0.75, 40), (0.9, 100), (0.95, 200), (0.99, 1_000), (0.999, 10_000), (0.9999, 100_000)]
)
def test_a_percentile_needs_ten_samples_beyond_it(q: float, needed: int) -> None:
    assert samples_needed(q) == needed
    assert supports(q, needed)
    assert not supports(q, needed - 1)


def test_a_thousand_samples_support_p99_and_no_more() -> None:
    q = summarise(THOUSAND)
    assert (q.count, q.min, q.p50, q.p75, q.p90, q.p95, q.p99, q.max) == (1000, 1, 500, 750, 900, 950, 990, 1000)
    assert q.mean == pytest.approx(500.5)
    assert q.stdev == pytest.approx(288.675, abs=1e-3)
    assert (q.p99_9, q.p99_99, q.unsupported) == (None, None, ("p99_9", "p99_99"))
    assert q.infinite == q.at_least == ()


def test_one_sample_less_and_p99_is_gone() -> None:
    q = summarise(Histogram.of(list(range(999))))
    assert q.p99 is None
    assert q.unsupported == ("p99", "p99_9", "p99_99")


def test_nothing_measured_has_no_figures_at_all() -> None:
    q = summarise(Histogram())
    assert q.count == 0
    assert q.unsupported == ("min", "mean", "stdev", "p50", "p75", "p90", "p95", "p99", "p99_9", "p99_99", "max")


def test_requests_without_an_answer_are_infinitely_slow() -> None:
    q = adjusted(Tally(scheduled=THOUSAND, failed=5, timed_out=5, dropped=5))
    assert q.count == 1015
    assert (q.p50, q.p99) == (508.0, None)
    assert q.infinite == ("mean", "stdev", "p99", "max")


def test_when_nothing_was_answered_every_percentile_is_infinite() -> None:
    q = adjusted(Tally(failed=100))
    assert q.infinite == ("min", "mean", "stdev", "p50", "p75", "p90", "max")
    assert q.unsupported == ("p95", "p99", "p99_9", "p99_99")


def test_too_few_samples_is_said_before_infinity() -> None:
    q = adjusted(Tally(scheduled=Histogram.of([5]), failed=1))
    assert q.infinite == ("mean", "stdev", "max")
    assert "p99" in q.unsupported


def test_requests_cut_off_above_a_percentile_do_not_touch_it() -> None:
    q = adjusted(Tally(scheduled=THOUSAND, censored_at=Histogram.of([5_000])))
    assert q.at_least == ("mean", "max")
    assert q.max == pytest.approx(5_000, rel=0.001)
    assert "stdev" in q.unsupported


def test_requests_cut_off_below_a_percentile_make_it_a_lower_bound() -> None:
    q = adjusted(Tally(scheduled=THOUSAND, censored_at=Histogram.of([940] * 10)))
    assert q.at_least == ("mean", "p95", "p99", "max")
    assert (q.p50, q.p90) == (505.0, 909.0)


def test_a_percentile_that_is_infinite_anyway_is_not_also_a_lower_bound() -> None:
    q = adjusted(Tally(scheduled=THOUSAND, censored_at=Histogram.of([1]), failed=100))
    assert "p99" in q.infinite
    assert "p99" not in q.at_least
    assert "p50" in q.at_least


def test_a_single_percentile_is_withheld_the_same_way() -> None:
    assert supported_quantile(THOUSAND, 0.99) == 990.0
    assert supported_quantile(THOUSAND, 0.999) is None
