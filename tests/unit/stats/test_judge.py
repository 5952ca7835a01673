"""Where an interval lies decides the verdict."""

from __future__ import annotations

import pytest

from loadbench_gui.core.verdict import Metric, Verdict
from loadbench_gui.stats.intervals import Effect
from loadbench_gui.stats.judge import decide


def verdict(low: float, high: float, metric: Metric = Metric.P99, delta: float = 0.05) -> Verdict:
    return decide(Effect((low * high) ** 0.5, low, high, 0.5, None, 0.1, 10), delta, metric)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.73, 0.81, Verdict.FASTER),
        (1.10, 1.30, Verdict.SLOWER),
        (0.90, 0.99, Verdict.MEASURABLE),
        (1.01, 1.20, Verdict.MEASURABLE),
        (0.96, 1.04, Verdict.EQUIVALENT),
        (1.01, 1.04, Verdict.EQUIVALENT),
        (0.94, 1.02, Verdict.INCONCLUSIVE),
        (0.50, 2.00, Verdict.INCONCLUSIVE),
    ],
)
def test_an_interval_of_latencies(low: float, high: float, expected: Verdict) -> None:
    assert verdict(low, high) is expected


@pytest.mark.parametrize(
    ("metric", "below", "above"),
    [
        (Metric.THROUGHPUT, Verdict.SLOWER, Verdict.FASTER),
        (Metric.MEMORY_PEAK, Verdict.LESS, Verdict.MORE),
        (Metric.CPU_PER_1K, Verdict.LESS, Verdict.MORE),
        (Metric.STARTUP, Verdict.FASTER, Verdict.SLOWER),
    ],
)
def test_each_metric_has_its_own_words_for_better_and_worse(metric: Metric, below: Verdict, above: Verdict) -> None:
    assert verdict(0.5, 0.6, metric) is below
    assert verdict(1.5, 1.6, metric) is above


def test_on_the_threshold_is_not_beyond_it() -> None:
    assert verdict(0.5, 0.95) is Verdict.MEASURABLE
    assert verdict(0.95, 1.05) is Verdict.EQUIVALENT
