"""One value per run and metric, or why not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import make_run, make_workload
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import ClosedLoad
from loadbench_gui.core.verdict import Metric
from loadbench_gui.stats.sample import Missing, measure, metric_value, parse_metric

RUN = make_run()
CLOSED = make_run(workload=make_workload(shape=ClosedLoad(64)))


def test_percentiles_are_scheduled_unless_the_name_says_service() -> None:
    assert metric_value(RUN, Metric.P99) == RUN.measured.scheduled.quantile(0.99)
    assert metric_value(RUN, Metric.P50) == RUN.measured.scheduled.quantile(0.5)
    assert metric_value(RUN, Metric.SERVICE_P99) == RUN.measured.service.quantile(0.99)


def test_a_percentile_that_the_sample_cannot_support_is_missing_with_its_reason() -> None:
    few = replace(RUN, measured=replace(RUN.measured, scheduled=Histogram.of(list(range(999)))))
    assert measure(few, Metric.P99) == Missing("1,000 successes are needed, a run had 999")
    assert metric_value(few, Metric.P99) is None
    assert metric_value(few, Metric.P90) is not None


def test_an_open_loop_has_no_throughput_of_its_own() -> None:
    found = measure(RUN, Metric.THROUGHPUT)
    assert isinstance(found, Missing)
    assert "an open loop completes what it offers" in found.reason


def test_a_closed_loop_and_a_peak_phase_have_a_throughput() -> None:
    peak = replace(RUN, label=replace(RUN.label, phase="peak"))
    assert metric_value(CLOSED, Metric.THROUGHPUT) == CLOSED.throughput_rps
    assert metric_value(peak, Metric.THROUGHPUT) == peak.throughput_rps


def test_latency_at_each_ones_own_maximum_is_not_compared() -> None:
    peak = replace(RUN, label=replace(RUN.label, phase="peak"))
    found = measure(peak, Metric.P99)
    assert isinstance(found, Missing)
    assert "common rates" in found.reason


def test_costs_are_read_off_the_watched_server() -> None:
    assert RUN.target is not None
    costs = (Metric.MEMORY_PEAK, Metric.MEMORY_IDLE, Metric.CPU_PER_1K, Metric.STARTUP)
    target = RUN.target
    expected = [target.peak_bytes, target.idle_bytes, target.cpu_s_per_1k, target.startup_s]
    assert [metric_value(RUN, metric) for metric in costs] == expected


@pytest.mark.parametrize("metric", [Metric.MEMORY_PEAK, Metric.CPU_PER_1K, Metric.STARTUP])
def test_a_server_that_was_not_watched_has_no_costs(metric: Metric) -> None:
    assert measure(make_run(memory=False), metric) == Missing("the server's processes were not watched")


def test_a_server_that_ran_already_has_no_start_up_time() -> None:
    assert RUN.target is not None
    attached = replace(RUN, target=replace(RUN.target, startup_s=None))
    assert measure(attached, Metric.STARTUP) == Missing("the server was not started here")


def test_metrics_of_other_protocols_are_not_measured_here() -> None:
    assert measure(RUN, Metric.RTT_P50) == Missing("rtt_p50 is not measured for http workloads")


def test_plain_memory_is_its_peak() -> None:
    assert parse_metric("memory") is Metric.MEMORY_PEAK
    assert parse_metric("p99") is Metric.P99
    with pytest.raises(ValueError, match="p42"):
        parse_metric("p42")
