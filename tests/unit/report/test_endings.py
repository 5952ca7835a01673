"""How a run ended is said once, and in the same words wherever it is shown."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from builders import make_comparison, make_run
from loadbench_gui.cli.commands.history import _run_row
from loadbench_gui.cli.progress import run_line
from loadbench_gui.cli.terminal.head import print_head
from loadbench_gui.report import html
from loadbench_gui.report.endings import ending
from loadbench_gui.report.runs import runs_table
from loadbench_gui.services.library import RunSummary
from loadbench_gui.store.unsealed import ENDED_EARLY

TOLD = {
    "stopped": "cut short: stopped on request",
    "target_lost": "cut short: the server ended",
    "worker_lost": "cut short: a process that sends died",
    "failed": "cut short: it failed",
    ENDED_EARLY: "cut short: loadbench ended before the run did, or could not record its end",
    "": "ended while the last answers were awaited",
    "requests": "ended while the last answers were awaited",
    # As it was kept before the reasons were names.
    "cut short: loadbench ended before the run did": "cut short: loadbench ended before the run did",
}


@pytest.mark.parametrize(("reason", "told"), TOLD.items())
def test_terminal_history_progress_and_report_tell_one_end_in_one_way(reason: str, told: str) -> None:
    comparison, runs = make_comparison(rounds=2)
    run = replace(runs[0], sealed=False, stop_reason=reason)
    console = Console(file=io.StringIO(), width=200)
    print_head(console, run)
    assert isinstance(console.file, io.StringIO)
    label = run.label
    kept = RunSummary(
        label.run_id, None, label.profile, label.deployment, label.workload, label.phase, run.started_at,
        run.duration_s, 4, sealed=False, tags=(), stop_reason=reason,
    )  # fmt: skip

    assert ending(reason, sealed=False) == told
    assert told[1:] in console.file.getvalue()
    assert run_line(run, comparison.schedule).plain.endswith(told)
    assert _run_row(kept)[-1] == told
    assert runs_table([run], [label.deployment]).rows[0][1].note == told


def test_only_what_was_cut_short_covers_less_than_was_planned() -> None:
    whole, short = (replace(make_run(), sealed=False, stop_reason=reason) for reason in ("", "stopped"))
    assert "Its figures cover less" not in html.render([whole])
    assert "Its figures cover less" in html.render([short])


def test_a_run_that_ended_as_planned_needs_no_words() -> None:
    assert ending("requests", sealed=True) == ""
