"""What the terminal shows, read back from a console that records."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from builders import make_comparison, make_interval, make_run, make_socket_run, make_stream_run, make_workload
from loadbench_gui.cli.progress import Progress, strip
from loadbench_gui.cli.summary import print_run
from loadbench_gui.cli.terminal.live import LiveRun
from loadbench_gui.cli.terminal.verdict import print_comparison
from loadbench_gui.core.caveats import Caveat
from loadbench_gui.core.lifecycle import RunState
from loadbench_gui.core.plan import ComparisonSettings, Plan
from loadbench_gui.core.run import Run
from loadbench_gui.core.snapshot import ErrorKind, Tally
from loadbench_gui.core.verdict import Gate
from loadbench_gui.services.events import (
    GeneratorDoubted,
    IntervalClosed,
    RunEnded,
    ScheduleMade,
    StateChanged,
    TargetSampled,
)


def console(*, terminal: bool = False) -> Console:
    return Console(
        file=io.StringIO(), width=80, force_terminal=terminal, highlight=False, soft_wrap=True, no_color=True
    )


def text_of(recorded: Console) -> str:
    assert isinstance(recorded.file, io.StringIO)
    return recorded.file.getvalue()


def test_a_run_shows_both_clocks_outcomes_and_fitness() -> None:
    recorded = console()
    print_run(recorded, make_run(errors={ErrorKind.RESET: 7}))
    said = text_of(recorded)
    for words in ("scheduled", "service", "7 × reset", "7 failed", "generator valid", "(PSS)"):
        assert words in said, words


def test_with_failures_counted_high_percentiles_are_never_reached() -> None:
    recorded = console()
    print_run(recorded, make_run(errors={ErrorKind.RESET: 400}))
    (p99,) = [line.split() for line in text_of(recorded).splitlines() if line.startswith("p99 ")]
    assert "never" in p99
    assert "failed, timed out and dropped requests count as never answered" in text_of(recorded)


def test_a_comparison_fits_eighty_columns_and_names_every_verdict() -> None:
    recorded = console()
    comparison, _ = make_comparison()
    print_comparison(recorded, comparison)
    said = text_of(recorded)
    table = said.split(comparison.summary)[1].splitlines()
    rows = [
        line for line in table if line.split() and line.split()[-1] in {m.verdict.value for m in comparison.metrics}
    ]
    assert len(rows) == len(comparison.metrics)
    assert max(map(len, rows)) <= 80
    for name in comparison.deployments[1:]:
        assert name in said


def test_each_finished_run_is_a_line_where_there_is_no_terminal() -> None:
    recorded = console()
    comparison, runs = make_comparison(rounds=2)
    with Progress(recorded) as progress:
        progress(ScheduleMade(Plan("p", (), (), ComparisonSettings("fastapi")), comparison.schedule))
        for run in runs:
            progress(RunEnded(run))
    lines = [line for line in text_of(recorded).splitlines() if line.startswith("round ")]
    assert len(lines) == len(runs)
    assert lines[0].startswith("round 1/2")
    assert "p99" in lines[0]


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (make_stream_run(rate_rps=2_000.0), r"streams/s · first event p50 1\.\d\d ms · p99 \d\.\d\d ms"),
        (make_socket_run("echo"), r"round trips/s · round trip p50 "),
        (make_socket_run("push"), r"messages/s · gap p50 20\.\d ms"),
        (make_socket_run("hold"), r"round 1/2  fastapi( +)ping p50 "),
    ],
    ids=["stream", "echo", "push", "hold"],
)
def test_a_finished_run_is_told_in_the_units_of_its_kind(run: Run, said: str) -> None:
    recorded = console()
    comparison, _ = make_comparison(rounds=2)
    with Progress(recorded) as progress:
        progress(ScheduleMade(Plan("p", (), (), ComparisonSettings("fastapi")), comparison.schedule))
        progress(RunEnded(run))
    assert re.search(said, text_of(recorded).replace("\u202f", " "))


@pytest.mark.parametrize("terminal", [True, False])
def test_what_comes_while_a_run_lasts_is_kept_only_where_it_is_drawn(
    terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[int] = []
    monkeypatch.setattr(LiveRun, "interval", lambda _, interval: kept.append(interval.index))
    run = make_run()
    with Progress(console(terminal=terminal)) as progress:
        progress(StateChanged(run.label, RunState.MEASURING))
        for interval in run.intervals:
            progress(IntervalClosed(run.label, interval))
    assert kept == ([interval.index for interval in run.intervals] if terminal else [])


def test_the_live_line_follows_the_run() -> None:
    recorded = console(terminal=True)
    ticks = iter(range(1, 1_000))
    run = make_run()
    with Progress(recorded, clock=lambda: float(next(ticks))) as progress:
        progress(StateChanged(run.label, RunState.MEASURING))
        for index in range(8):
            progress(IntervalClosed(run.label, make_interval(np.random.default_rng(index), index, length_s=0.25)))
        progress(TargetSampled(run.label, run.target_samples[0]))
    said = text_of(recorded)
    assert "measuring" in said
    assert "p99" in said
    assert "PSS" in said


def test_every_deployment_has_a_letter_of_its_own_in_the_strip() -> None:
    comparison, _ = make_comparison(rounds=2)
    letters = strip(comparison.schedule, 0, 9.0).plain.split()[0]
    assert len(set(letters)) == len(comparison.deployments)


def test_a_run_without_a_success_shows_its_errors_and_no_empty_table() -> None:
    recorded = console()
    run = make_run()
    print_run(recorded, replace(run, measured=Tally(issued=3, failed=3, errors={ErrorKind.CONNECT_REFUSED: 3})))
    said = text_of(recorded)
    assert "3 × connect_refused" in said
    assert "p99" not in said


def test_a_failed_gate_says_whom_it_concerns_and_several_workloads_are_told_apart() -> None:
    recorded = console()
    gates = (
        Gate("generator lag", False, "37 %", "Sent late.", "small", ("starlette",)),
        Gate("steady", None, "6 runs", "Drifts.", "large", ("starlette", "sanic")),
    )
    comparison, _ = make_comparison(workloads=(make_workload("small"), make_workload("large")), gates=gates)
    print_comparison(recorded, comparison)
    said = text_of(recorded)
    assert "✗ generator lag (small starlette): Sent late." in said
    assert "! steady (large): Drifts." in said
    lines = said.splitlines()
    assert lines.index("small") < lines.index("large")


def test_a_doubt_is_said_once() -> None:
    recorded = console()
    run = make_run()
    caveat = Caveat("dispatch-lag", "The generator sends late.", "Lower the rate.")
    with Progress(recorded) as progress:
        progress(GeneratorDoubted(run.label, caveat))
        progress(GeneratorDoubted(run.label, caveat))
    assert text_of(recorded).count("The generator sends late.") == 1


def test_doubts_about_single_metrics_are_told_together_at_the_end_of_a_run_and_each_once() -> None:
    recorded = console()
    run = make_run()
    lag = Caveat("dispatch-lag", "The generator sends late.", "Lower the rate.", metric="p99")
    late = Caveat(
        "dispatch-lag", "The generator sends very late.", "Lower the rate.", "invalid", metric="service_p99_9"
    )
    new = Caveat("dispatch-lag", "The generator sends late again.", "Lower the rate.", metric="p50")
    with Progress(recorded) as progress:
        for _ in range(2):
            progress(GeneratorDoubted(run.label, lag))
            progress(GeneratorDoubted(run.label, late))
            assert "!" not in text_of(recorded) or "doubts about p99, service p99.9" in text_of(recorded)
            progress(RunEnded(run))
        progress(GeneratorDoubted(run.label, new))
    lines = [line for line in text_of(recorded).splitlines() if line.startswith("!")]
    assert lines == [
        "! doubts about p99, service p99.9: The generator sends very late. Lower the rate.",
        "! doubts about p50: The generator sends late again. Lower the rate.",
    ]


def test_a_pipe_loses_no_word_of_a_long_reason() -> None:
    recorded = Console(file=io.StringIO(), width=160, highlight=False, soft_wrap=True)
    reason = " ".join(f"word{n}" for n in range(60))
    print_run(recorded, make_run(caveats=(Caveat("cpu", reason, f"Do: {reason}"),)))
    assert f"  ! {reason}\n    → Do: {reason}\n" in text_of(recorded)
