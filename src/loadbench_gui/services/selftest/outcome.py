"""What a self-test asks, what came of it, and whose fault it is when something failed."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from loadbench_gui.errors import Bug, EnvironmentFault, ExitCode, LoadbenchError
from loadbench_gui.services.selftest.scratch import Scratch

Status: TypeAlias = Literal["passed", "failed", "not_here"]
Culprit: TypeAlias = Literal["environment", "loadbench"]
Probe: TypeAlias = Callable[[Scratch], Awaitable[str]]
"""Tries something; returns what it saw in a few words. Raises whatever shows that it does not work."""

REPORT: Final = "Please report it with what `loadbench self-test --json` writes."
_REFUSALS: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOMEM, errno.EMFILE,
     errno.ENFILE, errno.EAGAIN}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a self-test.

    proves: what holds when it passes. probe: None where this version has nothing to try; then `proves` says why.
    """

    name: str
    title: str
    proves: str
    probe: Probe | None = None
    deadline_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a check. detail: what was seen, or what is wrong; hint: what to do about it.

    evidence: the traceback of something that nobody had foreseen.
    """

    check: Check
    status: Status
    detail: str
    hint: str = ""
    duration_s: float = 0.0
    culprit: Culprit | None = None
    evidence: str = ""


def require(condition: object, message: str, hint: str = "") -> None:
    """Return if the condition holds. Raises `Bug` with the message otherwise."""
    if not condition:
        raise Bug(message, hint or REPORT)


def failed(check: Check, problem: BaseException, duration_s: float = 0.0) -> Outcome:
    """Return what an exception means for the check."""
    match problem:
        case EnvironmentFault():
            return Outcome(check, "failed", problem.message, problem.hint, duration_s, "environment")
        case LoadbenchError():
            return Outcome(check, "failed", problem.message, problem.hint or REPORT, duration_s, "loadbench")
        case OSError() if problem.errno in _REFUSALS:
            hint = "Make room, raise the limit, or mend the permissions; then try again."
            return Outcome(check, "failed", f"the system refused: {problem}", hint, duration_s, "environment")
        case ImportError():
            words, evidence = f"a part cannot be loaded: {problem}", "".join(traceback.format_exception(problem))
            hint = f"The installation is incomplete: reinstall loadbench. If that does not help: {REPORT}"
            return Outcome(check, "failed", words, hint, duration_s, "environment", evidence)
        case _:
            words = f"{type(problem).__name__}: {problem}"
            evidence = "".join(traceback.format_exception(problem))
            return Outcome(check, "failed", words, REPORT, duration_s, "loadbench", evidence)


def overdue(check: Check, duration_s: float) -> Outcome:
    """Return the outcome of a check that was cut off at its deadline."""
    words = f"it did not end within {check.deadline_s:g} s and was stopped"
    hint = f"If this machine was very busy, try again when it is quiet. {REPORT}"
    return Outcome(check, "failed", words, hint, duration_s, "loadbench")


def exit_code(outcomes: Iterable[Outcome]) -> ExitCode:
    """Return 0 when nothing failed, 5 when only the environment is to blame, else 70."""
    culprits = {outcome.culprit for outcome in outcomes if outcome.status == "failed"}
    if not culprits:
        return ExitCode.OK
    return ExitCode.ENVIRONMENT if culprits == {"environment"} else ExitCode.BUG
