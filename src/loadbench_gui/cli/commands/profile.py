"""`loadbench profile`: check a profile, print the schema, start a new one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from loadbench_gui.cli.common import DataDir, JsonTo, ProfileArg, Quiet
from loadbench_gui.cli.console import console_for
from loadbench_gui.cli.files import check_file, check_json, write_json, write_out, write_text
from loadbench_gui.cli.table import ANYTHING, new_app
from loadbench_gui.core.plan import Plan
from loadbench_gui.errors import UserError
from loadbench_gui.profile.bundled import find
from loadbench_gui.profile.bundled import new as new_text
from loadbench_gui.profile.json_schema import json_schema
from loadbench_gui.profile.loader import load
from loadbench_gui.profile.problems import Problem, ProfileError
from loadbench_gui.report import words

app = new_app("Check a profile, print its schema, start a new one.")


@app.command("check")
def check(
    profile: ProfileArg,
    json_to: Annotated[
        str | None, typer.Option("--json", metavar="FILE|-", help="Write the problems as JSON; - is standard output.")
    ] = None,
    quiet: Quiet = False,
    data_dir: DataDir = None,
) -> int:
    """Read a profile, say everything that is wrong with it, or what it would do."""
    path = find(profile)
    check_json(json_to)
    try:
        plan = load(path)
    except ProfileError as error:
        if json_to is not None:
            write_json(json_to, _check_document(path, error.problems))
        raise
    if json_to is not None:
        write_json(json_to, _check_document(path, ()))
    _print_plan(plan, quiet=quiet, json_to=json_to)
    return 0


def _check_document(path: Path, problems: tuple[Problem, ...]) -> dict[str, Any]:
    """Return what is wrong with a profile, as other programs read it."""
    names = ("key_path", "line", "message", "hint")
    found = [{name: getattr(problem, name) for name in names} for problem in problems]
    return {"schema": "loadbench.check/1", "profile": str(path), "problems": found}


def _print_plan(plan: Plan, *, quiet: bool, json_to: str | None) -> None:
    console = console_for(stderr=json_to == "-", quiet=quiet)
    settings = plan.comparison
    lines = [
        f"{plan.name}: no problems",
        "deployments: " + ", ".join(d.name for d in plan.deployments),
        *(f"workload {workload.name}: {words.workload(workload)}" for workload in plan.workloads),
        f"comparison: {settings.rounds} rounds against {settings.baseline}, primary metric {settings.primary}",
    ]
    for line in lines:
        console.print(line, markup=False)


@app.command("schema")
def schema(json_to: JsonTo = None, quiet: Quiet = False, data_dir: DataDir = None) -> int:
    """Print the JSON schema of a profile."""
    text = json_schema().rstrip() + "\n"
    if json_to is None or json_to == "-":
        write_out(text)
    else:
        check_json(json_to)
        write_text(Path(json_to), text)
    return 0


@app.command("new")
def new(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    like: Annotated[
        str, typer.Option("--from", metavar="NAME", help="The bundled profile to start from.")
    ] = "first-look",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
    quiet: Quiet = False,
    data_dir: DataDir = None,
) -> int:
    """Write a commented profile to start from."""
    check_file(path)
    if path.exists() and not force:
        raise UserError(f"{path} exists already", "Name another file, or add --force to replace it.")
    write_text(path, new_text(like))
    console_for(quiet=quiet).print(str(path), markup=False)
    return 0


@app.command("import", context_settings=ANYTHING, hidden=True)
def import_() -> int:
    """Refuse: importers come later."""
    raise UserError("importing profiles comes with a later version", "Start from `loadbench profile new FILE`.")
