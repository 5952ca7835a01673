"""`loadbench report`: a run or a comparison of the history as a page or a document."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from loadbench_gui.cli.common import DataDir, EntryId, JsonTo, Quiet
from loadbench_gui.cli.files import check_file, write_json, write_out, write_text
from loadbench_gui.cli.places import must_not_be_one
from loadbench_gui.cli.session import Interrupts, Terminal, run_async
from loadbench_gui.cli.table import new_app
from loadbench_gui.core.run import Run
from loadbench_gui.core.verdict import Comparison
from loadbench_gui.errors import UserError
from loadbench_gui.report import html
from loadbench_gui.report.document import document, to_json
from loadbench_gui.services.library import Library

FORMATS = ("html", "json")
LATER_FORMATS = ("csv", "md", "junit", "hlog", "hgrm")

app = new_app()


@app.command("report")
def report(
    identifier: EntryId,
    format_: Annotated[str, typer.Option("--format", metavar="html|json", help="What to write.")] = "html",
    out: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to; standard output otherwise.")
    ] = None,
    json_to: JsonTo = None,
    quiet: Quiet = False,
    data_dir: DataDir = None,
) -> int:
    """Render a run or a comparison of the history; the beginning of its id is enough."""
    if format_ in LATER_FORMATS:
        raise UserError(f"the format {format_} comes with a later version", "Use --format html or --format json.")
    if format_ not in FORMATS:
        raise UserError(f"there is no report format {format_!r}", "Use --format html or --format json.")
    if json_to == "-" and out is None:
        raise UserError("the report and --json - would mix on standard output", "Name a file for the report with -o.")
    if out is not None:
        check_file(out)
        must_not_be_one(out, json_to)
    terminal = Terminal(json_to, quiet, data_dir)
    return run_async(lambda interrupts: _report(interrupts, terminal, identifier, format_, out))


async def _report(interrupts: Interrupts, terminal: Terminal, identifier: str, format_: str, out: Path | None) -> int:
    async with terminal.store() as store:
        entry = await Library(store).load(identifier)
    text = await asyncio.to_thread(_rendered, format_, entry.runs, entry.comparison)
    if interrupts.stop.is_set():
        return interrupts.exit_code
    if out is None:
        write_out(text)
    else:
        write_text(out, text)
        terminal.words.print(str(out), markup=False)
    if terminal.json_to is not None:
        write_json(terminal.json_to, document(entry.runs, entry.comparison))
    return 0


def _rendered(format_: str, runs: Sequence[Run], comparison: Comparison | None) -> str:
    if format_ == "html":
        return html.render(runs, comparison)
    return to_json(document(runs, comparison)) + "\n"
