"""From runs to the answer: verdicts, what stops them, and the sentence on top."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from builders import ARMS, make_comparison, make_launch, make_workload
from loadbench_gui.core.histogram import Histogram
from loadbench_gui.core.plan import ClosedLoad, ComparisonSettings, Deployment, Launch, OpenLoad, Plan, Workload
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Comparison, Gate, Metric, MetricVerdict, Schedule, Verdict
from loadbench_gui.stats.compare import compare, main_verdict_stands, verdicts_from
from loadbench_gui.stats.families import Pairs
from loadbench_gui.stats.intervals import holm
from loadbench_gui.stats.sample import metric_value
from loadbench_gui.stats.schedule import make_schedule

BUILT, RUNS = make_comparison(rounds=6)
SANIC_BODY = Gate("same answers", False, "2 of 3", "sanic answers another body.", "json", ("sanic",))


def plan_of(workload: Workload | None = None, primary: str = "p99", rounds: int = 6) -> Plan:
    deployments = tuple(Deployment(arm.name, Launch(("serve",)), arm.framework) for arm in ARMS)
    return Plan("three", deployments, (workload or make_workload(),), ComparisonSettings("fastapi", primary, rounds))


def answer(
    runs: Sequence[Run] = RUNS,
    plan: Plan | None = None,
    gates: Sequence[Gate] = (),
    schedule: Schedule | None = None,
    *,
    complete: bool = True,
) -> Comparison:
    plan = plan or plan_of()
    return compare(
        plan, schedule or make_schedule(plan, 1), runs, answers_gate=gates, comparison_id="cmp-1",
        started_at="2026-11-22T12:44:00+00:00", command="loadbench compare x.toml --seed 1", complete=complete,
    )  # fmt: skip


def verdict(comparison: Comparison, metric: Metric, deployment: str = "starlette") -> MetricVerdict:
    (found,) = [v for v in comparison.metrics if (v.metric, v.deployment) == (metric, deployment)]
    return found


def test_every_metric_of_every_deployment_gets_a_verdict_the_primary_first() -> None:
    found = answer()
    assert [(v.metric, v.deployment) for v in found.metrics[:2]] == [(Metric.P99, "starlette"), (Metric.P99, "sanic")]
    assert [v.primary for v in found.metrics] == [v.metric is Metric.P99 for v in found.metrics]
    assert {v.metric for v in found.metrics} == {
        Metric.P99, Metric.P50, Metric.P90, Metric.SERVICE_P50, Metric.SERVICE_P99, Metric.MEMORY_PEAK,
        Metric.MEMORY_IDLE, Metric.CPU_PER_1K, Metric.STARTUP,
    }  # fmt: skip
    assert main_verdict_stands(found)


def test_the_planted_differences_are_found() -> None:
    found = answer()
    assert verdict(found, Metric.P99).verdict is Verdict.FASTER
    assert verdict(found, Metric.MEMORY_PEAK, "sanic").verdict is Verdict.LESS
    assert verdict(found, Metric.CPU_PER_1K).verdict is Verdict.LESS
    assert verdict(found, Metric.STARTUP).verdict is Verdict.EQUIVALENT


def test_values_are_geometric_means_and_their_quotient_is_the_ratio() -> None:
    found = verdict(answer(), Metric.P50)
    assert found.baseline_value is not None
    assert found.value is not None
    assert found.ratio == pytest.approx(found.value / found.baseline_value)
    assert found.rounds == 6


def test_the_summary_says_who_is_faster_and_who_uses_less() -> None:
    summary = answer().summary
    assert summary.startswith("Starlette is faster than FastAPI: p99 ")
    assert "% lower (95 % CI " in summary
    assert "6 rounds, at 2,000 requests/s." in summary
    assert re.search(r"Sanic uses 2\d % less memory and 4\d % less CPU\.$", summary)


def test_holm_is_taken_over_all_but_the_primary() -> None:
    found = answer().metrics
    others = [v for v in found if not v.primary]
    assert [v.p_holm for v in others] == pytest.approx(holm([v.p_value or 0.0 for v in others]))
    assert all(v.p_holm == v.p_value for v in found if v.primary)


def test_a_failed_gate_stops_what_it_concerns_and_nothing_else() -> None:
    found = answer(gates=(SANIC_BODY,))
    assert all(v.verdict is Verdict.NONE and v.ratio is None for v in found.metrics if v.deployment == "sanic")
    assert verdict(found, Metric.P99).verdict is Verdict.FASTER
    assert verdict(found, Metric.P99, "sanic").sentence == (
        "Sanic, p99: no verdict: same answers: sanic answers another body."
    )
    assert found.gates[0] == SANIC_BODY
    assert not main_verdict_stands(found)


def test_a_gate_on_the_baseline_concerns_everyone() -> None:
    found = answer(gates=(replace(SANIC_BODY, deployments=("fastapi",), metrics=(Metric.P50,)),))
    assert {v.verdict for v in found.metrics if v.metric is Metric.P50} == {Verdict.NONE}
    assert verdict(found, Metric.P99).verdict is Verdict.FASTER


def test_a_gate_of_another_workload_concerns_nobody_here() -> None:
    assert main_verdict_stands(answer(gates=(replace(SANIC_BODY, workload="upload"),)))


def test_a_caveat_is_carried_by_the_verdicts_it_concerns() -> None:
    found = answer(gates=(Gate("own CPUs", None, "shared", "Give them their own.", metrics=(Metric.P99,)),))
    assert verdict(found, Metric.P99).caveats == ("own CPUs: shared. Give them their own.",)
    assert verdict(found, Metric.MEMORY_PEAK).caveats == ()


def test_a_primary_metric_that_was_not_measured_has_no_verdict_and_says_why() -> None:
    found = answer(plan=plan_of(primary="throughput"))
    assert "an open loop completes what it offers" in verdict(found, Metric.THROUGHPUT).sentence
    assert verdict(found, Metric.THROUGHPUT).verdict is Verdict.NONE
    assert "no verdict" in found.summary
    assert not main_verdict_stands(found)


def test_a_primary_percentile_without_enough_samples_says_how_many_are_needed() -> None:
    found = answer(plan=plan_of(primary="p99_9"))
    assert verdict(found, Metric.P99_9).sentence.startswith("Starlette, p99.9: no verdict: 10,000 successes are needed")


def test_closed_loops_compare_throughput_and_say_that_rates_differ() -> None:
    plan = plan_of(make_workload(shape=ClosedLoad(64)), "throughput")
    base, values = (9_000.0, 9_100.0, 9_050.0), (18_000.0, 18_100.0, 18_200.0)
    rate = Pairs("json", Metric.THROUGHPUT, "starlette", True, (0, 1, 2), base, values)
    latency = Pairs("json", Metric.P99, "starlette", False, (0, 1, 2), values, base)
    found, beside = verdicts_from(plan, [rate, latency])
    assert found.verdict is Verdict.FASTER
    assert found.sentence.startswith("Starlette is faster than FastAPI: throughput 100 % higher (95 % CI ")
    assert found.sentence.endswith(", 3 rounds, with 64 connections.")
    assert found.caveats == ()
    assert "each deployment ran at its own rate" in beside.caveats[0]


def test_closed_loops_that_do_not_add_up_have_no_throughput_verdict() -> None:
    workload = make_workload(shape=ClosedLoad(64))
    runs = make_comparison(rounds=2, workloads=(workload,))[1]
    found = answer(runs, plan_of(workload, "throughput", 2))
    assert "Little's law" in verdict(found, Metric.THROUGHPUT).sentence
    assert verdict(found, Metric.MEMORY_PEAK).ratio is not None


def test_an_interrupted_comparison_says_how_far_it_came() -> None:
    runs = [run for run in RUNS if run.label.round < 3]
    found = answer(runs, complete=False)
    assert found.summary.startswith("Stopped early, after 3 of 6 rounds. ")
    assert verdict(found, Metric.P99).rounds == 3


def test_one_round_is_not_enough() -> None:
    found = answer([run for run in RUNS if run.label.round == 0], complete=False)
    assert {v.verdict for v in found.metrics} == {Verdict.NONE}
    assert "1 complete round; an interval needs at least two" in verdict(found, Metric.P99).sentence


def test_nothing_measured_is_still_an_answer() -> None:
    found = answer([], complete=False)
    assert {v.verdict for v in found.metrics} == {Verdict.NONE}
    assert "0 complete rounds" in found.summary


def test_a_run_that_was_cut_short_is_listed_but_not_paired() -> None:
    cut = [replace(run, sealed=False) if run.label.order == 0 else run for run in RUNS]
    found = answer(cut)
    assert found.run_ids == tuple(run.label.run_id for run in RUNS)
    assert min(v.rounds for v in found.metrics) == 5


def test_calibration_runs_do_not_count() -> None:
    extra = [replace(r, label=replace(r.label, phase="calibration", round=r.label.round + 100)) for r in RUNS]
    assert answer([*RUNS, *extra]).metrics == answer().metrics


def test_rounds_in_which_a_percentile_is_missing_are_left_out_aloud() -> None:
    short = [replace(run, measured=replace(run.measured, scheduled=Histogram.of([1_000] * 999)))
             if (run.label.round, run.label.deployment) == (0, "starlette") else run for run in RUNS]  # fmt: skip
    found = verdict(answer(short), Metric.P99)
    assert found.rounds == 5
    assert "round 1 left out: 1,000 successes are needed, a run had 999." in found.caveats


def test_an_odd_round_is_flagged_with_the_analysis_without_it() -> None:
    pairs = Pairs("json", Metric.P99, "sanic", True, tuple(range(8)), (100.0,) * 8, (90, 91, 90, 89, 90, 91, 90, 900))
    (found,) = verdicts_from(plan_of(), [pairs])
    assert found.rounds == 8
    (caveat,) = found.caveats
    assert caveat.startswith("round 8 lies beyond 3 IQR; without: 9.9 % lower (95 % CI ")


def test_a_value_of_zero_is_undetermined_and_never_different() -> None:
    pairs = Pairs("json", Metric.P99, "sanic", True, (0, 1), (100.0, 100.0), (0.0, 90.0))
    (found,) = verdicts_from(plan_of(), [pairs])
    assert found.verdict is Verdict.UNDETERMINED
    assert found.sentence == "Sanic, p99: undetermined: a value is zero or not a number, which has no ratio."
    assert found.value is None


def test_memory_of_different_kinds_is_not_compared() -> None:
    mixed = [replace(run, target=replace(run.target, kind="rss")) if run.target and run.label.deployment == "sanic"
             else run for run in RUNS]  # fmt: skip
    found = answer(mixed)
    assert "memory was read as pss here and as rss there" in verdict(found, Metric.MEMORY_PEAK, "sanic").sentence
    assert verdict(found, Metric.MEMORY_PEAK).rounds == 6


def test_a_withheld_verdict_says_in_one_sentence_with_whom_the_generator_was_how_late() -> None:
    late = [
        replace(run, measured=replace(run.measured, dispatch_lag=Histogram.of([10**6] * run.measured.issued)))
        if run.label.deployment == "fastapi"
        else run
        for run in RUNS
    ]
    lag = r"up to [\d,]+ % at p50"
    said = rf"generator lag {lag} \(Starlette\) and {lag} \(Sanic\); the gates say what to do\."
    assert re.search(f"No verdict on p99 of Starlette and Sanic: {said}", answer(late).summary)


def test_what_differs_besides_the_framework_is_said_in_the_summary() -> None:
    more = replace(make_launch(ARMS[2]), workers=4)
    found = answer([replace(r, launch=more) if r.label.deployment == "sanic" else r for r in RUNS])
    assert not found.like_for_like
    assert found.summary.endswith("Not like for like: the deployments differ in worker processes as well.")
    assert answer().like_for_like


def test_each_workload_is_compared_on_its_own() -> None:
    workloads = (make_workload("json"), make_workload("upload", OpenLoad(64, 300.0)))
    runs = make_comparison(rounds=3, workloads=workloads)[1]
    found = answer(runs, replace(plan_of(rounds=3), workloads=workloads))
    assert {v.workload for v in found.metrics} == {"json", "upload"}
    assert "json: Starlette" in found.summary
    assert "upload: " in found.summary
    assert "at 300 requests/s" in found.summary


def test_a_repeated_round_counts_once_by_its_last_run() -> None:
    again = replace(RUNS[0], label=replace(RUNS[0].label, order=1_000))
    found = answer([*RUNS, replace(again, measured=RUNS[5].measured)])
    assert verdict(found, Metric.P99).rounds == 6
    assert metric_value(RUNS[0], Metric.P99) != metric_value(RUNS[5], Metric.P99)
    assert found.metrics != answer().metrics
