"""What `http`, `run` and `compare` do once their options are understood: measure, print, write, judge."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from loadbench_gui.cli.files import make_folder, write_json, write_text
from loadbench_gui.cli.outcome import comparison_exit_code, run_exit_code
from loadbench_gui.cli.progress import Progress
from loadbench_gui.cli.session import Interrupts, Terminal
from loadbench_gui.cli.summary import print_run
from loadbench_gui.cli.terminal.generator import print_fitness
from loadbench_gui.cli.terminal.verdict import print_comparison
from loadbench_gui.cli.unsuccessful import nothing_succeeded
from loadbench_gui.core.plan import Deployment, Plan, Workload
from loadbench_gui.core.run import Run, RunLabel
from loadbench_gui.core.verdict import Comparison
from loadbench_gui.deploy.runlock import measuring
from loadbench_gui.errors import EnvironmentFault, ExitCode, LoadbenchError
from loadbench_gui.report import html
from loadbench_gui.report.document import document
from loadbench_gui.services.compare import compare_plan
from loadbench_gui.services.run import label_for, run_once
from loadbench_gui.services.session import Session
from loadbench_gui.services.stopping import StopRequested
from loadbench_gui.stats.slo import SloFailure, slo_failures

UNTRUSTED = (
    "Everything was measured and is kept, but the main verdict was withheld (exit code 3): the failed gates above say "
    "why. If this machine was busy, run it again when it is quiet."
)


async def measure_one(
    terminal: Terminal,
    interrupts: Interrupts,
    plan: Plan,
    deployment: Deployment,
    workloads: Sequence[Workload],
    *,
    out: Path | None = None,
    check_answer: bool = True,
) -> int:
    """Measure each workload once on one deployment; return the exit code."""
    async with terminal.store() as store:
        with measuring(f"a run of {plan.name}"), Progress(terminal.words, workloads=workloads) as progress:
            session = await Session.of(plan, store, progress, interrupts.stop)
            labels = [label_for(plan, deployment, workload, seed=0) for workload in workloads]
            runs, fault, stopped = await _measured(session, labels, check_answer=check_answer)
    if not runs:
        raise fault or StopRequested
    for run in runs:
        print_run(terminal.words, run)
    failures = [failure for run in runs for failure in slo_failures(plan.slo, run)]
    _print_failures(terminal, failures)
    _say_where(terminal, [run.label.run_id for run in runs], fault)
    await deliver(terminal, runs, None, out)
    if fault is not None:
        raise fault
    if stopped:
        return interrupts.exit_code
    _require_success(runs)
    return max(run_exit_code(run, failures) for run in runs)


async def _measured(
    session: Session, labels: Sequence[RunLabel], *, check_answer: bool
) -> tuple[list[Run], LoadbenchError | None, bool]:
    """Make one run after the other until something cuts them short; what was measured until then is returned."""
    runs: list[Run] = []
    for label in labels:
        try:
            measured = await run_once(session, label, check_answer=check_answer)
        except StopRequested:
            return runs, None, True
        except LoadbenchError as fault:
            return runs, fault, False
        runs.append(measured.run)
        if measured.fault is not None or measured.stopped:
            return runs, measured.fault, measured.stopped
    return runs, None, False


async def measure_comparison(
    terminal: Terminal, interrupts: Interrupts, plan: Plan, *, seed: int, command: str, out: Path | None
) -> int:
    """Run the comparison of `plan`; return the exit code."""
    async with terminal.store() as store:
        with Progress(terminal.words) as progress:
            done = await compare_plan(
                plan, store=store, emit=progress, stop=interrupts.stop, seed=seed, command=command
            )
    for run in done.runs:
        if run.fitness.verdict == "invalid":
            terminal.words.print(Text(f"{run.label.deployment}, round {run.label.round + 1}: ", "bold"), end="")
            print_fitness(terminal.words, run)
    print_comparison(terminal.words, done.comparison)
    failures = [failure for run in done.runs for failure in slo_failures(plan.slo, run)]
    _print_failures(terminal, failures)
    _say_where(terminal, [done.comparison.comparison_id], done.fault)
    await deliver(terminal, done.runs, done.comparison, out)
    if done.fault is not None:
        raise done.fault
    if not done.stopped:
        # A server that answers, but wrongly, costs the verdict; the gate says so.
        _require_success([run for run in done.runs if not run.measured.status_codes])
    interrupted = interrupts.exit_code if done.stopped else None
    code = comparison_exit_code(done.comparison, done.runs, failures, done.fault, interrupted)
    if code is ExitCode.UNTRUSTED:
        terminal.words.print(Text(UNTRUSTED, style="yellow"))
    return code


def _require_success(runs: Sequence[Run]) -> None:
    for run in runs:
        if run.measured.succeeded == 0:
            raise nothing_succeeded(run)


def _print_failures(terminal: Terminal, failures: Sequence[SloFailure]) -> None:
    for failure in failures:
        terminal.words.print(Text(f"✗ {failure.sentence}", style="red"))


def _say_where(terminal: Terminal, kept: Sequence[str], fault: LoadbenchError | None) -> None:
    if isinstance(fault, EnvironmentFault):
        return  # It may not be there, or not all of it: the fault says why.
    terminal.words.print(Text(f"\nKept in the history as {', '.join(kept)}.", style="dim"))


async def deliver(terminal: Terminal, runs: Sequence[Run], comparison: Comparison | None, out: Path | None) -> None:
    """Write the result document where `--json` says, and report.html with result.json into the folder `out`."""
    if terminal.json_to is None and out is None:
        return
    result = document(runs, comparison)
    if terminal.json_to is not None:
        write_json(terminal.json_to, result)
    if out is not None:
        page = await asyncio.to_thread(html.render, runs, comparison)
        make_folder(out)
        write_json(str(out / "result.json"), result)
        write_text(out / "report.html", page)
        places = (("report", "report.html"), ("result", "result.json"))
        lines = [f"{what}  {(out / name).resolve()}" for what, name in places]
        terminal.words.print("\n".join(lines), markup=False, soft_wrap=True)
