"""`loadbench profile`: check a profile, print the schema, start a new one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from loadbench_gui.cli.common import ProfileArg, Quiet
from loadbench_gui.cli.measuring import write_text
from loadbench_gui.errors import UserError
from loadbench_gui.profile.bundled import find
from loadbench_gui.profile.bundled import new as new_text
from loadbench_gui.profile.json_schema import json_schema
from loadbench_gui.profile.loader import load
from loadbench_gui.report import words

profile = typer.Typer(help="Check a profile, print its schema, start a new one.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module to `app`."""
    app.add_typer(profile, name="profile")


@profile.command("check")
def check(path: ProfileArg, quiet: Quiet = False) -> int:
    """Read a profile, say everything that is wrong with it, or what it would do."""
    plan = load(find(path))
    console = Console(highlight=False, soft_wrap=True, quiet=quiet)
    console.print(f"{plan.name}: no problems")
    console.print("deployments: " + ", ".join(d.name for d in plan.deployments))
    for workload in plan.workloads:
        console.print(f"workload {workload.name}: {words.workload(workload)}")
    settings = plan.comparison
    console.print(
        f"comparison: {settings.rounds} rounds against {settings.baseline}, primary metric {settings.primary}"
    )
    return 0


@profile.command("schema")
def schema() -> int:
    """Print the JSON schema of a profile."""
    sys.stdout.write(json_schema().rstrip() + "\n")
    return 0


@profile.command("new")
def new(
    path: Annotated[Path, typer.Argument(metavar="FILE")],
    like: Annotated[
        str, typer.Option("--from", metavar="NAME", help="The bundled profile to start from.")
    ] = "first-look",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> int:
    """Write a commented profile to start from."""
    if path.exists() and not force:
        raise UserError(f"{path} exists already", "Name another file, or add --force to replace it.")
    write_text(path, new_text(like))
    sys.stdout.write(f"{path}\n")
    return 0


@profile.command("import", context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, hidden=True)
def import_() -> int:
    """Refuse: importers come later."""
    raise UserError("importing profiles comes with a later version", "Start from `loadbench profile new FILE`.")
