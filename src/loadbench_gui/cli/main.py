"""`loadbench`: the commands of the contract, and how each failure becomes one message and one exit code."""

from __future__ import annotations

import errno
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from loadbench_gui import __version__
from loadbench_gui.cli.table import Commands
from loadbench_gui.errors import Bug, EnvironmentFault, ExitCode, LoadbenchError

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def _finish(code: int | None, **_: object) -> None:
    """Turn what a command returned into the process's exit code."""
    raise typer.Exit(int(code or 0))


app = typer.Typer(
    name="loadbench",
    cls=Commands,
    help="Fire HTTP traffic at servers, compare deployments, and say whether the answer can be believed.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    result_callback=_finish,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"loadbench {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and end.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Options before the command."""


def main(argv: Sequence[str]) -> int:
    """Run one command line; return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # words are better with a ? than not at all
            stream.reconfigure(errors="replace")
    try:
        app(list(argv), prog_name="loadbench")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else ExitCode.OK
    except LoadbenchError as problem:
        say(problem)
        return problem.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except OSError as problem:
        return _no_room(problem) if problem.errno in NO_ROOM else _bug()
    except Exception:  # our bug: keep the evidence, show the way to it, no traceback on the screen
        return _bug()
    return ExitCode.OK


def say(problem: LoadbenchError) -> None:
    """Print a foreseen failure on standard error: what is wrong, then what to do."""
    from rich.text import Text

    from loadbench_gui.cli.console import console_for  # rich takes its time to import

    console = console_for(stderr=True)
    console.print(Text(f"error: {problem.message}", style="red"))
    if problem.hint:
        console.print(Text(problem.hint))


def _no_room(problem: OSError) -> ExitCode:
    from loadbench_gui.cli.console import to_nowhere

    to_nowhere(sys.stdout)
    say(EnvironmentFault(f"nothing can be written: {problem.strerror}", "Make room, or write somewhere else."))
    return ExitCode.ENVIRONMENT


def _bug() -> ExitCode:
    from tempfile import gettempdir

    name = f"loadbench-bug-{datetime.now(UTC):%Y%m%dT%H%M%S}.txt"
    path = Path(gettempdir()) / name
    path.write_text(f"loadbench {__version__}, Python {sys.version}\n\n{traceback.format_exc()}", encoding="utf-8")
    say(Bug("this is a bug in loadbench, not in your profile", f"The details are in {path}; please report them."))
    return ExitCode.BUG
