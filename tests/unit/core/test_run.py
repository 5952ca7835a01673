"""Runs, samples, tallies and caveats: the small arithmetic on values."""

from __future__ import annotations

from dataclasses import replace

from builders import make_run
from loadbench_gui.core.caveats import Caveat, worst
from loadbench_gui.core.counts import merge_counts
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.run import TargetSample
from loadbench_gui.core.snapshot import ErrorKind, Tally, WorkerHealth


def sample(uss: int | None, pss: int | None) -> TargetSample:
    return TargetSample(0.0, 100, uss, pss, 1.0, 1, 1)


def test_the_best_memory_figure_there_is_is_taken() -> None:
    assert [(s.kind, s.memory_bytes) for s in (sample(90, 95), sample(90, None), sample(None, None))] == [
        ("pss", 95), ("uss", 90), ("rss", 100),
    ]  # fmt: skip


def test_throughput_is_what_completed_over_the_true_length() -> None:
    run = make_run()
    assert run.throughput_rps == run.traffic.completed / 4.0
    assert replace(run, duration_s=0.0).throughput_rps == 0.0


def test_an_interval_shows_warm_up_and_measured_requests_together() -> None:
    run = make_run()
    assert run.intervals[0].measured.issued == 0
    assert run.intervals[0].everything == run.intervals[0].warmup


def test_tallies_add_up_field_by_field() -> None:
    one = Tally(Histogram.of([1]), issued=2, succeeded=1, failed=1, errors={ErrorKind.RESET: 1}, status_codes={200: 1})
    both = one + one
    assert (both.issued, both.ended, both.service.total) == (4, 4, 2)
    assert (both.errors, both.status_codes) == ({ErrorKind.RESET: 2}, {200: 2})


def test_counts_of_one_side_only_are_kept() -> None:
    assert merge_counts({"a": 1}, {"b": 2}) == {"a": 1, "b": 2}


def test_workers_side_by_side_share_one_span() -> None:
    both = WorkerHealth(0.1, 0.25, gc_pause_us=3.0, grown_bytes=4) + WorkerHealth(0.2, 0.24, gc_pause_us=9.0)
    assert both.grown_bytes == 4
    assert (both.span_s, both.gc_pause_us) == (0.25, 9.0)


def test_the_most_severe_general_caveat_decides() -> None:
    suspect, invalid = Caveat("a", "", "", "suspect"), Caveat("b", "", "", "invalid")
    assert [worst(()), worst((suspect,)), worst((suspect, invalid))] == ["valid", "suspect", "invalid"]


def test_a_caveat_on_one_metric_leaves_the_rest_alone() -> None:
    assert worst((Caveat("lag", "", "", "invalid", metric="p50"),)) == "valid"
