"""`loadbench history` and `loadbench report`: what was measured before."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from loadbench_gui.cli.common import DataDir, JsonTo, Quiet
from loadbench_gui.cli.measuring import deliver, write_text
from loadbench_gui.cli.session import Interrupts, Terminal, run_async
from loadbench_gui.cli.summary import print_comparison, print_run
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Comparison
from loadbench_gui.errors import UserError
from loadbench_gui.report import html, words
from loadbench_gui.report.document import document
from loadbench_gui.services.library import Entry, Library

FORMATS = ("html", "json")
LATER_FORMATS = ("csv", "md", "junit", "hlog", "hgrm")

history = typer.Typer(help="What was measured before.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module to `app`."""
    app.add_typer(history, name="history")
    app.command("report", help="Render a run or a comparison from the history.")(report)


@history.command("list")
def list_(json_to: JsonTo = None, quiet: Quiet = False, data_dir: DataDir = None) -> int:
    """List runs and comparisons, newest first."""
    return run_async(lambda _: _list(Terminal(json_to, quiet, data_dir)))


async def _list(terminal: Terminal) -> int:
    async with terminal.store() as store:
        library = Library(store)
        if terminal.json_to is not None:
            text = json.dumps(await library.history_document(), ensure_ascii=False, indent=2) + "\n"
            if terminal.json_to == "-":
                sys.stdout.write(text)
            else:
                write_text(Path(terminal.json_to), text)
            return 0
        comparisons, runs = await library.comparisons(), await library.runs()
    if not comparisons and not runs:
        terminal.words.print("The history is empty. `loadbench compare first-look` fills it in about 90 seconds.")
        return 0
    table = Table(box=None, pad_edge=False)
    table.add_column("id", no_wrap=True, min_width=22)
    table.add_column("when", no_wrap=True, min_width=17)
    table.add_column("what", overflow="ellipsis", no_wrap=True)
    table.add_column("outcome", overflow="ellipsis", no_wrap=True)
    for c in comparisons:
        outcome = c.headline or ("no verdict yet" if c.complete else "cut short")
        table.add_row(c.comparison_id, words.moment(c.started_at).removesuffix(" UTC"), c.profile, outcome)
    for r in runs:
        if r.comparison_id is None:
            state = "sealed" if r.sealed else "cut short"
            table.add_row(
                r.run_id,
                words.moment(r.started_at).removesuffix(" UTC"),
                r.deployment if r.deployment == r.profile else f"{r.deployment} ({r.profile})",
                state,
            )
    terminal.words.print(table)
    return 0


@history.command("show")
def show(
    identifier: Annotated[str, typer.Argument(metavar="ID")],
    json_to: JsonTo = None,
    quiet: Quiet = False,
    data_dir: DataDir = None,
) -> int:
    """Show a run or a comparison; the beginning of its id is enough."""
    return run_async(lambda _: _show(Terminal(json_to, quiet, data_dir), identifier))


async def _show(terminal: Terminal, identifier: str) -> int:
    entry = await _load(terminal, identifier)
    if entry.comparison is not None:
        print_comparison(terminal.words, entry.comparison)
    else:
        for run in entry.runs:
            print_run(terminal.words, run)
    await deliver(terminal, entry.runs, entry.comparison, None)
    return 0


async def _load(terminal: Terminal, identifier: str) -> Entry:
    async with terminal.store() as store:
        return await Library(store).load(identifier)


@history.command("delete")
def delete(identifier: Annotated[str, typer.Argument(metavar="ID")], data_dir: DataDir = None) -> int:
    """Delete a run, or a comparison with all its runs."""
    return run_async(lambda _: _delete(Terminal(data_dir=data_dir), identifier))


async def _delete(terminal: Terminal, identifier: str) -> int:
    async with terminal.store() as store:
        full = await store.delete(identifier)
    terminal.words.print(f"deleted {full}")
    return 0


def report(
    identifier: Annotated[str, typer.Argument(metavar="RUN_OR_COMPARISON")],
    format_: Annotated[str, typer.Option("--format", metavar="html|json")] = "html",
    out: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE")] = None,
    data_dir: DataDir = None,
) -> int:
    """Render a run or a comparison; without -o it goes to standard output."""
    if format_ in LATER_FORMATS:
        raise UserError(f"the format {format_} comes with a later version", "Use --format html or --format json.")
    if format_ not in FORMATS:
        raise UserError(f"there is no report format {format_!r}", "Use --format html or --format json.")
    return run_async(lambda interrupts: _report(interrupts, Terminal(data_dir=data_dir), identifier, format_, out))


async def _report(interrupts: Interrupts, terminal: Terminal, identifier: str, format_: str, out: Path | None) -> int:
    entry = await _load(terminal, identifier)
    text = await asyncio.to_thread(_rendered, format_, entry.runs, entry.comparison)
    if out is None:
        sys.stdout.write(text)
    else:
        write_text(out, text)
        terminal.words.print(str(out))
    return interrupts.exit_code if interrupts.stop.is_set() else 0


def _rendered(format_: str, runs: Sequence[Run], comparison: Comparison | None) -> str:
    if format_ == "html":
        return html.render(runs, comparison)
    return json.dumps(document(runs, comparison), ensure_ascii=False, allow_nan=False, indent=2) + "\n"
