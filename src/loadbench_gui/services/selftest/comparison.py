"""The whole way on a small scale: the three bundled servers are started, measured, compared and stopped."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from loadbench_gui.core.plan import OpenLoad, Plan
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Comparison, Verdict
from loadbench_gui.services.compare import compare_plan
from loadbench_gui.services.events import Event
from loadbench_gui.services.selftest.outcome import require
from loadbench_gui.services.selftest.scratch import Scratch
from loadbench_gui.services.selftest.specimen import SEED, plan
from loadbench_gui.store.store import Store

ROUNDS: Final = 2
RATE_RPS, WARMUP_S, WINDOW_S = 200.0, 0.25, 1.0
ANSWERS_GATE: Final = "same answers"


async def three_way(place: Scratch) -> str:
    """Compare FastAPI, Starlette and Sanic over two short rounds. Any verdict will do but a wrong answer's."""
    small = reduced(plan())
    stop = asyncio.Event()
    try:
        async with await Store.open(place.new("comparison")) as store:
            done = await compare_plan(small, store=store, emit=_unheard, stop=stop, seed=SEED)
    finally:
        stop.set()
    if done.fault is not None:
        raise done.fault
    check_runs(small, done.runs)
    return check_verdict(small, done.comparison)


def reduced(full: Plan) -> Plan:
    """Return the plan with little load, short windows and two rounds."""
    workloads = tuple(
        replace(one, shape=OpenLoad(8, RATE_RPS), warmup_s=WARMUP_S, duration_s=WINDOW_S) for one in full.workloads
    )
    return replace(full, workloads=workloads, comparison=replace(full.comparison, rounds=ROUNDS))


def _unheard(_: Event) -> None:
    """Nobody follows it."""


def check_runs(small: Plan, runs: Sequence[Run]) -> None:
    """Return if every run ended as planned and every request of it was answered. Raises `Bug`."""
    wanted = {deployment.name: ROUNDS * len(small.workloads) for deployment in small.deployments}
    measured = Counter(run.label.deployment for run in runs if run.sealed)
    require(dict(measured) == wanted, f"runs that ended as planned: {dict(measured)} instead of {wanted}")
    due = round(RATE_RPS * WINDOW_S)
    for run in runs:
        counts, name = run.measured, f"{run.label.deployment}, round {run.label.round + 1}"
        require(
            counts.issued == counts.ended == due,
            f"{name}: of {due} requests that were due {counts.issued} were issued and {counts.ended} ended",
        )
        errors = ", ".join(f"{count} × {kind.value}" for kind, count in counts.errors.items()) or "no errors"
        require(
            counts.succeeded == sum(counts.status_codes.values()) == due,
            f"{name}: {counts.succeeded} of {due} requests succeeded ({errors})",
        )
        require(run.target is not None and run.target.peak_bytes > 0, f"{name}: the server's memory was not seen")


def check_verdict(small: Plan, comparison: Comparison) -> str:
    """Return what the comparison says. Raises `Bug` when it has no verdict, or the answers were wrong."""
    require(comparison.complete, "the comparison says that it is not complete")
    wrong = [gate.detail for gate in comparison.gates if gate.name == ANSWERS_GATE and gate.passed is not True]
    require(not wrong, f"the servers do not answer alike: {' '.join(wrong)}")
    others = {deployment.name for deployment in small.deployments} - {comparison.baseline}
    judged = {one.deployment: one.verdict for one in comparison.metrics if one.primary}
    require(judged.keys() == others, f"there is a verdict on {sorted(judged)} instead of {sorted(others)}")
    undetermined = [name for name, verdict in judged.items() if verdict is Verdict.UNDETERMINED]
    require(not undetermined, f"the verdict on {', '.join(undetermined)} could not be computed")
    require(comparison.summary, "the comparison has no sentence")
    words = ", ".join(f"{name} {_word(verdict)}" for name, verdict in sorted(judged.items()))
    runs = len(comparison.schedule.entries)
    return f"{runs} runs of {comparison.baseline} and the others, all sealed; {comparison.primary.value}: {words}"


def _word(verdict: Verdict) -> str:
    """Return the verdict's own word; on a busy machine a gate may withhold it, which is no failure of ours."""
    return "withheld" if verdict is Verdict.NONE else verdict.value
