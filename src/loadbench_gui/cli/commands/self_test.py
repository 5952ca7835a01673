"""`loadbench self-test`: does everything that loadbench needs work on this machine?"""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from typer.core import TyperCommand

from loadbench_gui.cli.common import DataDir, Quiet
from loadbench_gui.cli.console import console_for
from loadbench_gui.cli.files import write_json
from loadbench_gui.cli.session import Interrupts, Terminal, run_async
from loadbench_gui.cli.table import new_app
from loadbench_gui.deploy.environment import read_environment
from loadbench_gui.services.selftest.catalogue import CHECKS
from loadbench_gui.services.selftest.document import document
from loadbench_gui.services.selftest.outcome import Check, Outcome, exit_code
from loadbench_gui.services.selftest.suite import Findings, run_alone
from loadbench_gui.services.selftest.window import run_in_window
from loadbench_gui.services.selftest.words import MARKS, TITLE_COLUMNS, line, sentence, took
from loadbench_gui.store.data_dir import data_dir as data_folder

_STYLES = {"passed": "green", "failed": "bold red", "not_here": "dim"}
_TIME_COLUMNS = 6


class BareJson(TyperCommand):
    """A command whose `--json` may stand alone: then it means standard output."""

    # typer keeps its own copy of click, whose types have no public names.
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give a bare `--json` its value."""
        return super().parse_args(ctx, with_json_value(args))


def with_json_value(arguments: list[str]) -> list[str]:
    """Return the arguments with "-" after each `--json` that no value follows."""
    completed: list[str] = []
    for at, argument in enumerate(arguments):
        completed.append(argument)
        following = arguments[at + 1 : at + 2]
        if argument == "--json" and (not following or (following[0].startswith("-") and following[0] != "-")):
            completed.append("-")
    return completed


app = new_app()


@app.command("self-test", cls=BareJson)
def self_test(
    json_to: Annotated[
        str | None,
        typer.Option("--json", metavar="[FILE|-]", help="Write the findings; alone or with - to standard output."),
    ] = None,
    quiet: Quiet = False,
    data_dir: DataDir = None,
) -> int:
    """Try everything that loadbench needs on this machine; it takes half a minute and leaves nothing behind.

    Your history is not touched. The window's part runs in a process of its own; without a display it draws into memory.

    Exit codes: 0 all passed (what a later version brings does not count), 5 something outside loadbench failed, or
    another measurement is in progress, 70 loadbench itself failed, 130 or 143 interrupted.
    """
    terminal = Terminal(json_to, quiet, data_dir)
    return run_async(lambda interrupts: _run(terminal, interrupts))


async def _run(terminal: Terminal, interrupts: Interrupts) -> int:
    began = time.perf_counter()
    with Rows(terminal.words) as rows:
        findings = await run_alone(CHECKS, data_folder(terminal.data_dir), rows, interrupts.stop)
        if findings.complete:
            findings += await run_in_window(rows, interrupts.stop)
    _conclude(terminal, findings, time.perf_counter() - began)
    return int(interrupts.exit_code if interrupts.stop.is_set() else exit_code(findings.outcomes))


def _conclude(terminal: Terminal, findings: Findings, duration_s: float) -> None:
    if terminal.json_to is not None:
        write_json(terminal.json_to, document(findings, read_environment()))
    terminal.words.print(Text(f"\n{sentence(findings, duration_s)}", style="bold"))
    if terminal.quiet:
        errors = console_for(stderr=True)
        for outcome in findings.outcomes:
            if outcome.status == "failed":
                errors.print(Text(line(outcome), style="red"))


class Rows:
    """A row for each check as soon as it is over; on a terminal also the one that is going on."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> Rows:
        if self._console.is_terminal and not self._console.quiet:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def begun(self, check: Check) -> None:
        """Say what is tried now."""
        if self._live.is_started:
            self._live.update(Text(f"… {check.title}", style="dim"), refresh=True)

    def told(self, outcome: Outcome) -> None:
        """Print the row; beneath it what to do, where something failed."""
        if not self._console.is_terminal:
            self._console.print(Text(line(outcome)))
            return
        self._live.update(Text(""))
        self._console.print(row(outcome))
        if outcome.status == "failed" and outcome.hint:
            self._console.print(Padding(Text(outcome.hint), (0, 0, 0, TITLE_COLUMNS + 4)))


def row(outcome: Outcome) -> Table:
    """Return a check as a row: mark, title, what was seen, how long it took."""
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(width=1)
    table.add_column(width=TITLE_COLUMNS)
    table.add_column(ratio=1)
    table.add_column(width=_TIME_COLUMNS, justify="right")
    style = _STYLES[outcome.status]
    table.add_row(
        Text(MARKS[outcome.status], style=style),
        Text(outcome.check.title, style="dim" if outcome.status == "not_here" else ""),
        Text(
            outcome.detail, style="red" if outcome.status == "failed" else "dim" if outcome.status == "not_here" else ""
        ),
        Text(took(outcome), style="dim"),
    )
    return table
