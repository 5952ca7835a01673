"""A self-test in words: a line for each check, and a sentence at the end."""

from __future__ import annotations

from typing import Final

from loadbench_gui.errors import ExitCode
from loadbench_gui.report.words import plural
from loadbench_gui.services.selftest.outcome import Outcome, exit_code
from loadbench_gui.services.selftest.suite import Findings

MARKS: Final = {"passed": "✓", "failed": "✗", "not_here": "–"}
TITLE_COLUMNS: Final = 23


def took(outcome: Outcome) -> str:
    """Return how long a check took, "" for one that was not tried."""
    return "" if outcome.status == "not_here" else f"{outcome.duration_s:.1f} s"


def line(outcome: Outcome) -> str:
    """Return a check on one line, and its hint on a second one where it failed."""
    head = f"{MARKS[outcome.status]} {outcome.check.title:<{TITLE_COLUMNS}}  {outcome.detail}"
    head += f"  {took(outcome)}" if took(outcome) else ""
    hint = f"\n  {'':<{TITLE_COLUMNS}}  {outcome.hint}" if outcome.status == "failed" and outcome.hint else ""
    return head + hint


def sentence(findings: Findings, duration_s: float) -> str:
    """Return what it all amounts to."""
    outcomes = findings.outcomes
    bad = [outcome for outcome in outcomes if outcome.status == "failed"]
    tried = [outcome for outcome in outcomes if outcome.status != "not_here"]
    if bad:
        blame = {
            ExitCode.ENVIRONMENT: "What to do stands beneath each.",
            ExitCode.BUG: "Some of it is for loadbench to mend: see beneath each.",
        }[exit_code(outcomes)]
        names = ", ".join(outcome.check.title for outcome in bad)
        return f"{len(bad)} of {plural(len(tried), 'check')} failed: {names}. {blame}"
    if not findings.complete:
        return f"Stopped after {plural(len(tried), 'check')}; all of them passed."
    absent = len(outcomes) - len(tried)
    later = f"; {absent} more come with a later version" if absent else ""
    return f"Everything works: {plural(len(tried), 'check')} passed in {duration_s:.0f} s{later}."
