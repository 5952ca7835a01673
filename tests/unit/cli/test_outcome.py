"""Exit codes are what CI reads: each situation has exactly one."""

from __future__ import annotations

from dataclasses import replace

from builders import make_comparison, make_run
from loadbench_gui.cli.outcome import comparison_exit_code, run_exit_code
from loadbench_gui.core.plan import Slo
from loadbench_gui.core.snapshot import Tally
from loadbench_gui.core.verdict import Verdict
from loadbench_gui.errors import EnvironmentFault, ExitCode
from loadbench_gui.stats.slo import slo_failures

RUN = make_run()
UNFIT = replace(RUN, fitness=replace(RUN.fitness, verdict="invalid"))
BROKEN_LIMIT = slo_failures(Slo(p50_us=1.0), RUN)


def test_a_run_within_its_limits() -> None:
    assert run_exit_code(RUN, ()) is ExitCode.OK


def test_a_run_in_which_nothing_succeeded() -> None:
    assert run_exit_code(replace(RUN, measured=Tally(issued=3, failed=3)), ()) is ExitCode.TARGET


def test_an_unfit_generator_is_not_to_be_trusted() -> None:
    assert run_exit_code(UNFIT, ()) is ExitCode.UNTRUSTED
    assert run_exit_code(UNFIT, BROKEN_LIMIT) is ExitCode.UNTRUSTED


def test_a_limit_that_was_not_kept() -> None:
    assert BROKEN_LIMIT
    assert run_exit_code(RUN, BROKEN_LIMIT) is ExitCode.THRESHOLD_FAILED


def test_a_comparison_with_its_main_verdict() -> None:
    comparison, runs = make_comparison()
    assert comparison_exit_code(comparison, runs, (), None, None) is ExitCode.OK
    assert comparison_exit_code(comparison, runs, BROKEN_LIMIT, None, None) is ExitCode.THRESHOLD_FAILED


def test_a_comparison_without_its_main_verdict_is_not_to_be_trusted_whatever_its_limits_say() -> None:
    comparison, runs = make_comparison()
    withheld = replace(
        comparison, metrics=tuple(replace(m, verdict=Verdict.NONE) if m.primary else m for m in comparison.metrics)
    )
    assert comparison_exit_code(withheld, runs, BROKEN_LIMIT, None, None) is ExitCode.UNTRUSTED


def test_what_ended_it_comes_before_what_it_found() -> None:
    comparison, runs = make_comparison()
    full = EnvironmentFault("the disk is full", "make room")
    assert comparison_exit_code(comparison, runs, BROKEN_LIMIT, full, None) is ExitCode.ENVIRONMENT
    assert comparison_exit_code(comparison, runs, (), full, ExitCode.TERMINATED) is ExitCode.TERMINATED
