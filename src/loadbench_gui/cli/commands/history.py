"""`loadbench history`: what was measured before."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.text import Text

from loadbench_gui.cli.common import DataDir, EntryId, JsonTo, Quiet
from loadbench_gui.cli.files import check_file, write_json
from loadbench_gui.cli.session import Terminal, run_async
from loadbench_gui.cli.summary import print_run
from loadbench_gui.cli.table import new_app
from loadbench_gui.cli.terminal.verdict import print_comparison
from loadbench_gui.errors import UserError
from loadbench_gui.report import words
from loadbench_gui.report.document import document
from loadbench_gui.report.endings import ending
from loadbench_gui.services.library import ComparisonSummary, Entry, Library, RunSummary

ID_WIDTH = 22
WHEN_WIDTH = 17
MIN_WHAT_WIDTH = 12
Row: TypeAlias = tuple[str, str, str, str]

app = new_app("What was measured before.")


@app.command("list")
def list_(json_to: JsonTo = None, quiet: Quiet = False, data_dir: DataDir = None) -> int:
    """List runs and comparisons, newest first."""
    return run_async(lambda _: _list(Terminal(json_to, quiet, data_dir)))


async def _list(terminal: Terminal) -> int:
    async with terminal.store() as store:
        library = Library(store)
        if terminal.json_to is not None:
            write_json(terminal.json_to, await library.history_document())
            return 0
        comparisons, runs = await library.comparisons(), await library.runs()
    alone = [run for run in runs if run.comparison_id is None]
    if comparisons or alone:
        _print_table(terminal, [*map(_comparison_row, comparisons), *map(_run_row, alone)])
    else:
        terminal.words.print("The history is empty. `loadbench compare first-look` fills it in about 90 seconds.")
    return 0


def _print_table(terminal: Terminal, rows: list[Row]) -> None:
    """Print one line an entry: cut to the terminal's width, or whole where no terminal cuts it."""
    what = max(len(row[2]) for row in rows)
    if terminal.words.is_terminal:
        what = min(what, max(MIN_WHAT_WIDTH, (terminal.words.width - ID_WIDTH - WHEN_WIDTH - 6) // 2))
    for index, (name, when, subject, outcome) in enumerate([("id", "when", "what", "outcome"), *rows]):
        line = Text(f"{name:<{ID_WIDTH}}  {when:<{WHEN_WIDTH}}  ", "" if index else "bold")
        head = subject if len(subject) <= what else subject[: what - 1] + "…"
        line.append(f"{head:<{what}}  {outcome}")
        if terminal.words.is_terminal:
            line.truncate(terminal.words.width, overflow="ellipsis")
        terminal.words.print(line)


def _comparison_row(comparison: ComparisonSummary) -> Row:
    outcome = comparison.headline or ("no verdict yet" if comparison.complete else "cut short")
    return comparison.comparison_id, _moment(comparison.started_at), comparison.profile, outcome


def _run_row(run: RunSummary) -> Row:
    what = run.deployment if run.deployment == run.profile else f"{run.deployment} ({run.profile})"
    return run.run_id, _moment(run.started_at), what, ending(run.stop_reason, sealed=run.sealed) or "sealed"


def _moment(iso: str) -> str:
    return words.moment(iso).removesuffix(" UTC")


@app.command("show")
def show(identifier: EntryId, json_to: JsonTo = None, quiet: Quiet = False, data_dir: DataDir = None) -> int:
    """Show a run or a comparison."""
    return run_async(lambda _: _show(Terminal(json_to, quiet, data_dir), identifier))


async def _show(terminal: Terminal, identifier: str) -> int:
    entry = await _load(terminal, identifier)
    if entry.comparison is not None:
        print_comparison(terminal.words, entry.comparison)
    else:
        for run in entry.runs:
            print_run(terminal.words, run)
    if terminal.json_to is not None:
        write_json(terminal.json_to, document(entry.runs, entry.comparison))
    return 0


async def _load(terminal: Terminal, identifier: str) -> Entry:
    async with terminal.store() as store:
        return await Library(store).load(identifier)


@app.command("export")
def export(
    identifier: EntryId,
    out: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to; ID.json here otherwise.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
    json_to: JsonTo = None,
    quiet: Quiet = False,
    data_dir: DataDir = None,
) -> int:
    """Write the result document of a run or a comparison to a file."""
    return run_async(lambda _: _export(Terminal(json_to, quiet, data_dir), identifier, out, force=force))


async def _export(terminal: Terminal, identifier: str, out: Path | None, *, force: bool) -> int:
    entry = await _load(terminal, identifier)
    result = document(entry.runs, entry.comparison)
    path = out or Path(f"{entry.entry_id}.json")
    is_file = terminal.json_to is None or out is not None
    if is_file:
        check_file(path)
        if path.exists() and not force:
            raise UserError(f"{path} exists already", "Name another file with -o, or add --force to replace it.")
    if terminal.json_to is not None:
        write_json(terminal.json_to, result)
    if is_file:
        write_json(str(path), result)
        terminal.words.print(str(path), markup=False)
    return 0


@app.command("delete")
def delete(identifier: EntryId, json_to: JsonTo = None, quiet: Quiet = False, data_dir: DataDir = None) -> int:
    """Delete a run, or a comparison with all its runs."""
    return run_async(lambda _: _delete(Terminal(json_to, quiet, data_dir), identifier))


async def _delete(terminal: Terminal, identifier: str) -> int:
    async with terminal.store() as store:
        full = await store.delete(identifier)
    if terminal.json_to is not None:
        write_json(terminal.json_to, {"deleted": full})
    terminal.words.print(f"deleted {full}")
    return 0
