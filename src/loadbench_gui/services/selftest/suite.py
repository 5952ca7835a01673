"""Runs checks one after the other: whatever one of them does, the rest is run, and each ends by its deadline."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from loadbench_gui.deploy.folders import lock_path
from loadbench_gui.deploy.runlock import measuring
from loadbench_gui.errors import EnvironmentFault
from loadbench_gui.services.selftest.outcome import Check, Outcome, Probe, failed, overdue
from loadbench_gui.services.selftest.scratch import Scratch, scratch
from loadbench_gui.services.stopping import StopRequested, unless_stopped

QUIET: Final = Check(
    "machine", "Nothing else measures", "No measurement is in progress on this machine that checks would disturb."
)


class Watcher(Protocol):
    """Whoever follows a self-test as it goes."""

    def begun(self, check: Check) -> None:
        """A check has begun."""

    def told(self, outcome: Outcome) -> None:
        """A check is over."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What came of the checks; not complete when they were stopped, or could not begin."""

    outcomes: tuple[Outcome, ...]
    complete: bool

    def __add__(self, other: Findings) -> Findings:
        return Findings(self.outcomes + other.outcomes, self.complete and other.complete)


async def run(checks: Iterable[Check], place: Scratch, watcher: Watcher, stop: asyncio.Event) -> Findings:
    """Run `checks` in their order until all are over or `stop` is set."""
    outcomes: list[Outcome] = []
    for check in checks:
        watcher.begun(check)
        try:
            outcome = await _outcome(check, place, stop)
        except StopRequested:
            return Findings(tuple(outcomes), complete=False)
        outcomes.append(outcome)
        watcher.told(outcome)
    return Findings(tuple(outcomes), complete=True)


async def run_alone(checks: Sequence[Check], data_dir: Path, watcher: Watcher, stop: asyncio.Event) -> Findings:
    """Run `checks` while nobody else may measure on this machine; where somebody does, say so and leave it in peace."""
    watcher.begun(QUIET)
    try:
        with measuring("the self-test", lock_path()):
            return await _with_scratch(checks, data_dir, watcher, stop)
    except EnvironmentFault as fault:
        outcome = failed(QUIET, fault)
        watcher.told(outcome)
        return Findings((outcome,), complete=False)


async def _with_scratch(checks: Sequence[Check], data_dir: Path, watcher: Watcher, stop: asyncio.Event) -> Findings:
    with scratch(data_dir) as place:
        quiet = Outcome(QUIET, "passed", "held for the length of this test")
        watcher.told(quiet)
        return Findings((quiet,), complete=True) + await run(checks, place, watcher, stop)


async def _outcome(check: Check, place: Scratch, stop: asyncio.Event) -> Outcome:
    if check.probe is None:
        return Outcome(check, "not_here", check.proves)
    began = time.perf_counter()

    def took_s() -> float:
        return time.perf_counter() - began

    limit = asyncio.timeout(check.deadline_s)
    try:
        async with limit:
            detail = await unless_stopped(_tried(check.probe, place), stop)
    except StopRequested:
        raise
    except TimeoutError as problem:
        return overdue(check, took_s()) if limit.expired() else failed(check, problem, took_s())
    except Exception as problem:  # whatever it is, it is what the check found
        return failed(check, problem, took_s())
    return Outcome(check, "passed", detail, duration_s=took_s())


async def _tried(probe: Probe, place: Scratch) -> str:
    return await probe(place)
