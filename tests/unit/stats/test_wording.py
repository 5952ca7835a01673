"""The sentences, to the letter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from builders import make_socket_workload, make_stream_workload, make_workload
from loadbench_gui.core.plan import ClosedLoad, LoadShape, OpenLoad, Stage, Workload
from loadbench_gui.core.verdict import Gate, Metric, MetricVerdict, Verdict
from loadbench_gui.stats.kinds import kind_of
from loadbench_gui.stats.wording import (
    at_load,
    brief,
    change,
    display_name,
    gate_words,
    interval,
    metric_name,
    sentence,
    spoken,
    without_verdict,
)

FASTER = MetricVerdict("json", Metric.P99, "starlette", Verdict.FASTER, "", ratio=0.77, ci95=(0.73, 0.81), rounds=10)
LOAD = "at 1,200 requests/s"


def test_a_clear_winner() -> None:
    assert sentence(FASTER, "fastapi", LOAD) == (
        "Starlette is faster than FastAPI: p99 23 % lower (95 % CI 19–27 %), 10 rounds, at 1,200 requests/s."
    )


def test_a_clear_loser_in_throughput() -> None:
    loser = replace(FASTER, metric=Metric.THROUGHPUT, verdict=Verdict.SLOWER, ratio=0.5, ci95=(0.45, 0.55))
    assert sentence(loser, "fastapi", "with 64 connections") == (
        "Starlette is slower than FastAPI: throughput 50 % lower (95 % CI 45–55 %), 10 rounds, with 64 connections."
    )


def test_memory_is_less_or_more() -> None:
    more = replace(FASTER, metric=Metric.MEMORY_PEAK, verdict=Verdict.MORE, ratio=1.26, ci95=(1.24, 1.28))
    assert sentence(more, "fastapi", "") == (
        "Starlette uses more memory than FastAPI: peak memory 26 % higher (95 % CI 24–28 %), 10 rounds."
    )


def test_a_gap_that_may_be_too_small_to_matter() -> None:
    small = replace(FASTER, verdict=Verdict.MEASURABLE, ratio=0.96, ci95=(0.94, 0.98), delta=0.05)
    assert sentence(small, "fastapi", LOAD) == (
        "Starlette is measurably faster than FastAPI, but the gap may be under your 5 % threshold: "
        "p99 4 % lower (95 % CI 2–6 %), 10 rounds, at 1,200 requests/s."
    )


def test_equivalence_names_its_threshold() -> None:
    same = replace(FASTER, verdict=Verdict.EQUIVALENT, ratio=1.01, ci95=(0.98, 1.04))
    assert sentence(same, "fastapi", LOAD) == (
        "Starlette and FastAPI are equivalent within 5 %: "
        "p99 1 % higher (95 % CI 2 % lower to 4 % higher), 10 rounds, at 1,200 requests/s."
    )


@pytest.mark.parametrize(
    ("more", "words"), [(5, "about 5 more rounds"), (1, "about 1 more round"), (None, "more than 1,000 more rounds")]
)
def test_an_open_question_says_what_would_settle_it(more: int | None, words: str) -> None:
    open_question = replace(FASTER, verdict=Verdict.INCONCLUSIVE, ratio=0.97, ci95=(0.9, 1.05), more_rounds=more)
    assert f"inconclusive; {words} needed: p99 3 % lower" in sentence(open_question, "fastapi", LOAD)


def test_no_verdict_says_why() -> None:
    none = replace(FASTER, verdict=Verdict.NONE)
    assert without_verdict(none, "reuse: 0.50.") == "Starlette, p99: no verdict: reuse: 0.50."


def test_a_failed_computation_is_undetermined() -> None:
    failed = replace(FASTER, verdict=Verdict.UNDETERMINED)
    assert without_verdict(failed, "a value is zero") == "Starlette, p99: undetermined: a value is zero."


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (0.77, "23 % lower"),
        (1.014, "1.4 % higher"),
        (1.0, "the same"),
        (4.24, "4.24 times as high"),
        (0.1, "90 % lower"),
        (97.61, "97.6 times as high"),
        (999.7, "1,000 times as high"),
        (9_764.0, "9,760 times as high"),
        (1.2e6, "1,200,000 times as high"),
        (0.006, "99 % lower"),
        (0.001, "99.9 % lower"),
        (0.000_01, "99.99 % lower"),
    ],
)
def test_a_ratio_in_words(ratio: float, words: str) -> None:
    assert change(ratio) == words


@pytest.mark.parametrize(
    ("bounds", "words"),
    [((0.73, 0.81), "19–27 %"), ((1.7, 1.9), "70–90 %"), ((0.97, 1.12), "3 % lower to 12 % higher"),
     ((3.5, 4.5), "3.5–4.5 times"), ((1_204.0, 7_931.0), "1,200–7,930 times"), ((0.5, 0.5), "50 %")],
)  # fmt: skip
def test_an_interval_in_words(bounds: tuple[float, float], words: str) -> None:
    assert interval(*bounds) == words


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ((1e-9, 4.21e14), "more than 99 % lower to more than 10 times as high"),
        ((0.0, 4.0), "more than 99 % lower to 4 times as high"),
        ((0.8, 200.0), "20 % lower to more than 10 times as high"),
        ((2.5, 4_000.0), "2.5 to more than 10 times"),
        ((12.0, 4_000.0), "more than 10 times"),
        ((1e-6, 0.5), "50 to more than 99 %"),
        ((1e-6, 0.004), "more than 99 %"),
        ((97.0, 105.0), "97–105 times"),
        ((0.001, 0.002), "99.8–99.9 %"),
    ],
)
def test_a_bound_that_nobody_can_picture_is_only_said_to_lie_beyond(bounds: tuple[float, float], words: str) -> None:
    assert interval(*bounds) == words


def test_two_rounds_that_differ_widely_make_no_figure_with_fifteen_digits() -> None:
    wide = replace(FASTER, verdict=Verdict.INCONCLUSIVE, ratio=0.97, ci95=(1e-15, 4.21e14), rounds=2, more_rounds=9)
    assert "(95 % CI more than 99 % lower to more than 10 times as high), 2 rounds" in sentence(wide, "fastapi", "")


def test_a_gate_names_its_workload_where_it_says_something_else_of_another() -> None:
    gates = [
        Gate("generator CPU", True, "31 %", "", "json"), Gate("generator CPU", True, "12 %", "", "echo"),
        Gate("steady", True, "", "", "json"), Gate("steady", True, "", "", "echo"),
        Gate("errors", True, "0 %", "", "json"), Gate("errors", False, "4 %", "", "echo", ("starlette",)),
    ]  # fmt: skip
    assert [gate_words(gate, gates) for gate in gates] == [
        "generator CPU 31 % (json)", "generator CPU 12 % (echo)", "steady", "steady", "errors 0 % (json)",
        "errors 4 % (echo)",
    ]  # fmt: skip


def test_known_frameworks_are_written_as_they_write_themselves() -> None:
    names = ("fastapi", "starlette", "sanic", "fastapi-uvloop", "Mine")
    assert [display_name(name) for name in names] == ["FastAPI", "Starlette", "Sanic", "fastapi-uvloop", "Mine"]


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (OpenLoad(64, 1200.0), "at 1,200 requests/s"),
        (OpenLoad(64, 0.5), "at 0.5 requests/s"),
        (OpenLoad(64, 10.0, stages=(Stage(1, 500.0), Stage(1, 0.0))), "in stages of up to 500 requests/s"),
        (ClosedLoad(1), "with 1 connection"),
        (ClosedLoad(64), "with 64 connections"),
    ],
)
def test_the_load_is_part_of_the_sentence(shape: LoadShape, words: str) -> None:
    assert at_load(make_workload(shape=shape)) == words


@pytest.mark.parametrize(
    ("workload", "words"),
    [
        (make_stream_workload(shape=OpenLoad(64, 20.0)), "at 20 streams/s"),
        (make_socket_workload("echo", shape=OpenLoad(64, 6_400.0)), "at 6,400 round trips/s"),
        (make_socket_workload("fanout", shape=OpenLoad(64, 5.0)), "at 5 publications/s"),
        (make_socket_workload("hold", shape=ClosedLoad(1_000)), "with 1,000 connections"),
    ],
)
def test_what_is_counted_depends_on_the_kind_of_load(workload: Workload, words: str) -> None:
    assert at_load(workload) == words


def test_a_connections_memory_is_used_like_all_memory() -> None:
    less = replace(FASTER, metric=Metric.MEMORY_PER_CONNECTION, verdict=Verdict.LESS)
    assert sentence(less, "fastapi", "with 1,000 connections") == (
        "Starlette uses less memory per connection than FastAPI: memory per connection 23 % lower (95 % CI 19–27 %), "
        "10 rounds, with 1,000 connections."
    )
    assert brief(less) == ("uses", "23 % less memory per connection")


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        (Metric.FIRST_EVENT_P50, "p50 of the first event"), (Metric.GAP_P99, "p99 of the gaps"),
        (Metric.RTT_P99, "round trip p99"), (Metric.FANOUT_P99, "fan-out p99"),
        (Metric.FANOUT_P50, "fan-out p50"),
    ],
)  # fmt: skip
def test_shorter_gaps_and_round_trips_are_faster(metric: Metric, words: str) -> None:
    said = sentence(replace(FASTER, metric=metric), "fastapi", "")
    assert said == f"Starlette is faster than FastAPI: {words} 23 % lower (95 % CI 19–27 %), 10 rounds."


def test_a_brief_verdict_has_a_verb_and_an_amount() -> None:
    memory = replace(FASTER, metric=Metric.MEMORY_PEAK)
    assert brief(memory) == ("uses", "23 % less memory")
    assert brief(replace(memory, ratio=4.0)) == ("uses", "4 times the memory")
    assert brief(replace(memory, ratio=2_048.0)) == ("uses", "2,050 times the memory")
    assert brief(FASTER) == ("has", "p99 23 % lower")


def test_figures_that_were_never_computed_cannot_be_worded() -> None:
    with pytest.raises(ValueError, match="without an interval"):
        sentence(replace(FASTER, ci95=None), "fastapi", "")
    with pytest.raises(ValueError, match="without a ratio"):
        brief(replace(FASTER, ratio=None))


@pytest.mark.parametrize(
    ("workload", "words"),
    [
        (make_workload(), "CPU per 1,000 requests"),
        (make_stream_workload(), "CPU per 1,000 streams"),
        (make_socket_workload("echo"), "CPU per 1,000 round trips"),
        (make_socket_workload("push"), "CPU per 1,000 messages"),
        (make_socket_workload("fanout"), "CPU per 1,000 publications"),
    ],
)
def test_cpu_is_said_of_what_the_load_counts(workload: Workload, words: str) -> None:
    counted, less = kind_of(workload).counted, replace(FASTER, metric=Metric.CPU_PER_1K, verdict=Verdict.LESS)
    assert metric_name(Metric.CPU_PER_1K, counted) == words
    assert f"uses less CPU than FastAPI: {words} 23 % lower" in sentence(less, "fastapi", LOAD, counted)
    assert without_verdict(replace(less, verdict=Verdict.NONE), "why", counted).startswith(f"Starlette, {words}: ")


@pytest.mark.parametrize(
    ("metric", "written"),
    [
        ("p99_9", "p99.9"),
        ("service_p99_9", "service p99.9"),
        ("service_p90", "service p90"),
        ("throughput", "throughput"),
        ("fanout_p99", "fan-out p99"),
        ("gap_p99", "p99 of the gaps"),
        ("cpu_per_1k", "CPU per 1,000 messages"),
    ],
)
def test_a_doubted_figure_is_named_the_way_verdicts_name_it(metric: str, written: str) -> None:
    assert spoken(metric, "messages") == written
