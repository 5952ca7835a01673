"""Which exit code a finished command deserves: pure, so that CI can rely on it (contract)."""

from __future__ import annotations

from collections.abc import Sequence

from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Comparison
from loadbench_gui.errors import ExitCode, LoadbenchError
from loadbench_gui.stats.compare import main_verdict_stands
from loadbench_gui.stats.slo import SloFailure


def run_exit_code(run: Run, slo_failures: Sequence[SloFailure]) -> ExitCode:
    """Judge one run: first whether anything succeeded, then whether it may be believed, then its limits."""
    if run.measured.succeeded == 0:
        return ExitCode.TARGET
    if run.fitness.verdict == "invalid":
        return ExitCode.UNTRUSTED
    return ExitCode.THRESHOLD_FAILED if slo_failures else ExitCode.OK


def comparison_exit_code(
    comparison: Comparison,
    runs: Sequence[Run],
    slo_failures: Sequence[SloFailure],
    fault: LoadbenchError | None,
    interrupted: ExitCode | None,
) -> ExitCode:
    """Judge a comparison: first what ended it, then whether it may be believed, then its thresholds."""
    if interrupted is not None:
        return interrupted
    if fault is not None:
        return fault.exit_code
    if not any(run.measured.succeeded for run in runs):
        return ExitCode.TARGET
    if not main_verdict_stands(comparison):
        return ExitCode.UNTRUSTED
    return ExitCode.THRESHOLD_FAILED if slo_failures else ExitCode.OK
