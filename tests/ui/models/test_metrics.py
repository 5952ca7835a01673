"""Which metrics the Compare page shows first for each kind of load, and in which unit."""

from __future__ import annotations

from builders import ARMS, make_comparison, make_socket_run, make_socket_workload, make_stream_run, make_stream_workload
from loadbench_gui.core.plan import ClosedLoad
from loadbench_gui.core.verdict import Metric
from loadbench_gui.ui.models.metrics import metrics_table, usual_metrics


def test_streams_are_compared_by_first_events_and_gaps() -> None:
    workload = make_stream_workload()
    runs = [make_stream_run(arm, workload=workload) for arm in ARMS]
    comparison, _ = make_comparison(workloads=(workload,))
    shown = usual_metrics(comparison, runs, workload.name)
    assert {Metric.FIRST_EVENT_P50, Metric.GAP_P99} <= set(shown)
    assert shown[0] is comparison.primary
    table = metrics_table(comparison, runs, workload.name)
    throughput = table.metrics.index(Metric.THROUGHPUT)
    assert table.cells[0][throughput].text.endswith("streams/s")


def test_memory_of_a_connection_is_shown_where_there_are_enough_of_them() -> None:
    many, few = (make_socket_workload("hold", ClosedLoad(count)) for count in (1_000, 10))
    comparison, _ = make_comparison(workloads=(many,))
    for workload, expected in ((many, True), (few, False)):
        runs = [make_socket_run("hold", arm, workload=workload) for arm in ARMS]
        assert (Metric.MEMORY_PER_CONNECTION in usual_metrics(comparison, runs, workload.name)) is expected


def test_plain_requests_keep_their_columns() -> None:
    comparison, runs = make_comparison()
    assert usual_metrics(comparison, runs, "json") == (
        Metric.P99, Metric.P50, Metric.THROUGHPUT, Metric.MEMORY_PEAK, Metric.CPU_PER_1K
    )  # fmt: skip
