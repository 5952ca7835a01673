"""A comparison: every deployment once a round, a fresh server for every run, then the verdict.

The replicate is the run. The schedule is drawn before the first server starts, and nothing is dropped afterwards.
"""

from __future__ import annotations

import asyncio
import secrets
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from loadbench_gui.core.plan import Plan
from loadbench_gui.core.run import Run, RunLabel
from loadbench_gui.core.verdict import Comparison, Gate, Schedule, ScheduleEntry
from loadbench_gui.deploy.runlock import measuring
from loadbench_gui.deploy.verify import Answer
from loadbench_gui.errors import LoadbenchError, UserError
from loadbench_gui.profile.bundled import name_of
from loadbench_gui.services.events import ComparisonEnded, Emit, ScheduleMade
from loadbench_gui.services.probe import unasked_because_of
from loadbench_gui.services.run import Measured, run_once
from loadbench_gui.services.session import Session, new_id
from loadbench_gui.services.stopping import StopRequested
from loadbench_gui.stats.compare import compare
from loadbench_gui.stats.schedule import arrivals_seed, make_schedule
from loadbench_gui.store.store import Store


@dataclass(frozen=True, slots=True)
class Compared:
    """The verdict with its runs, and what cut the comparison short, if something did."""

    comparison: Comparison
    runs: tuple[Run, ...]
    fault: LoadbenchError | None = None
    stopped: bool = False


def require_two(plan: Plan) -> None:
    """Return if there is something to compare. Raises `UserError` for a plan with a single deployment."""
    if len(plan.deployments) < 2:
        command = shlex.join(["loadbench", "run", name_of(plan.path) or "PROFILE"])
        raise UserError(
            f"{plan.name!r} has one deployment, and a comparison needs two",
            f"Add a [[deployment]], or measure this one: {command}",
        )


async def compare_plan(
    plan: Plan,
    *,
    store: Store,
    emit: Emit,
    stop: asyncio.Event,
    seed: int | None = None,
    command: str = "",
    beside_window: bool = False,
) -> Compared:
    """Run the whole schedule of `plan` and judge it. Stopping keeps what was measured.

    beside_window: a window is open, and draws meanwhile.

    Raises `LoadbenchError` when not a single run was measured, `StopRequested` when it was stopped before that.
    """
    require_two(plan)
    schedule = make_schedule(plan, secrets.randbits(32) if seed is None else seed)
    comparison_id = new_id()
    started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
    session = await Session.of(plan, store, emit, stop, beside_window=beside_window)
    with measuring(f"the comparison {plan.name!r}"):
        emit(ScheduleMade(plan, schedule))
        text = await asyncio.to_thread(_profile_text, plan)
        await store.append_comparison(
            comparison_id, plan.name, text, schedule, started_at, command, plan.comparison.baseline
        )
        measured, fault, stopped = await _rounds(session, schedule, comparison_id)
    runs = tuple(one.run for one in measured)
    if not runs:
        raise fault or StopRequested
    comparison = await asyncio.to_thread(
        compare,
        plan,
        schedule,
        runs,
        answers_gate=answer_gates(plan, measured),
        comparison_id=comparison_id,
        started_at=started_at,
        command=command,
        complete=len([run for run in runs if run.sealed]) == len(schedule.entries),
    )
    try:
        await store.save_comparison(comparison)
    except LoadbenchError as problem:
        fault = fault or problem
    emit(ComparisonEnded(comparison, runs))
    return Compared(comparison, runs, fault, stopped)


def _profile_text(plan: Plan) -> str:
    """The profile as it was written, secrets unresolved; "" for a plan that did not come from a file."""
    try:
        return Path(plan.path).read_text(encoding="utf-8") if plan.path else ""
    except OSError:
        return ""


async def _rounds(
    session: Session, schedule: Schedule, comparison_id: str
) -> tuple[list[Measured], LoadbenchError | None, bool]:
    measured: list[Measured] = []
    for entry in schedule.entries:
        try:
            one = await _one(session, schedule, entry, comparison_id)
        except StopRequested:
            return measured, None, True
        except LoadbenchError as fault:
            return measured, fault, False
        measured.append(one)
        if one.fault is not None or one.stopped:
            return measured, one.fault, one.stopped
    return measured, None, False


async def _one(session: Session, schedule: Schedule, entry: ScheduleEntry, comparison_id: str) -> Measured:
    run_id = new_id()
    label = RunLabel(
        run_id=run_id,
        profile=session.plan.name,
        deployment=entry.deployment,
        workload=entry.workload,
        comparison_id=comparison_id,
        visit=run_id,
        round=entry.round,
        order=entry.order,
        seed=arrivals_seed(schedule.seed, entry.round, entry.workload),
        framework=session.plan.deployment(entry.deployment).framework,
    )
    return await run_once(session, label)


def answer_gates(plan: Plan, measured: Sequence[Measured]) -> tuple[Gate, ...]:
    """Judge, in each workload, whether every answer of every round was the expected one, and all the same."""
    gates = []
    for workload in plan.workloads:
        answers: dict[str, list[Answer]] = {}
        for one in measured:
            if one.run.label.workload == workload.name and one.answer is not None:
                answers.setdefault(one.run.label.deployment, []).append(one.answer)
        gates.append(_answer_gate(plan, workload.name, answers))
    return tuple(gates)


def _answer_gate(plan: Plan, workload: str, answers: dict[str, list[Answer]]) -> Gate:
    baseline = plan.comparison.baseline
    if not answers:
        why = " and ".join(unasked_because_of(plan.generator.client))
        detail = f"Not asked before the load{why and f', because of {why}'}; each answer in it was checked."
        return Gate("same answers", True, "", detail, workload)
    wrong = {name: next((a.problem for a in given if a.problem), "") for name, given in answers.items()}
    wrong = {name: problem for name, problem in wrong.items() if problem}
    if wrong:
        said = "; ".join(f"{name}: {problem}" for name, problem in wrong.items())
        # A wrong answer of the baseline concerns every verdict; any other only its own.
        concerned = tuple(answers) if baseline in wrong else tuple(wrong)
        detail = f"{said}. Mend the answer, then compare again."
        return Gate("same answers", False, f"{len(wrong)} wrong", detail, workload, concerned)
    reference = answers.get(baseline, [])
    differing = tuple(name for name, given in answers.items() if _differs(reference, given))
    if reference and differing:
        detail = (
            f"{' and '.join(differing)} answered otherwise than {baseline}: compare the bodies, then compare again."
        )
        return Gate("same answers", False, f"{len(differing)} differ", detail, workload, differing)
    return Gate("same answers", True, "", "Status and canonical body agree.", workload)


def _differs(reference: Sequence[Answer], given: Sequence[Answer]) -> bool:
    """Say whether answers differ; what was read whole is held against its like, and so is what was cut off."""
    return any(len({a.digest for a in (*reference, *given) if a.complete is whole}) > 1 for whole in (True, False))
